import { assert } from '../../lib/assert.ts';
import { position } from '../../protocol/offset.ts';
import { evolve } from '../../protocol/state.ts';
import { LogEntry, type EmbeddedHead } from './entry.ts';
import type { Index } from './index/index.ts';
import { nameKey } from './index/keys.ts';
import { headIn, type StoredLog } from './index/values.ts';
import type { LoggedOp } from './ops-codec.ts';
import type { RecordBytes } from './record-bytes.ts';
import type { Lsn } from './wal/frame.ts';

/** A commit's bookkeeping counts too: many empty commits must not cost unbounded memory. */
const COMMIT_OVERHEAD_BYTES = 512;

/** One op on its way: what the entry becomes when the commit is durable. */
export interface AppliedOp {
  readonly entry: LogEntry;
  readonly head: EmbeddedHead | undefined;
  /** Where the op's records lie from now on, if it has any. */
  readonly records: RecordBytes | undefined;
}

/**
 * The logs that memory holds: those with something pending or watched, and as many idle ones as the
 * cache may keep. Everything else is in the index and loaded on use.
 */
export class LogTable {
  readonly #index: Index;
  readonly #folderId: number;
  readonly #idleLogsMax: number;
  readonly #entries = new Map<string, LogEntry>();
  /** Entries that the index does not know in their durable state. */
  readonly dirty = new Set<LogEntry>();
  unflushedBytes = 0;
  nextLogId: number;

  constructor(index: Index, folderId: number, nextLogId: number, idleLogsMax: number) {
    this.#index = index;
    this.#folderId = folderId;
    this.nextLogId = nextLogId;
    this.#idleLogsMax = idleLogsMax;
  }

  /** An id that nothing stored had before: of a log, or of a managed stream's messages. */
  mintId(): number {
    const id = this.nextLogId;
    this.nextLogId += 1;
    return id;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<LogEntry> {
    return this.#entries.values();
  }

  /** The entry in memory, if it is there. */
  peek(name: string): LogEntry | undefined {
    return this.#entries.get(name);
  }

  /** The entry of a log that exists or has something pending; undefined for an unknown name. */
  find(name: string): LogEntry | undefined {
    const known = this.#entries.get(name);
    if (known !== undefined) {
      known.isFresh = true;
      return known;
    }
    const value = this.#index.get(nameKey('head', name));
    return value === undefined ? undefined : this.#insert(name, headIn(value, name));
  }

  /** The entry of any name, to commit to or to watch. */
  obtain(name: string): LogEntry {
    return this.find(name) ?? this.#insert(name, undefined);
  }

  headOf(stored: StoredLog): EmbeddedHead {
    const { id, start, tail, version, state } = stored;
    return { logId: id, incarnation: this.#incarnation(id), start, tail, version, state };
  }

  /** The head that an op makes of the one before it. */
  headAfter(before: EmbeddedHead | undefined, op: LoggedOp, lsn: Lsn): EmbeddedHead | undefined {
    switch (op.kind) {
      case 'create':
        return {
          logId: op.logId,
          incarnation: this.#incarnation(op.logId),
          start: op.start,
          tail: position(op.start + op.records.bytes),
          version: lsn,
          state: op.state,
        };
      case 'append': {
        assert(before !== undefined, 'an append has a log to go to');
        return {
          logId: before.logId,
          incarnation: before.incarnation,
          start: before.start,
          tail: position(before.tail + op.records.bytes),
          version: lsn,
          state: evolve(before.state, op.change),
        };
      }
      case 'delete':
        return undefined;
      case 'trim': {
        assert(before !== undefined, 'a trim has a log to work on');
        const start = position(Math.min(Math.max(before.start, op.before), before.tail));
        return { ...before, start, version: lsn };
      }
    }
  }

  /** An op's commit is on disk: readers may see it. They are told once all of the commit is. */
  makeDurable({ entry, head, records }: AppliedOp, lsn: Lsn): void {
    const before = entry.durable;
    if (before !== undefined && before.logId !== head?.logId) this.#drop(entry);
    entry.durable = head;
    entry.durableLsn = lsn;
    const cost = COMMIT_OVERHEAD_BYTES + (records?.bytes ?? 0);
    entry.unflushedBytes += cost;
    this.unflushedBytes += cost;
    if (records !== undefined && head !== undefined) {
      entry.pieces.push({ at: position(head.tail - records.bytes), records });
    }
    this.dirty.add(entry);
  }

  #drop(entry: LogEntry): void {
    if (entry.stored !== undefined && entry.stored.id === entry.durable?.logId) {
      entry.dropped.push(entry.stored.id);
    }
    entry.pieces = [];
  }

  /** Bounds the cache: idle entries go, those not used since the last look first. */
  evict(): void {
    let looks = this.#entries.size;
    for (const [name, entry] of this.#entries) {
      if (this.#idleBound <= this.#idleLogsMax || looks === 0) return;
      looks -= 1;
      if (!entry.isIdle) continue;
      this.#entries.delete(name);
      if (entry.isFresh) {
        entry.isFresh = false;
        this.#entries.set(name, entry);
      }
    }
  }

  /** At least as many as are idle. Looking is for nothing while the rest waits for a checkpoint. */
  get #idleBound(): number {
    return this.#entries.size - this.dirty.size;
  }

  /** Makes sure that an entry which is about to change is the one that everybody finds. */
  keep(entry: LogEntry): void {
    if (this.#entries.get(entry.name) !== entry) this.#entries.set(entry.name, entry);
  }

  /** Lets go of an entry that stands for nothing: a name that is not there any more. */
  forget(entry: LogEntry): void {
    if (entry.isIdle && entry.durable === undefined) this.#entries.delete(entry.name);
  }

  #insert(name: string, stored: StoredLog | undefined): LogEntry {
    if (this.#idleBound > this.#idleLogsMax * 1.25 + 64) this.evict();
    const head = stored === undefined ? undefined : this.headOf(stored);
    const entry = new LogEntry(name, stored, head);
    this.#entries.set(name, entry);
    return entry;
  }

  #incarnation(logId: number): string {
    return `${this.#folderId.toString(36)}.${logId.toString(36)}`;
  }
}
