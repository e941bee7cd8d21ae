import type { Index } from '../index/index.ts';
import { following } from '../index/keys.ts';
import { lastEntry } from '../index/last-entry.ts';
import { LAST_SEQ, postingKey } from '../index/message-keys.ts';
import { decodePosting } from '../index/message-values.ts';
import type { SubjectEntry } from './subject-entry.ts';

/** Half a kilobyte each. */
const POSTINGS_CACHED_MAX = 16_384;

/** Some of a subject's sequences, ascending. */
export type Posting = readonly number[];

/**
 * Reads postings from the index. The one that the last reading of a subject began in stays decoded;
 * no checkpoint changes a posting once it is there, so it never has to be read anew.
 */
export class PostingReader {
  readonly #index: Index;
  /** Those that came first are the first to go. */
  readonly #begun = new Map<SubjectEntry, Posting>();
  readonly #cachedMax: number;

  constructor(index: Index, cachedMax = POSTINGS_CACHED_MAX) {
    this.#index = index;
    this.#cachedMax = cachedMax;
  }

  /** The posting that a sequence is in; else the first behind it, or one that ends before it. */
  begin(storageId: number, subject: SubjectEntry, fromSeq: number): Posting | undefined {
    const known = this.#begun.get(subject);
    if (known !== undefined && isWithin(fromSeq, known)) return known;
    const posting =
      this.#last(storageId, subject.id, fromSeq) ?? this.after(storageId, subject.id, fromSeq);
    if (posting !== undefined) this.#keep(subject, posting);
    return posting;
  }

  /** The first posting that begins behind a sequence. */
  after(storageId: number, subjectId: number, seq: number): Posting | undefined {
    const from = following(postingKey(storageId, subjectId, seq));
    const to = postingKey(storageId, subjectId, LAST_SEQ);
    const [found] = this.#index.range({ from, to, limit: 1 });
    return found && decodePosting(found.value);
  }

  /** The last posting that begins with a sequence or before it. */
  #last(storageId: number, subjectId: number, seq: number): Posting | undefined {
    const from = postingKey(storageId, subjectId, 0);
    const found = lastEntry(this.#index, { from, to: postingKey(storageId, subjectId, seq + 1) });
    return found && decodePosting(found.value);
  }

  #keep(subject: SubjectEntry, posting: Posting): void {
    this.#begun.delete(subject);
    this.#begun.set(subject, posting);
    if (this.#begun.size <= this.#cachedMax) return;
    for (const oldest of this.#begun.keys()) {
      this.#begun.delete(oldest);
      return;
    }
  }
}

function isWithin(seq: number, posting: Posting): boolean {
  return seq >= (posting[0] ?? Infinity) && seq <= (posting.at(-1) ?? -1);
}
