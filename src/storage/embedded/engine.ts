import { dirname } from 'node:path';
import { Checkpoint, type CheckpointSettings } from './checkpoint.ts';
import type { EmbeddedHead, LogEntry } from './entry.ts';
import type { Index } from './index/index.ts';
import { dueRange, following, nameInDue } from './index/keys.ts';
import { anyLatest, listDurable } from './list.ts';
import type { LogTable, AppliedOp } from './log-table.ts';
import { EmbeddedMessages, isDamage, type CommitPart } from './messages/embedded-messages.ts';
import { boundOf, encodeOp, type LoggedOp } from './ops-codec.ts';
import { readPage } from './reader.ts';
import { reap } from './reaper.ts';
import { recover, repairFolder, type Recovered, type RecoveryParts } from './recovery/recover.ts';
import type { Repaired } from './recovery/repair.ts';
import {
  DataCorrupt,
  type Capabilities,
  type CommitOutcome,
  type Listed,
  type ListRequest,
  type LogStore,
  type Op,
  type ReadOutcome,
  type StoredHead,
} from '../port.ts';
import { assert, must, unreachable } from '../../lib/assert.ts';
import type { MaybePromise } from '../../lib/maybe-promise.ts';
import { dueAtMs } from '../../protocol/expiry.ts';
import type { Position } from '../../protocol/offset.ts';
import type { Records } from '../../protocol/records.ts';
import type { RecordBytes } from './record-bytes.ts';
import { GroupCommit, type FsyncMode, type Settlement } from './wal/group-commit.ts';
import { SegmentWriter } from './wal/segment-writer.ts';

export interface EngineSettings {
  readonly walDirectory: string;
  readonly fsync: FsyncMode;
  /** Size of a write-ahead log segment. */
  readonly segmentBytes: number;
  /** What may wait for a checkpoint; beyond it commits are refused as `overloaded`. */
  readonly unflushedBytesMax: number;
  /** How much may wait before a checkpoint begins ahead of its time. */
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  /** What managed streams in memory may hold; beyond it publishes are refused as `full`. */
  readonly memoryBytesMax: number;
  /** How many idle logs keep their heads in memory. */
  readonly idleLogsMax: number;
  readonly checkpoint: CheckpointSettings;
  /** Open a folder whose log is damaged without what comes after the damage. Default: refuse it. */
  readonly repair?: boolean;
}

/** What the engine tells of itself, for logs and metrics. */
export interface EngineEvents {
  /** Storing failed for good: the process must end and be started anew. */
  onFailure(error: unknown): void;
  onGroup(commits: number, bytes: number, syncSeconds: number): void;
  onCheckpoint(seconds: number): void;
  /** The checkpoint will be tried again; commits go on until the unflushed bytes are too many. */
  onCheckpointFailure(error: unknown): void;
}

export interface EngineParts extends RecoveryParts {
  readonly events: EngineEvents;
  /** Called last of all: lets go of the folder. */
  readonly onClosed: () => Promise<void>;
}

function isDue(head: StoredHead | undefined, nowMs: number): boolean {
  const atMs = head === undefined ? undefined : dueAtMs(head.state);
  return atMs !== undefined && atMs <= nowMs;
}

function asRecordBytes({ bytes: source, lengths }: Records): RecordBytes {
  return { source, from: 0, bytes: source.length, lengths };
}

function asItIs(outcome: CommitOutcome): CommitOutcome {
  return outcome;
}

const CONFLICT: CommitOutcome = { kind: 'conflict' };

/** The log store on a write-ahead log and an index. A value that owns a folder. */
export class EmbeddedEngine implements LogStore {
  readonly capabilities: Capabilities;
  readonly messages: EmbeddedMessages;
  readonly recovered: Omit<Recovered, 'meta' | 'table' | 'messages'>;
  /** What was given up to open the folder; undefined when nothing was. */
  readonly repaired: Repaired | undefined;
  readonly #settings: EngineSettings;
  readonly #index: Index;
  readonly #events: EngineEvents;
  readonly #onClosed: () => Promise<void>;
  readonly #table: LogTable;
  readonly #wal: GroupCommit;
  readonly #segments: SegmentWriter;
  readonly #checkpoint: Checkpoint;
  readonly #timer: NodeJS.Timeout;
  #checkpointing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  static async open(parts: EngineParts, settings: EngineSettings): Promise<EmbeddedEngine> {
    const { files } = parts;
    await files.makeDirectory(settings.walDirectory);
    await files.syncDirectory(dirname(settings.walDirectory));
    const repair = settings.repair === true ? await repairFolder(parts, settings) : undefined;
    return new EmbeddedEngine(parts, settings, await recover(parts, settings), repair);
  }

  private constructor(
    parts: EngineParts,
    settings: EngineSettings,
    recovered: Recovered,
    repaired: Repaired | undefined,
  ) {
    const { files, index, events } = parts;
    const { meta, table } = recovered;
    this.#onClosed = parts.onClosed;
    this.#settings = settings;
    this.#index = index;
    this.#events = events;
    this.#table = table;
    this.recovered = recovered;
    this.repaired = repaired;
    this.capabilities = {
      engine: 'embedded',
      durability: settings.fsync.kind === 'always' ? 'power-loss' : 'process-death',
    };
    this.messages = new EmbeddedMessages(recovered.messages, settings.memoryBytesMax, {
      refusal: () => this.#refusal(),
      commitWith: (ops, part, asAnswer) => this.#commitWith(ops, part, asAnswer),
    });
    this.#segments = new SegmentWriter(
      files,
      {
        directory: settings.walDirectory,
        folderId: meta.folderId,
        salt: meta.salt,
        segmentBytes: settings.segmentBytes,
      },
      recovered,
    );
    this.#wal = new GroupCommit(this.#segments, recovered.lastLsn, settings.fsync, {
      pace: () => this.#pace(),
      onFailure: (error) => {
        events.onFailure(error);
      },
      onGroup: (commits, bytes, syncSeconds) => {
        events.onGroup(commits, bytes, syncSeconds);
      },
    });
    this.#checkpoint = new Checkpoint(index, recovered, meta, settings.checkpoint);
    this.#timer = setInterval(() => {
      this.#checkpointSoon();
    }, settings.checkpointIntervalMs);
    this.#timer.unref();
    if (this.unflushedBytes >= settings.checkpointBytes) this.#checkpointSoon();
  }

  /** Bytes that are durable in the log and not yet in the index. */
  get unflushedBytes(): number {
    return this.#table.unflushedBytes + this.messages.unflushedBytes;
  }

  /** Commits that a restart would have to replay. */
  get checkpointLag(): number {
    return this.#wal.writtenLsn - this.#checkpoint.appliedLsn;
  }

  get walBytes(): number {
    return this.#segments.bytesHeld;
  }

  get logsInMemory(): number {
    return this.#table.size;
  }

  latest(name: string): StoredHead | undefined {
    return this.#table.find(name)?.latest;
  }

  durable(name: string): StoredHead | undefined {
    return this.#table.find(name)?.durable;
  }

  settle(names: readonly string[]): MaybePromise<boolean> {
    const pending = names.flatMap((name) => {
      const entry = this.#table.peek(name);
      return entry === undefined || entry.isSettled ? [] : [entry.settle()];
    });
    if (pending.length === 0) return true;
    return Promise.all(pending).then((held) => held.every(Boolean));
  }

  commit(ops: readonly Op[]): Promise<CommitOutcome> {
    return this.#commitWith(ops, undefined, asItIs);
  }

  /** Why nothing is committed now; undefined when it may be. */
  #refusal(): Extract<CommitOutcome, { kind: 'refused' }> | undefined {
    if (this.#closing !== undefined) return { kind: 'refused', reason: 'closed' };
    if (this.#wal.failed) return { kind: 'refused', reason: 'failed' };
    if (this.unflushedBytes > this.#settings.unflushedBytesMax) {
      this.#checkpointSoon();
      return { kind: 'refused', reason: 'overloaded' };
    }
    return undefined;
  }

  get #isPacing(): boolean {
    return this.unflushedBytes >= this.#settings.unflushedBytesMax / 2;
  }

  /**
   * Slows writers down to what checkpoints take in, before there is so much unflushed that they would
   * have to be refused.
   */
  #pace(): Promise<void> | undefined {
    if (!this.#isPacing) return undefined;
    this.#checkpointSoon();
    return this.#checkpoint.stepping;
  }

  #commitWith<Answer>(
    ops: readonly Op[],
    part: CommitPart | undefined,
    asAnswer: (outcome: CommitOutcome) => Answer,
  ): Promise<Answer> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.resolve(asAnswer(refusal));
    const found = this.#entriesAsExpected(ops);
    if (!Array.isArray(found)) return Promise.resolve(asAnswer(found));
    return new Promise((resolve) => {
      try {
        this.#add(ops, found, part, (outcome) => {
          resolve(asAnswer(outcome));
        });
      } catch (error) {
        if (!isDamage(error)) throw error;
        resolve(asAnswer({ kind: 'refused', reason: 'corrupt' }));
      }
    });
  }

  /** The entries of the ops' logs, or why the commit is not to be. */
  #entriesAsExpected(ops: readonly Op[]): LogEntry[] | CommitOutcome {
    const entries: LogEntry[] = [];
    try {
      for (const { name, expected } of ops) {
        const entry = this.#table.obtain(name);
        if ((entry.latest?.version ?? 0) !== expected) return CONFLICT;
        entries.push(entry);
      }
      return entries;
    } catch (error) {
      if (error instanceof DataCorrupt) return { kind: 'refused', reason: 'corrupt' };
      throw error;
    }
  }

  #add(
    ops: readonly Op[],
    entries: readonly LogEntry[],
    part: CommitPart | undefined,
    resolve: (outcome: CommitOutcome) => void,
  ): void {
    const lsn = this.#wal.nextLsn;
    const applied: AppliedOp[] = [];
    const heads: (EmbeddedHead | undefined)[] = [];
    this.#wal.add(
      boundOf(ops) + (part?.boundBytes ?? 0),
      (arena) => {
        part?.write(arena, lsn);
        for (const [index, op] of ops.entries()) {
          const entry = must(entries[index], 'each op has its entry');
          // A cache that is much too small may have let go of it since it was looked up.
          this.#table.keep(entry);
          const logged = this.#toLogged(op, entry);
          if (logged === undefined) {
            heads.push(undefined);
            continue;
          }
          const stored = encodeOp(logged, arena);
          const head = this.#table.headAfter(entry.latest, logged, lsn);
          entry.latest = head;
          entry.latestLsn = lsn;
          heads.push(head);
          applied.push({ entry, head, records: stored });
        }
      },
      (settlement) => {
        resolve(this.#settleCommit(applied, heads, part, lsn, settlement));
      },
    );
  }

  #toLogged(op: Op, { latest }: LogEntry): LoggedOp | undefined {
    switch (op.kind) {
      case 'create': {
        const { name, start, state, records } = op;
        const logId = this.#table.mintId();
        return { kind: 'create', name, logId, start, state, records: asRecordBytes(records) };
      }
      case 'append': {
        const { name, change, records } = op;
        assert(latest !== undefined, 'an append has a log to go to');
        return { kind: 'append', name, at: latest.tail, change, records: asRecordBytes(records) };
      }
      case 'delete':
        return { kind: 'delete', name: op.name };
      case 'trim':
        return { kind: 'trim', name: op.name, before: op.before };
      case 'guard':
        return undefined;
    }
  }

  #settleCommit(
    applied: readonly AppliedOp[],
    heads: readonly (EmbeddedHead | undefined)[],
    part: CommitPart | undefined,
    lsn: number,
    settlement: Settlement,
  ): CommitOutcome {
    switch (settlement) {
      case 'stored': {
        for (const op of applied) this.#table.makeDurable(op, lsn);
        part?.stored();
        for (const { entry } of applied) entry.announceDurable();
        if (this.unflushedBytes >= this.#settings.checkpointBytes) this.#checkpointSoon();
        return { kind: 'stored', heads };
      }
      case 'full':
      case 'overloaded':
      case 'failed':
        for (const { entry } of applied) entry.takeBack();
        part?.takenBack();
        return { kind: 'refused', reason: settlement };
      default:
        return unreachable(settlement);
    }
  }

  read(name: string, from: Position, bytesMax: number, incarnation?: string): ReadOutcome {
    let entry: LogEntry | undefined;
    try {
      entry = this.#table.find(name);
    } catch (error) {
      if (error instanceof DataCorrupt) return { kind: 'corrupt' };
      throw error;
    }
    if (entry === undefined) return { kind: 'absent' };
    return readPage(this.#index, entry, from, bytesMax, incarnation);
  }

  watch(name: string, onChange: () => void): () => void {
    const entry = this.#table.obtain(name);
    const watchers = (entry.watchers ??= new Set());
    watchers.add(onChange);
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && entry.watchers === watchers) entry.watchers = undefined;
    };
  }

  list(request: ListRequest): Listed[] {
    return listDurable(this.#index, this.#table, request);
  }

  anyLatest(prefix: string, isThere: (head: StoredHead) => boolean): boolean {
    return anyLatest(this.#index, this.#table, prefix, isThere);
  }

  /** Sees what a checkpoint has taken in, and leaves out what memory knows to be gone or renewed. */
  due(nowMs: number, limit: number): string[] {
    const names: string[] = [];
    const { from: first, to } = dueRange(nowMs);
    for (let from = first; ;) {
      const keys = this.#index.keys({ from, to, limit });
      for (const name of keys.map(nameInDue)) {
        const known = this.#table.peek(name);
        if (known === undefined || isDue(known.latest, nowMs)) names.push(name);
      }
      const last = keys.at(-1);
      if (last === undefined || keys.length < limit || names.length >= limit) break;
      from = following(last);
    }
    return names.slice(0, limit);
  }

  /** Takes everything acknowledged so far into the index; the end of the engine does that too. */
  checkpoint(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#checkpointing ??= this.#runCheckpoint().finally(() => {
      this.#checkpointing = undefined;
    });
    return this.#checkpointing;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #checkpointSoon(): void {
    if (this.#checkpointing !== undefined || this.#closing !== undefined) return;
    if (this.#isClean || this.#wal.failed) return;
    this.checkpoint().catch((error: unknown) => {
      this.#events.onCheckpointFailure(error);
    });
  }

  get #isClean(): boolean {
    return this.#table.dirty.size === 0 && this.messages.isClean;
  }

  async #runCheckpoint(): Promise<void> {
    const begunMs = performance.now();
    await this.#checkpoint.run(this.#wal);
    await this.#segments.release(this.#checkpoint.appliedLsn);
    await reap(this.#index, () => this.#closing !== undefined || this.#isPacing);
    this.#events.onCheckpoint((performance.now() - begunMs) / 1000);
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checkpointing?.catch(() => undefined);
    await this.#wal.close();
    if (!this.#wal.failed && !this.#isClean) {
      await this.#runCheckpoint().catch((error: unknown) => {
        this.#events.onCheckpointFailure(error);
      });
    }
    await this.#index.close();
    await this.#onClosed();
  }
}
