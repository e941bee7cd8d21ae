import { setImmediate } from 'node:timers/promises';
import { unlessMalformed } from './unless-malformed.ts';
import type { LogEntry } from './entry.ts';
import type { Index, IndexBatch } from './index/index.ts';
import { following, META_KEY, nameRange } from './index/keys.ts';
import { decodeNumber, encodeMeta, type Meta } from './index/values.ts';
import type { LogTable } from './log-table.ts';
import { takeLog, type Taken } from './log-taking.ts';
import { ManagedEntry } from './messages/managed-entry.ts';
import { takeManaged } from './messages/managed-taking.ts';
import type { MessageTable } from './messages/message-table.ts';
import type { Lsn } from './wal/frame.ts';

export interface CheckpointSettings {
  /** A chunk of records is closed when it has reached this size. */
  readonly chunkBytes: number;
  /** The same for a chunk of a managed stream's messages. */
  readonly messageChunkBytes: number;
  /** A subject's row holds fewer sequences than this; so many become a posting. */
  readonly seqsPerPosting: number;
  /** A step takes in this much of one managed stream, and the rest of the commit that reaches it. */
  readonly milestoneBytes: number;
  /** A step takes in streams until it has this many bytes or streams, then lets others run. */
  readonly stepBytes: number;
  readonly stepLogs: number;
}

export const CHECKPOINT_DEFAULTS: CheckpointSettings = {
  chunkBytes: 64 * 1024,
  messageChunkBytes: 16 * 1024,
  seqsPerPosting: 64,
  milestoneBytes: 16 * 1024 * 1024,
  stepBytes: 1024 * 1024,
  stepLogs: 256,
};

const TOMBSTONES_PER_STEP = 1000;

type Entry = LogEntry | ManagedEntry;

/** What waits in memory to be taken in. */
export interface Tables {
  readonly table: LogTable;
  readonly messages: MessageTable;
}

/** The write-ahead log, as far as a checkpoint needs it. */
export interface LogToTakeIn {
  readonly writtenLsn: Lsn;
  sync(): Promise<boolean>;
}

/**
 * Takes what the log has made durable into the index, in steps that each are one transaction, and
 * then notes how far it has come. Whatever a crash leaves of it, replay finds out by the versions of
 * the heads what it may skip.
 */
export class Checkpoint {
  readonly #index: Index;
  readonly #table: LogTable;
  readonly #messages: MessageTable;
  readonly #settings: CheckpointSettings;
  #meta: Meta;
  #stepping: Promise<void> | undefined;

  constructor(index: Index, tables: Tables, meta: Meta, settings: CheckpointSettings) {
    this.#index = index;
    this.#table = tables.table;
    this.#messages = tables.messages;
    this.#meta = meta;
    this.#settings = settings;
  }

  /** What the index says of itself since the last step. */
  get meta(): Meta {
    return this.#meta;
  }

  get appliedLsn(): Lsn {
    return this.#meta.appliedLsn;
  }

  /** Resolves when the step that is under way has ended, well or not. Undefined: none is. */
  get stepping(): Promise<void> | undefined {
    return this.#stepping;
  }

  /** Takes in all that is visible as this begins, and maybe some of what comes meanwhile. */
  async run(log: LogToTakeIn): Promise<void> {
    const target = log.writtenLsn;
    const waiting = [...this.#table.dirty, ...this.#messages.dirty];
    while (waiting.length > 0) {
      const step = this.#step(waiting, log);
      const ended = (): void => {
        this.#stepping = undefined;
      };
      this.#stepping = step.then(ended, ended);
      const taken = await step;
      for (const entry of taken) {
        if (entry instanceof ManagedEntry && hasMore(entry, target)) waiting.push(entry);
      }
    }
    const highLsn = Math.max(this.#meta.highLsn, target);
    this.#meta = { ...this.#meta, appliedLsn: target, highLsn, nextLogId: this.#table.nextLogId };
    // Commits that only guard are in no step, so this may be the first to rest on them.
    await syncLog(log);
    await this.#index.commit({
      puts: [{ key: META_KEY, value: encodeMeta(this.#meta) }],
      deletes: [],
    });
    await this.#index.flush();
    await this.#clearTombstones('tombstone');
    await this.#clearTombstones('managedTombstone');
    this.#table.evict();
  }

  /** Answers with the entries of which it has taken something in. */
  async #step(waiting: Entry[], log: LogToTakeIn): Promise<readonly Entry[]> {
    const batch: IndexBatch = { puts: [], deletes: [] };
    const entries: Entry[] = [];
    const taken: Taken[] = [];
    let bytes = 0;
    while (bytes < this.#settings.stepBytes && taken.length < this.#settings.stepLogs) {
      const entry = waiting.pop();
      if (entry === undefined) break;
      const one = await this.#take(entry, batch);
      entries.push(entry);
      taken.push(one);
      bytes += one.bytes;
    }
    this.#meta = { ...this.#meta, highLsn: log.writtenLsn, nextLogId: this.#table.nextLogId };
    batch.puts.push({ key: META_KEY, value: encodeMeta(this.#meta) });
    await syncLog(log);
    await this.#index.commit(batch);
    for (const one of taken) one.letGo();
    return entries;
  }

  async #take(entry: Entry, batch: IndexBatch): Promise<Taken> {
    if (!(entry instanceof ManagedEntry)) {
      const { chunkBytes } = this.#settings;
      return takeLog(entry, { index: this.#index, table: this.#table, chunkBytes }, batch);
    }
    const taking = takeManaged(entry, this.#messages, this.#settings, batch);
    for (;;) {
      const { done, value } = taking.next();
      if (done === true) return value;
      await setImmediate();
    }
  }

  /**
   * A tombstone has done its duty once the log before it is not replayed any more. A step may have
   * made one for a commit that is younger than the point from which a replay begins, and one that
   * is damaged may be as young as any.
   */
  async #clearTombstones(kind: 'tombstone' | 'managedTombstone'): Promise<void> {
    const { from, to } = nameRange(kind, '');
    for (let at = from; ;) {
      const found = this.#index.range({ from: at, to, limit: TOMBSTONES_PER_STEP });
      const deletes = found
        .filter(({ value }) => {
          const lsn = unlessMalformed(() => decodeNumber(value)) ?? this.#meta.highLsn;
          return lsn <= this.#meta.appliedLsn;
        })
        .map(({ key }) => key);
      if (deletes.length > 0) await this.#index.commit({ puts: [], deletes });
      const last = found.at(-1)?.key;
      if (last === undefined || found.length < TOMBSTONES_PER_STEP) return;
      at = following(last);
    }
  }
}

function hasMore({ milestones, checkpointedLsn }: ManagedEntry, target: Lsn): boolean {
  return !milestones.isEmpty && checkpointedLsn < target;
}

/** The index must never know what the log could still lose. */
async function syncLog(log: LogToTakeIn): Promise<void> {
  if (!(await log.sync())) throw new Error('the log cannot be synced');
}
