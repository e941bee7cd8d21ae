import { must } from '../../../lib/assert.ts';
import { position } from '../../../protocol/offset.ts';
import type { Subject } from '../../../subjects/subject.ts';
import type { IndexBatch } from '../index/index.ts';
import { chunkKey, reapKey } from '../index/keys.ts';
import { encodeMessageChunk } from '../index/message-values.ts';
import { encodeNumber } from '../index/values.ts';
import { unlessMalformed } from '../unless-malformed.ts';
import type { Lsn } from '../wal/frame.ts';
import { indexFrom } from './chunk-reader.ts';
import type { Content, StoredContent } from './content.ts';
import type { ManagedState } from './managed-entry.ts';
import type { MessageChunk } from './message-chunk.ts';
import type { MessagePlace } from './message-place.ts';
import { removalsBySubject, type Removals } from './removals.ts';
import type { SubjectEntry } from './subject-entry.ts';
import { SubjectTaking } from './subject-taking.ts';

export interface CutSettings {
  /** A chunk of messages is closed when it has reached this size. */
  readonly messageChunkBytes: number;
  readonly seqsPerPosting: number;
}

/** A chunk that is written anew, longer than it was. */
interface JoinedChunk {
  readonly at: number;
  readonly messages: readonly MessagePlace[];
}

/** How much is done between two pauses: a few milliseconds' worth. */
const CHUNKS_PER_PAUSE = 32;
const SUBJECTS_PER_PAUSE = 256;

/**
 * Puts a content as it was after a commit into a batch: new messages, what is gone, subjects. It is
 * long work with pauses in it. What later commits change is therefore looked at as it begins, and
 * the rest of what it looks at only a checkpoint changes.
 */
export class ContentTaking {
  readonly #content: Content;
  readonly #state: ManagedState;
  readonly #lsn: Lsn;
  readonly #batch: IndexBatch;
  readonly #cut: CutSettings;
  readonly #added: readonly MessagePlace[];
  readonly #subjects: readonly SubjectTaking[];
  /** Chunks that are written anew, by their first sequence. */
  readonly #rewritten = new Map<number, readonly MessagePlace[]>();
  #stored: StoredContent | undefined;

  constructor(state: ManagedState, lsn: Lsn, cut: CutSettings, batch: IndexBatch) {
    const { content, firstSeq, lastSeq } = state;
    this.#content = content;
    this.#state = state;
    this.#lsn = lsn;
    this.#cut = cut;
    this.#batch = batch;
    const added = content.fresh.slice(0, indexFrom(content.fresh, lastSeq + 1));
    this.#added = added.filter(({ seq }) => seq >= firstSeq && !this.#isGone(seq));
    const removals = removalsBySubject(content, lsn);
    this.#subjects = this.#changedSubjects(added, removals).map(
      (subject) =>
        new SubjectTaking(subject, content, lastSeq, this.#isGone, removals.get(subject.subject)),
    );
  }

  /** Yields where others may run. Returns what the index holds of the content then. */
  *put(): Generator<void, StoredContent> {
    const { storageId, stored } = this.#content;
    const { firstSeq } = this.#state;
    if (stored.firstSeq < firstSeq && stored.throughSeq > 0) {
      this.#batch.puts.push({ key: reapKey(storageId), value: encodeNumber(firstSeq) });
    }
    yield* this.#findRewritten();
    this.#stored = yield* this.#putChunks();
    for (const [index, subject] of this.#subjects.entries()) {
      subject.put(this.#batch, this.#cut.seqsPerPosting);
      if (index % SUBJECTS_PER_PAUSE === SUBJECTS_PER_PAUSE - 1) yield;
    }
    return this.#stored;
  }

  /** Removed by then. */
  readonly #isGone = (seq: number): boolean =>
    (this.#content.removed.get(seq)?.lsn ?? Infinity) <= this.#lsn;

  #changedSubjects(
    added: readonly MessagePlace[],
    removals: ReadonlyMap<Subject, Removals>,
  ): SubjectEntry[] {
    const subjects = new Set<Subject>();
    for (const { subject } of added) subjects.add(subject);
    for (const [subject, { gone }] of removals) if (gone > 0) subjects.add(subject);
    return [...subjects].map((subject) =>
      must(this.#content.subjects.find(subject), 'what a commit has changed is known'),
    );
  }

  *#findRewritten(): Generator<void> {
    const { chunks, stored, removed } = this.#content;
    for (const [seq, { lsn }] of removed) {
      if (lsn > this.#lsn) return;
      if (seq > stored.throughSeq || seq < this.#state.firstSeq) continue;
      // One that is damaged stays as it is: nobody reads what was removed from it, or the rest.
      const chunk = unlessMalformed(() => chunks.chunkAt(this.#content, seq));
      if (chunk !== undefined && !this.#rewritten.has(chunk.at)) {
        this.#rewritten.set(chunk.at, this.#kept(chunk));
        if (this.#rewritten.size % CHUNKS_PER_PAUSE === 0) yield;
      }
    }
  }

  #kept(chunk: MessageChunk): MessagePlace[] {
    return chunk.messages().filter(({ seq }) => !this.#isGone(seq));
  }

  *#putChunks(): Generator<void, StoredContent> {
    const { stored, subjects } = this.#content;
    const { firstSeq, lastSeq } = this.#state;
    const joined = this.#added.length === 0 ? undefined : this.#joined();
    if (joined !== undefined) this.#rewritten.delete(joined.at);
    for (const [at, messages] of this.#rewritten) this.#putChunk(at, messages);
    if (this.#rewritten.size >= CHUNKS_PER_PAUSE) yield;
    let { lastChunkAt, lastChunkBytes } = stored;
    const messages = [...(joined?.messages ?? []), ...this.#added];
    let chunks = 0;
    for (let from = 0, at = joined?.at; from < messages.length; at = undefined) {
      const to = endOfChunk(messages, from, this.#cut.messageChunkBytes);
      const chunk = messages.slice(from, to);
      lastChunkAt = at ?? chunk[0]?.seq ?? 0;
      lastChunkBytes = this.#putChunk(lastChunkAt, chunk);
      from = to;
      chunks += 1;
      if (chunks % CHUNKS_PER_PAUSE === 0) yield;
    }
    if (this.#rewritten.get(lastChunkAt)?.length === 0) lastChunkBytes = 0;
    const nextSubjectId = subjects.nextId;
    return { throughSeq: lastSeq, firstSeq, nextSubjectId, lastChunkAt, lastChunkBytes };
  }

  /** The last chunk, where it is small enough to be joined by what is new. */
  #joined(): JoinedChunk | undefined {
    const { chunks, stored } = this.#content;
    const { lastChunkAt, lastChunkBytes, throughSeq } = stored;
    const isSmall = lastChunkBytes > 0 && lastChunkBytes < this.#cut.messageChunkBytes / 2;
    if (!isSmall || throughSeq < this.#state.firstSeq) return undefined;
    const chunk = unlessMalformed(() => chunks.chunkAt(this.#content, lastChunkAt));
    if (chunk?.at !== lastChunkAt) return undefined;
    return { at: lastChunkAt, messages: this.#rewritten.get(lastChunkAt) ?? chunk.messages() };
  }

  #putChunk(at: number, messages: readonly MessagePlace[]): number {
    const key = chunkKeyOf(this.#content.storageId, at);
    if (messages.length === 0) {
      this.#batch.deletes.push(key);
      return 0;
    }
    const value = encodeMessageChunk(at, messages);
    this.#batch.puts.push({ key, value });
    return value.length;
  }

  /** The index has it all. */
  letGo(): void {
    const content = this.#content;
    const { fresh, chunks, storageId } = content;
    const lastChunkBefore = content.stored.lastChunkAt;
    fresh.splice(0, indexFrom(fresh, this.#state.lastSeq + 1));
    content.stored = must(this.#stored, 'it has been put into a batch');
    content.forgetRemoved(this.#lsn);
    for (const at of this.#rewritten.keys()) chunks.forget(storageId, at);
    chunks.forget(storageId, lastChunkBefore);
    for (const taking of this.#subjects) {
      taking.letGo();
      const { entry } = taking;
      if (entry.changedLsn <= this.#lsn) content.subjects.forgetChanges(entry);
    }
  }
}

function chunkKeyOf(storageId: number, seq: number): Buffer {
  return chunkKey(storageId, position(seq));
}

/** Where a chunk ends that begins at `from`: it has at least one message. */
function endOfChunk(messages: readonly MessagePlace[], from: number, chunkBytes: number): number {
  let bytes = 0;
  let to = from;
  for (; to < messages.length; to += 1) {
    bytes += messages[to]?.bytes ?? 0;
    if (to > from && bytes > chunkBytes) break;
  }
  return to;
}
