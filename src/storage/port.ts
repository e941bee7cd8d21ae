import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { Head } from '../protocol/head.ts';
import type { Position } from '../protocol/offset.ts';
import type { Records } from '../protocol/records.ts';
import type { LogState, StreamChange } from '../protocol/state.ts';

/** Which commit a head comes from: grows with every commit to the log. Minted by the engine. */
export type Version = number;

/** What `expected` says of a log that must not be there. */
export const ABSENT: Version = 0;

/** A head as an engine hands it out. */
export interface StoredHead extends Head {
  readonly version: Version;
}

/**
 * A stored head does not match its checksum. What it stood for is there and cannot be read, which is
 * something else than a log that is not there. Other logs are well.
 */
export class DataCorrupt extends Error {
  override name = 'DataCorrupt';
  /** Which log it is, where that is known. */
  readonly log: string | undefined;

  constructor(message: string, log?: string) {
    super(message);
    this.log = log;
  }
}

/** One log's part of a commit. `expected` is the version that the decision was made on. */
export type Op =
  /** A new incarnation; what stood under the name is dropped with its records. */
  | {
      readonly kind: 'create';
      readonly name: string;
      readonly expected: Version;
      readonly start: Position;
      readonly state: LogState;
      readonly records: Records;
    }
  | {
      readonly kind: 'append';
      readonly name: string;
      readonly expected: Version;
      readonly change: StreamChange;
      readonly records: Records;
    }
  | { readonly kind: 'delete'; readonly name: string; readonly expected: Version }
  /** Records before the position may go. Those in the same stored piece may stay readable. */
  | {
      readonly kind: 'trim';
      readonly name: string;
      readonly expected: Version;
      readonly before: Position;
    }
  /** Changes nothing: the commit holds only if this log has not moved either. */
  | { readonly kind: 'guard'; readonly name: string; readonly expected: Version };

export type CommitOutcome =
  /** All of it is durable and visible. One head an op, undefined for a deleted or guarded log. */
  | { kind: 'stored'; heads: readonly (StoredHead | undefined)[] }
  /** Another commit came first: nothing changed; load again, decide again. */
  | { kind: 'conflict' }
  /**
   * Nothing changed. `failed`: the engine has stopped and must be opened anew. `corrupt`: the head
   * of one of the logs is damaged, and must not be written over.
   */
  | { kind: 'refused'; reason: 'overloaded' | 'full' | 'failed' | 'closed' | 'corrupt' };

/** Records from `from` to `to`, whole; `from` is where the first of them begins. */
export interface Page {
  readonly from: Position;
  readonly to: Position;
  readonly pieces: readonly Buffer[];
}

export type ReadOutcome =
  | { kind: 'page'; page: Page }
  /** The position is before the earliest one held. */
  | { kind: 'trimmed'; earliest: Position }
  /** The log is not there, or no longer in the incarnation that was asked for. */
  | { kind: 'absent' }
  /** Stored bytes do not match their checksum. */
  | { kind: 'corrupt' };

export interface ListRequest {
  readonly prefix: string;
  /** Names after this one, in the order of their UTF-8 bytes. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface Listed {
  readonly name: string;
  readonly head: StoredHead;
}

/** What an engine can do, as data, for those who must say so to a user. */
export interface Capabilities {
  readonly engine: string;
  /** What survives once a commit is `stored`. */
  readonly durability: 'power-loss' | 'process-death' | 'none';
}

/**
 * Stores logs: a head and records each, under a name. Nothing above assumes one process: `commit`
 * may report a conflict at any time.
 *
 * Writers decide on `latest`; readers see `durable`, which nothing takes back. A refusal that rests
 * on `latest` is given only after `settle`.
 *
 * Who asks for a damaged head, by its name or in a list, gets `DataCorrupt` thrown.
 */
export interface LogStore {
  readonly capabilities: Capabilities;
  /** The head that the next commit builds on, pending commits included. */
  latest(name: string): MaybePromise<StoredHead | undefined>;
  /** The head that readers may see. */
  durable(name: string): MaybePromise<StoredHead | undefined>;
  /**
   * Waits until what `latest` shows of these names cannot be lost any more. False: it was taken
   * back (the disk is full), so load again and decide again.
   */
  settle(names: readonly string[]): MaybePromise<boolean>;
  /** All of the ops or none, durable and visible when it resolves. Never rejects. */
  commit(ops: readonly Op[]): Promise<CommitOutcome>;
  /**
   * Durable records from the one that `from` lies in: at least one when there is one, and then as
   * many whole records as fit into `bytesMax`. A position past the tail reads as the tail.
   */
  read(
    name: string,
    from: Position,
    bytesMax: number,
    incarnation?: string,
  ): MaybePromise<ReadOutcome>;
  /** Calls back after each durable change of the log, including its end, until cancelled. */
  watch(name: string, onChange: () => void): () => void;
  /** Durable logs by name. */
  list(request: ListRequest): MaybePromise<Listed[]>;
  /** Whether a log with this prefix exists in `latest`, as `isThere` judges it. */
  anyLatest(prefix: string, isThere: (head: StoredHead) => boolean): MaybePromise<boolean>;
  /** Names of logs whose expiry may have passed: candidates, to be judged by their `latest`. */
  due(nowMs: number, limit: number): MaybePromise<string[]>;
  /** Writes what is pending and lets go of all resources. Idempotent. */
  close(): Promise<void>;
}
