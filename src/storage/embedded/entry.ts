import type { Position } from '../../protocol/offset.ts';
import type { StoredHead } from '../port.ts';
import type { RecordBytes } from './record-bytes.ts';
import type { StoredLog } from './index/values.ts';
import { Settling } from './settling.ts';
import type { Lsn } from './wal/frame.ts';

/** A head of this engine: `version` is the log sequence number of the commit that made it. */
export interface EmbeddedHead extends StoredHead {
  /** Numbers the incarnations of all logs; chunks are stored under it. */
  readonly logId: number;
}

/** Durable records that are not in the index yet, as they lie in the write-ahead log's memory. */
export interface Piece {
  readonly at: Position;
  readonly records: RecordBytes;
}

/**
 * What memory holds of one log. `latest` runs ahead of `durable` by the commits whose group is
 * still on its way to disk; `stored` lags behind it by what the next checkpoint will take in.
 */
export class LogEntry {
  readonly name: string;
  latest: EmbeddedHead | undefined;
  latestLsn: Lsn;
  durable: EmbeddedHead | undefined;
  durableLsn: Lsn;
  /** What the index holds. */
  stored: StoredLog | undefined;
  /** The last commit that the index has taken in, be it the log's end. */
  checkpointedLsn: Lsn;
  /** Ascending, without a gap, ending at the durable tail. */
  pieces: Piece[] = [];
  /** What `pieces` and their commits count for against the bound on unflushed bytes. */
  unflushedBytes = 0;
  /** Incarnations that ended since the last checkpoint and left chunks in the index. */
  dropped: number[] = [];
  watchers: Set<() => void> | undefined;
  /** Used since the cache last looked. */
  isFresh = true;
  readonly #settling = new Settling();

  constructor(name: string, stored: StoredLog | undefined, head: EmbeddedHead | undefined) {
    this.name = name;
    this.stored = stored;
    this.latest = head;
    this.durable = head;
    this.latestLsn = head?.version ?? 0;
    this.durableLsn = this.latestLsn;
    this.checkpointedLsn = this.latestLsn;
  }

  /** Nothing but the cache needs this entry: the index holds all that it knows. */
  get isIdle(): boolean {
    return (
      this.isSettled && this.checkpointedLsn === this.durableLsn && this.watchers === undefined
    );
  }

  get isSettled(): boolean {
    return this.latestLsn === this.durableLsn;
  }

  /** Resolves true when `latest` as it is now is durable, false when it was taken back. */
  settle(): Promise<boolean> {
    return this.#settling.wait(this.latestLsn);
  }

  /** The commits up to `durableLsn` are on disk. */
  announceDurable(): void {
    this.#settling.stored(this.durableLsn);
    if (this.watchers !== undefined) for (const onChange of [...this.watchers]) onChange();
  }

  /** The pending commits were not stored: what was decided on them is void. */
  takeBack(): void {
    this.latest = this.durable;
    this.latestLsn = this.durableLsn;
    this.#settling.takenBack();
  }
}
