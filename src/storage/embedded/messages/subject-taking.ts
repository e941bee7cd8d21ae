import type { IndexBatch } from '../index/index.ts';
import { LAST_SEQ, postingKey, subjectKey } from '../index/message-keys.ts';
import { encodePosting, encodeSubject, type StoredSubject } from '../index/message-values.ts';
import type { Content } from './content.ts';
import type { Removals } from './removals.ts';
import type { SubjectEntry } from './subject-entry.ts';

/** Puts a subject as it was after a commit into a batch. */
export class SubjectTaking {
  readonly entry: SubjectEntry;
  readonly #content: Content;
  readonly #throughSeq: number;
  readonly #isGone: (seq: number) => boolean;
  /** What the index does not have, of the time. */
  readonly #added: readonly number[];
  readonly #count: number;
  readonly #firstSeq: number;
  #stored: StoredSubject | undefined;

  constructor(
    entry: SubjectEntry,
    content: Content,
    throughSeq: number,
    isGone: (seq: number) => boolean,
    removals: Removals | undefined,
  ) {
    this.entry = entry;
    this.#content = content;
    this.#throughSeq = throughSeq;
    this.#isGone = isGone;
    this.#added = entry.fresh.filter((seq) => seq <= throughSeq);
    const stored = entry.stored?.count ?? 0;
    this.#count = stored + this.#added.length - (removals?.gone ?? 0);
    this.#firstSeq = Math.min(entry.firstSeq, removals?.oldestKept ?? Infinity);
  }

  put(batch: IndexBatch, seqsPerPosting: number): void {
    const { storageId } = this.#content;
    const { subject, id } = this.entry;
    if (this.#count === 0) {
      if (this.entry.stored === undefined) return;
      batch.deletes.push(subjectKey(storageId, subject), ...this.#postings(LAST_SEQ));
      return;
    }
    if (this.entry.stored?.hasPostings === true) {
      // The last posting that begins before the first message may hold it.
      batch.deletes.push(...this.#postings(this.#firstSeq).slice(0, -1));
    }
    const seqs = this.#seqs();
    let hasPostings = this.entry.stored?.hasPostings ?? false;
    while (seqs.length >= seqsPerPosting) {
      const posting = seqs.splice(0, seqsPerPosting);
      const key = postingKey(storageId, id, posting[0] ?? 0);
      batch.puts.push({ key, value: encodePosting(posting) });
      hasPostings = true;
    }
    const count = this.#count;
    this.#stored = { subjectId: id, count, firstSeq: this.#firstSeq, hasPostings, seqs };
    const key = subjectKey(storageId, subject);
    batch.puts.push({ key, value: encodeSubject(this.#stored) });
  }

  #postings(before: number): Buffer[] {
    const { index, storageId } = this.#content;
    const from = postingKey(storageId, this.entry.id, 0);
    const to = postingKey(storageId, this.entry.id, before);
    return index.keys({ from, to, limit: Number.MAX_SAFE_INTEGER });
  }

  #seqs(): number[] {
    const isKept = (seq: number): boolean => seq >= this.#firstSeq && !this.#isGone(seq);
    return [...(this.entry.stored?.seqs ?? []).filter(isKept), ...this.#added.filter(isKept)];
  }

  /** The index has it. */
  letGo(): void {
    const { entry } = this;
    entry.stored = this.#stored;
    entry.fresh = entry.fresh.filter((seq) => seq > this.#throughSeq);
  }
}
