import { MalformedBytes } from '../../../lib/byte-reader.ts';
import { must } from '../../../lib/assert.ts';
import { DataCorrupt } from '../../port.ts';
import type { Index } from '../index/index.ts';
import { following, nameIn, nameRange } from '../index/keys.ts';
import { managedIn, type StoredManaged } from '../index/message-values.ts';
import type { Lsn } from '../wal/frame.ts';
import { ChunkReader } from './chunk-reader.ts';
import { Content, type ContentSource } from './content.ts';
import { ManagedEntry, type ManagedState, type PendingChange } from './managed-entry.ts';
import { MessageIds } from './message-ids.ts';
import type { LoggedMessageOp } from './message-ops.ts';
import { PostingReader } from './posting-reader.ts';
import { SubjectTrees } from './subject-trees.ts';
import {
  COMMIT_OVERHEAD_BYTES,
  costOf,
  MESSAGE_OVERHEAD_BYTES,
  published,
  without,
} from './state-changes.ts';

const STREAMS_PER_READ = 256;

/**
 * All managed streams. Their heads are always in memory, about a kilobyte each: subjects are looked
 * for among all of them. Their subjects and messages are not.
 */
export class MessageTable {
  readonly source: ContentSource;
  readonly #folderId: number;
  readonly #milestoneBytes: number;
  readonly #mintId: () => number;
  readonly #entries = new Map<string, ManagedEntry>();
  /** Names under which the index has what cannot be read. */
  readonly #damaged = new Map<string, DataCorrupt>();
  readonly dirty = new Set<ManagedEntry>();
  unflushedBytes = 0;
  /** What streams in memory hold. */
  memoryBytes = 0;

  /** `mintId`: a storage id that no log and no stream had before. */
  constructor(index: Index, folderId: number, milestoneBytes: number, mintId: () => number) {
    this.#milestoneBytes = milestoneBytes;
    this.source = {
      index,
      chunks: new ChunkReader(index),
      postings: new PostingReader(index),
      trees: new SubjectTrees(),
    };
    this.#folderId = folderId;
    this.#mintId = mintId;
  }

  /** Takes in what the index has. */
  load(): void {
    const range = nameRange('managed', '');
    for (let { from } = range; ;) {
      const page = this.source.index.range({ from, to: range.to, limit: STREAMS_PER_READ });
      for (const { key, value } of page) this.#loadOne(nameIn(key), value);
      const last = page.at(-1);
      if (last === undefined || page.length < STREAMS_PER_READ) return;
      from = following(last.key);
    }
  }

  #loadOne(name: string, value: Buffer): void {
    try {
      const stored = managedIn(value, name);
      const state = this.#stateOf(stored);
      this.#entries.set(name, new ManagedEntry(name, state, stored.version, this.#milestoneBytes));
    } catch (error) {
      if (!(error instanceof DataCorrupt)) throw error;
      this.#damaged.set(name, error);
    }
  }

  #stateOf(stored: StoredManaged): ManagedState {
    const { index } = this.source;
    const content = new Content(stored.storageId, this.source, {
      throughSeq: stored.lastSeq,
      firstSeq: stored.firstSeq,
      nextSubjectId: stored.nextSubjectId,
      lastChunkAt: stored.lastChunkAt,
      lastChunkBytes: stored.lastChunkBytes,
    });
    return { ...stored, content, ids: new MessageIds(stored.birthId, index, stored.idsUntilMs) };
  }

  mintId(): number {
    return this.#mintId();
  }

  incarnationOf({ ids }: ManagedState): string {
    return `${this.#folderId.toString(36)}.m${ids.birthId.toString(36)}`;
  }

  /**
   * Entries whose name begins so; of streams and of names that something is pending for. Throws
   * `DataCorrupt` where there is one that cannot be read.
   */
  *entriesWith(prefix: string): Generator<ManagedEntry> {
    for (const [name, error] of this.#damaged) if (name.startsWith(prefix)) throw error;
    yield* this.readableEntriesWith(prefix);
  }

  *readableEntriesWith(prefix: string): Generator<ManagedEntry> {
    for (const entry of this.#entries.values()) if (entry.name.startsWith(prefix)) yield entry;
  }

  /** Throws `DataCorrupt` for what cannot be read. */
  find(name: string): ManagedEntry | undefined {
    const damage = this.#damaged.get(name);
    if (damage !== undefined) throw damage;
    return this.#entries.get(name);
  }

  obtain(name: string): ManagedEntry {
    const known = this.find(name);
    if (known !== undefined) return known;
    const entry = new ManagedEntry(name, undefined, 0, this.#milestoneBytes);
    this.#entries.set(name, entry);
    return entry;
  }

  /** Carries an op out on `latest`. It becomes durable, or is taken back, by its entry. */
  apply(op: LoggedMessageOp, lsn: Lsn): PendingChange {
    const entry = this.obtain(op.name);
    const change = this.#changeOf(entry, op, lsn);
    entry.push(change);
    return change;
  }

  #changeOf(entry: ManagedEntry, op: LoggedMessageOp, lsn: Lsn): PendingChange {
    const before = entry.latest;
    if (op.kind === 'publish') return published(there(before, op), op, lsn);
    const nothing = { lsn, added: [], removed: [], messageId: undefined };
    if (op.kind === 'configure') {
      const state =
        before === undefined
          ? this.#created(op)
          : { ...before, config: op.config, revision: before.revision + 1 };
      return { ...nothing, state, cost: COMMIT_OVERHEAD_BYTES };
    }
    if (op.kind === 'drop') return { ...nothing, state: undefined, cost: COMMIT_OVERHEAD_BYTES };
    switch (op.kind) {
      case 'remove': {
        const { state, removed } = without(there(before, op), op.seqs, lsn);
        return { ...nothing, removed, state, cost: costOf([], removed) };
      }
      case 'clear': {
        const content = new Content(op.storageId, this.source);
        const cleared = there(before, op);
        const firstSeq = cleared.lastSeq + 1;
        const state = { ...cleared, content, firstSeq, messages: 0, bytes: 0, subjects: 0 };
        return { ...nothing, state, cost: COMMIT_OVERHEAD_BYTES };
      }
    }
  }

  #created(op: Extract<LoggedMessageOp, { kind: 'configure' }>): ManagedState {
    return {
      content: new Content(op.storageId, this.source),
      ids: new MessageIds(op.birthId, this.source.index),
      config: op.config,
      revision: 1,
      createdAtMs: op.atMs,
      firstSeq: 1,
      lastSeq: 0,
      lastAtMs: undefined,
      messages: 0,
      bytes: 0,
      subjects: 0,
    };
  }

  /** The entry's oldest pending commit is on disk. */
  makeDurable(entry: ManagedEntry): void {
    const change = must(entry.pending[0], 'a commit that is stored was pending');
    const before = entry.durable;
    entry.makeDurable(change);
    this.unflushedBytes += change.cost;
    this.memoryBytes += inMemory(change.state) - inMemory(before);
    this.dirty.add(entry);
  }

  /**
   * Lets go of an entry that stands for nothing: a name that is not there any more. As long as the
   * index is still to be told of its end, a stream of the same name must come after it here.
   */
  forget(entry: ManagedEntry): void {
    const isGone = entry.durable === undefined && entry.isSettled;
    const isNothing = isGone && !this.dirty.has(entry);
    if (isNothing && entry.watchers === undefined) this.#entries.delete(entry.name);
  }
}

function there(state: ManagedState | undefined, op: LoggedMessageOp): ManagedState {
  if (state === undefined) throw new MalformedBytes(`${op.kind} on no managed stream`);
  return state;
}

function inMemory(state: ManagedState | undefined): number {
  if (state?.config.storage !== 'memory') return 0;
  return state.bytes + state.messages * MESSAGE_OVERHEAD_BYTES;
}
