import type { Subject } from '../../../subjects/subject.ts';
import type { Index } from '../index/index.ts';
import { following } from '../index/keys.ts';
import { lastEntry } from '../index/last-entry.ts';
import { LAST_SEQ, postingKey } from '../index/message-keys.ts';
import { decodePosting, type StoredSubject } from '../index/message-values.ts';
import type { Lsn } from '../wal/frame.ts';

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
  *seqs(index: Index, storageId: number, from: number): Generator<number> {
    let next = from;
    for (const seq of this.#listed(index, storageId, from)) {
      if (seq < next) continue;
      yield seq;
      next = seq + 1;
    }
  }

  /** The same, twice where a checkpoint has just made a posting of what memory still has. */
  *#listed(index: Index, storageId: number, from: number): Generator<number> {
    const { stored } = this;
    if (stored !== undefined) {
      const inRow = stored.seqs[0] ?? Infinity;
      // The first posting that is left may hold the first message: then it has not to be found.
      const isFirst = from <= stored.firstSeq;
      if (stored.hasPostings && from < inRow) {
        yield* isFirst
          ? postingsFrom(index, storageId, this.id, 0, from)
          : postings(index, storageId, this.id, from);
      }
      for (const seq of stored.seqs) if (seq >= from) yield seq;
    }
    for (const seq of this.fresh) if (seq >= from) yield seq;
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

function* postings(
  index: Index,
  storageId: number,
  subjectId: number,
  fromSeq: number,
): Generator<number> {
  const first = postingKey(storageId, subjectId, 0);
  const at = postingKey(storageId, subjectId, fromSeq);
  const before = lastEntry(index, { from: first, to: at });
  if (before !== undefined) {
    for (const seq of decodePosting(before.value)) if (seq >= fromSeq) yield seq;
  }
  yield* postingsFrom(index, storageId, subjectId, fromSeq, fromSeq);
}

/** What the postings hold that begin at a sequence or behind it. */
function* postingsFrom(
  index: Index,
  storageId: number,
  subjectId: number,
  beginSeq: number,
  fromSeq: number,
): Generator<number> {
  const to = postingKey(storageId, subjectId, LAST_SEQ);
  for (let from = postingKey(storageId, subjectId, beginSeq); ;) {
    const [next] = index.range({ from, to, limit: 1 });
    if (next === undefined) return;
    for (const seq of decodePosting(next.value)) if (seq >= fromSeq) yield seq;
    from = following(next.key);
  }
}
