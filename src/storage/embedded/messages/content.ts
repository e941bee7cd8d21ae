import { MalformedBytes } from '../../../lib/byte-reader.ts';
import type { Held } from '../../../messages/view.ts';
import type { Subject } from '../../../subjects/subject.ts';
import type { Index } from '../index/index.ts';
import type { Lsn } from '../wal/frame.ts';
import { firstFrom, indexFrom, type ChunkReader } from './chunk-reader.ts';
import { heldOf, type MessagePlace } from './message-place.ts';
import type { PostingReader } from './posting-reader.ts';
import type { SubjectEntry } from './subject-entry.ts';
import { SubjectTable } from './subject-table.ts';
import type { SubjectTree } from './subject-tree.ts';
import type { SubjectTrees } from './subject-trees.ts';

/** What contents read from. */
export interface ContentSource {
  readonly index: Index;
  readonly chunks: ChunkReader;
  readonly postings: PostingReader;
  readonly trees: SubjectTrees;
}

export interface StoredContent {
  readonly throughSeq: number;
  readonly firstSeq: number;
  readonly nextSubjectId: number;
  readonly lastChunkAt: number;
  readonly lastChunkBytes: number;
}

const NOTHING_STORED: StoredContent = {
  throughSeq: 0,
  firstSeq: 0,
  nextSubjectId: 1,
  lastChunkAt: 0,
  lastChunkBytes: 0,
};

/** What a commit adds, and then removes. */
export interface ContentChange {
  readonly added: readonly MessagePlace[];
  readonly removed: readonly Held[];
  readonly lsn: Lsn;
}

interface Removal {
  /** The commit that removed it. */
  readonly lsn: Lsn;
  readonly subject: Subject;
}

/**
 * The messages of a managed stream under one storage id: those in the index, and in memory those
 * that it does not have yet. Nothing here knows how far the stream begins or ends; a stream that is
 * cleared gets a content anew.
 */
export class Content {
  readonly storageId: number;
  readonly #source: ContentSource;
  /** Up to where the index has the messages. */
  stored: StoredContent;
  /** Messages that the index does not have, ascending. */
  fresh: MessagePlace[] = [];
  /** Messages that were removed and may still be found, in the order in which they were. */
  readonly removed = new Map<number, Removal>();
  readonly subjects: SubjectTable;

  constructor(storageId: number, source: ContentSource, stored = NOTHING_STORED) {
    this.storageId = storageId;
    this.#source = source;
    this.stored = stored;
    this.subjects = new SubjectTable(storageId, source, stored.nextSubjectId);
  }

  get index(): Index {
    return this.#source.index;
  }

  get chunks(): ChunkReader {
    return this.#source.chunks;
  }

  /** The first message of at least this sequence, be it removed or not. */
  next(fromSeq: number): MessagePlace | undefined {
    const { throughSeq } = this.stored;
    if (fromSeq <= throughSeq) {
      const found = this.#source.chunks.next(this, fromSeq);
      if (found !== undefined && found.seq <= throughSeq) return found;
    }
    return firstFrom(this.fresh, fromSeq);
  }

  at(seq: number): MessagePlace | undefined {
    const found = this.next(seq);
    return found?.seq === seq ? found : undefined;
  }

  /** The same, for who does not read on from there. */
  single(seq: number): MessagePlace | undefined {
    if (seq > this.stored.throughSeq) return this.at(seq);
    return this.#source.chunks.messageAt(this, seq);
  }

  held(seq: number): Held | undefined {
    const place = this.removed.has(seq) ? undefined : this.at(seq);
    return place && heldOf(place);
  }

  oldest(fromSeq: number): Held | undefined {
    for (let at = fromSeq; ;) {
      const place = this.next(at);
      if (place === undefined) return undefined;
      if (!this.removed.has(place.seq)) return heldOf(place);
      at = place.seq + 1;
    }
  }

  oldestOf(subject: Subject, fromSeq: number): Held | undefined {
    const entry = this.subjects.find(subject);
    if (entry === undefined) return undefined;
    for (const seq of this.seqsOf(entry, fromSeq)) {
      const held = this.held(seq);
      if (held !== undefined) return held;
    }
    return undefined;
  }

  lastSeqOf(subject: Subject, firstSeq: number): number {
    const entry = this.subjects.find(subject);
    if (entry === undefined || entry.count === 0) return 0;
    for (const seq of entry.seqsBackwards(this.index, this.storageId)) {
      if (seq < firstSeq) break;
      if (this.held(seq) !== undefined) return seq;
    }
    throw new MalformedBytes(`no message of ${subject}, of which there is one`);
  }

  /**
   * A subject's sequences, ascending; those among them that were removed too. Those that a pending
   * commit removes are only found by who says from where on, `goneBefore`, they are not to go yet.
   */
  seqsOf(entry: SubjectEntry, fromSeq: number, goneBefore = Infinity): Generator<number> {
    const from = Math.max(fromSeq, Math.min(entry.firstSeq, goneBefore));
    return entry.seqs(this.#source.postings, this.storageId, from);
  }

  /** All subjects, about `count` of them, to look for patterns in; undefined: they are too many. */
  tree(count: number, all: () => Iterable<Subject>): SubjectTree | undefined {
    return this.#source.trees.obtain(this.storageId, count, all);
  }

  add(place: MessagePlace, lsn: Lsn): SubjectEntry {
    const entry = this.subjects.obtain(place.subject);
    this.fresh.push(place);
    entry.fresh.push(place.seq);
    if (entry.count === 0) entry.firstSeq = place.seq;
    this.subjects.count(entry, 1, lsn);
    return entry;
  }

  remove({ seq, subject }: Held, lsn: Lsn): SubjectEntry {
    const entry = this.subjects.find(subject);
    if (entry === undefined) throw new MalformedBytes(`no subject ${subject}`);
    const isOldest = entry.count === 1 || this.#isOldest(seq, entry);
    this.removed.set(seq, { lsn, subject });
    if (isOldest) entry.firstSeq = seq + 1;
    this.subjects.count(entry, -1, lsn);
    return entry;
  }

  #isOldest(seq: number, entry: SubjectEntry): boolean {
    for (const each of this.seqsOf(entry, entry.firstSeq)) {
      if (each >= seq) break;
      if (this.held(each) !== undefined) return false;
    }
    return true;
  }

  /** Undoes what was done last. */
  takeBack({ added, removed, lsn }: ContentChange): void {
    for (const held of removed.toReversed()) this.#takeBackRemoved(held, lsn);
    for (const place of added.toReversed()) this.#takeBackAdded(place, lsn);
  }

  #takeBackAdded({ subject }: MessagePlace, lsn: Lsn): void {
    this.fresh.pop();
    const entry = this.subjects.find(subject);
    entry?.fresh.pop();
    if (entry === undefined) return;
    this.subjects.count(entry, -1, lsn);
    const isUnknown = entry.stored === undefined && entry.fresh.length === 0;
    if (entry.count === 0 && isUnknown) this.subjects.forgetChanges(entry);
  }

  #takeBackRemoved({ seq, subject }: Held, lsn: Lsn): void {
    this.removed.delete(seq);
    const entry = this.subjects.find(subject);
    if (entry === undefined) return;
    entry.firstSeq = Math.min(entry.firstSeq, seq);
    this.subjects.count(entry, 1, lsn);
  }

  /** Lets go of messages in memory that nobody can reach any more. */
  releaseBefore(firstSeq: number): void {
    const gone = indexFrom(this.fresh, firstSeq);
    if (gone > this.fresh.length / 2) this.fresh.splice(0, gone);
  }

  /** Lets go of what commits up to this one have removed, where no index takes anything in. */
  releaseRemoved(upTo: Lsn): void {
    if (this.removed.size === 0) return;
    const isGone = (seq: number): boolean => (this.removed.get(seq)?.lsn ?? Infinity) <= upTo;
    this.fresh = this.fresh.filter(({ seq }) => !isGone(seq));
    for (const entry of this.subjects.dirty) {
      entry.fresh = entry.fresh.filter((seq) => !isGone(seq));
      if (entry.count === 0 && entry.changedLsn <= upTo) this.subjects.forgetChanges(entry);
    }
    this.forgetRemoved(upTo);
  }

  forgetRemoved(upTo: Lsn): void {
    for (const [seq, { lsn }] of this.removed) {
      if (lsn > upTo) return;
      this.removed.delete(seq);
    }
  }
}
