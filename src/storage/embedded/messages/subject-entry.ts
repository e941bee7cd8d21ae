import type { Subject } from '../../../subjects/subject.ts';
import type { Index } from '../index/index.ts';
import { lastEntry } from '../index/last-entry.ts';
import { LAST_SEQ, postingKey } from '../index/message-keys.ts';
import { decodePosting, type StoredSubject } from '../index/message-values.ts';
import type { Lsn } from '../wal/frame.ts';
import { lowerBound } from './lower-bound.ts';
import type { PostingReader } from './posting-reader.ts';

/** What memory holds of one subject of a managed stream, with what is pending. */
export class SubjectEntry {
  readonly subject: Subject;
  readonly id: number;
  /** What the index holds. */
  stored: StoredSubject | undefined;
  count: number;
  /** Its messages before this one are gone. */
  firstSeq: number;
  /** Sequences that the index does not have, ascending; some may be gone again. */
  fresh: number[] = [];
  /** The last commit that changed it. */
  changedLsn: Lsn = 0;

  constructor(subject: Subject, id: number, stored: StoredSubject | undefined) {
    this.subject = subject;
    this.id = id;
    this.stored = stored;
    this.count = stored?.count ?? 0;
    this.firstSeq = stored?.firstSeq ?? 0;
  }

  /** Its sequences, ascending; those among them that were removed too. */
  *seqs(postings: PostingReader, storageId: number, from: number): Generator<number> {
    let next = from;
    // A checkpoint has just made a posting of what memory still has: what comes twice is left out.
    for (const seqs of this.#runs(postings, storageId, from)) {
      for (let at = lowerBound(seqs, next); at < seqs.length; at += 1) {
        const seq = seqs[at] ?? 0;
        yield seq;
        next = seq + 1;
      }
    }
  }

  *#runs(postings: PostingReader, storageId: number, from: number): Generator<readonly number[]> {
    const { stored, id } = this;
    if (stored !== undefined) {
      const inRow = stored.seqs[0] ?? Infinity;
      if (stored.hasPostings && from < inRow) {
        let posting = postings.begin(storageId, this, Math.max(from, stored.firstSeq));
        while (posting !== undefined) {
          yield posting;
          posting = postings.after(storageId, id, posting[0] ?? LAST_SEQ);
        }
      }
      yield stored.seqs;
    }
    yield this.fresh;
  }

  /** The same, descending. */
  *seqsBackwards(index: Index, storageId: number): Generator<number> {
    for (let at = this.fresh.length - 1; at >= 0; at -= 1) yield this.fresh[at] ?? 0;
    const { stored, id } = this;
    if (stored === undefined) return;
    for (let at = stored.seqs.length - 1; at >= 0; at -= 1) yield stored.seqs[at] ?? 0;
    if (!stored.hasPostings) return;
    const from = postingKey(storageId, id, 0);
    for (let to = postingKey(storageId, id, LAST_SEQ); ;) {
      const found = lastEntry(index, { from, to });
      if (found === undefined) return;
      const seqs = decodePosting(found.value);
      for (let at = seqs.length - 1; at >= 0; at -= 1) yield seqs[at] ?? 0;
      to = found.key;
    }
  }
}
