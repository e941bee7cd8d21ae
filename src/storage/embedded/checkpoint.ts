import { MalformedBytes } from '../../lib/byte-reader.ts';
import { position, type Position } from '../../protocol/offset.ts';
import { dueAtMs } from '../../protocol/expiry.ts';
import type { EmbeddedHead, LogEntry } from './entry.ts';
import type { Index, IndexBatch } from './index/index.ts';
import {
  chunkKey,
  dueKey,
  following,
  META_KEY,
  nameKey,
  nameRange,
  reapKey,
} from './index/keys.ts';
import {
  decodeChunk,
  decodeNumber,
  encodeChunk,
  encodeHead,
  encodeMeta,
  encodeNumber,
  type Meta,
  type StoredLog,
} from './index/values.ts';
import type { LogTable } from './log-table.ts';
import { places, type RecordBytes, type RecordPlace } from './record-bytes.ts';
import type { Lsn } from './wal/frame.ts';

export interface CheckpointSettings {
  /** A chunk of records is closed when it has reached this size. */
  readonly chunkBytes: number;
  /** A step takes in logs until it has this many bytes or logs, then lets others run. */
  readonly stepBytes: number;
  readonly stepLogs: number;
}

export const CHECKPOINT_DEFAULTS: CheckpointSettings = {
  chunkBytes: 64 * 1024,
  stepBytes: 1024 * 1024,
  stepLogs: 256,
};

const ALL_OF_IT = Number.MAX_SAFE_INTEGER;
/** A chunk below this joins the next one whatever its size: the index writes whole pages anyway. */
const SMALL_CHUNK_BYTES = 4096;
const TOMBSTONES_PER_STEP = 1000;

/** What a step took from an entry, to be let go of when the index has it. */
interface Taken {
  readonly entry: LogEntry;
  readonly head: EmbeddedHead | undefined;
  readonly lsn: Lsn;
  readonly pieces: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly stored: StoredLog | undefined;
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
  readonly #settings: CheckpointSettings;
  #meta: Meta;

  constructor(index: Index, table: LogTable, meta: Meta, settings: CheckpointSettings) {
    this.#index = index;
    this.#table = table;
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

  /** Takes in all that is visible as this begins, and maybe some of what comes meanwhile. */
  async run(log: LogToTakeIn): Promise<void> {
    const target = log.writtenLsn;
    const waiting = [...this.#table.dirty];
    while (waiting.length > 0) await this.#step(waiting, log);
    const highLsn = Math.max(this.#meta.highLsn, target);
    this.#meta = { ...this.#meta, appliedLsn: target, highLsn, nextLogId: this.#table.nextLogId };
    // Commits that only guard are in no step, so this may be the first to rest on them.
    await syncLog(log);
    await this.#index.commit({
      puts: [{ key: META_KEY, value: encodeMeta(this.#meta) }],
      deletes: [],
    });
    await this.#index.flush();
    await this.#clearTombstones();
    this.#table.evict();
  }

  async #step(waiting: LogEntry[], log: LogToTakeIn): Promise<void> {
    const batch: IndexBatch = { puts: [], deletes: [] };
    const taken: Taken[] = [];
    let bytes = 0;
    while (bytes < this.#settings.stepBytes && taken.length < this.#settings.stepLogs) {
      const entry = waiting.pop();
      if (entry === undefined) break;
      const one = this.#take(entry, batch);
      taken.push(one);
      bytes += one.bytes;
    }
    this.#meta = { ...this.#meta, highLsn: log.writtenLsn, nextLogId: this.#table.nextLogId };
    batch.puts.push({ key: META_KEY, value: encodeMeta(this.#meta) });
    await syncLog(log);
    await this.#index.commit(batch);
    for (const one of taken) this.#letGo(one);
  }

  #take(entry: LogEntry, batch: IndexBatch): Taken {
    const { name, durable: head, durableLsn: lsn, dropped } = entry;
    for (const logId of dropped) {
      batch.puts.push({ key: reapKey(logId), value: encodeNumber(ALL_OF_IT) });
    }
    const pieces = entry.pieces.length;
    const due = head === undefined ? undefined : dueAtMs(head.state);
    const storedDue = entry.stored === undefined ? undefined : dueAtMs(entry.stored.state);
    if (storedDue !== undefined && storedDue !== due) batch.deletes.push(dueKey(storedDue, name));
    const bytes = entry.unflushedBytes;
    const common = { entry, head, lsn, pieces, bytes, dropped: dropped.length };
    if (head === undefined) {
      batch.deletes.push(nameKey('head', name));
      batch.puts.push({ key: nameKey('tombstone', name), value: encodeNumber(lsn) });
      return { ...common, stored: undefined };
    }
    const stored = this.#storeRecords(entry, head, batch);
    batch.puts.push({ key: nameKey('head', name), value: encodeHead(stored) });
    if (due !== undefined && due !== storedDue) {
      batch.puts.push({ key: dueKey(due, name), value: encodeNumber(due) });
    }
    return { ...common, stored };
  }

  /** Puts the entry's pieces into chunks and says what the head is then. */
  #storeRecords(entry: LogEntry, head: EmbeddedHead, batch: IndexBatch): StoredLog {
    const { logId, start, tail, version, state } = head;
    const before = entry.stored?.id === logId ? entry.stored : undefined;
    const trimmed = before !== undefined && before.start < start;
    if (trimmed) batch.puts.push({ key: reapKey(logId), value: encodeNumber(start) });
    const from = entry.pieces[0]?.at ?? tail;
    const chunks = new ChunkWriter(logId, from, this.#settings.chunkBytes, batch);
    if (before !== undefined && entry.pieces.length > 0) {
      this.#joinLastChunk(before, tail - from, chunks);
    }
    for (const { records } of entry.pieces) chunks.add(records);
    const last = chunks.finish() ?? before;
    return {
      id: logId,
      start,
      tail,
      version,
      lastChunkAt: last?.lastChunkAt ?? from,
      lastChunkBytes: last?.lastChunkBytes ?? 0,
      state,
    };
  }

  /**
   * Small chunks grow by joining what comes after them, but only when that is of their own order of
   * size: a byte is then rewritten a few times in all, not once a checkpoint.
   */
  #joinLastChunk(before: StoredLog, newBytes: number, chunks: ChunkWriter): void {
    const { id, lastChunkAt, lastChunkBytes } = before;
    const isSmall = lastChunkBytes < SMALL_CHUNK_BYTES || lastChunkBytes <= 2 * newBytes;
    if (lastChunkBytes === 0 || !isSmall) return;
    if (lastChunkBytes >= this.#settings.chunkBytes / 2) return;
    const value = this.#index.get(chunkKey(id, lastChunkAt));
    const records = value === undefined ? undefined : unlessDamaged(() => decodeChunk(value));
    // A damaged chunk stays as it is: what is new begins one of its own, and can be read.
    if (records === undefined) return;
    chunks.beginAt(lastChunkAt);
    chunks.add(records);
  }

  #letGo({ entry, head, lsn, pieces, bytes, dropped, stored }: Taken): void {
    entry.stored = stored;
    entry.checkpointedLsn = lsn;
    entry.dropped.splice(0, dropped);
    // An incarnation that ended meanwhile has taken its pieces along.
    if (entry.durable?.logId === head?.logId) entry.pieces.splice(0, pieces);
    else if (stored !== undefined) entry.dropped.push(stored.id);
    entry.unflushedBytes -= bytes;
    this.#table.unflushedBytes -= bytes;
    // Until now the entry was dirty: whoever lists must not trust the index about it.
    if (entry.durableLsn !== lsn) return;
    this.#table.dirty.delete(entry);
    this.#table.forget(entry);
  }

  /**
   * A tombstone has done its duty once the log before it is not replayed any more. A step may have
   * made one for a commit that is younger than the point from which a replay begins, and one that
   * is damaged may be as young as any.
   */
  async #clearTombstones(): Promise<void> {
    const { from, to } = nameRange('tombstone', '');
    for (let at = from; ;) {
      const found = this.#index.range({ from: at, to, limit: TOMBSTONES_PER_STEP });
      const deletes = found
        .filter(({ value }) => {
          const lsn = unlessDamaged(() => decodeNumber(value)) ?? this.#meta.highLsn;
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

/** One damaged value must not keep all the others from being taken in. */
function unlessDamaged<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

/** The index must never know what the log could still lose. */
async function syncLog(log: LogToTakeIn): Promise<void> {
  if (!(await log.sync())) throw new Error('the log cannot be synced');
}

/** Cuts records into chunks of about `chunkBytes`, at least one record each. */
class ChunkWriter {
  readonly #logId: number;
  readonly #chunkBytes: number;
  readonly #batch: IndexBatch;
  #at: Position;
  #records: RecordPlace[] = [];
  #bytes = 0;
  #last: { lastChunkAt: Position; lastChunkBytes: number } | undefined;

  constructor(logId: number, at: Position, chunkBytes: number, batch: IndexBatch) {
    this.#logId = logId;
    this.#at = at;
    this.#chunkBytes = chunkBytes;
    this.#batch = batch;
  }

  beginAt(at: Position): void {
    this.#at = at;
  }

  add(records: RecordBytes): void {
    for (const record of places(records)) {
      if (this.#bytes > 0 && this.#bytes + record.bytes > this.#chunkBytes) this.#close();
      this.#records.push(record);
      this.#bytes += record.bytes;
    }
  }

  finish(): { lastChunkAt: Position; lastChunkBytes: number } | undefined {
    if (this.#bytes > 0) this.#close();
    return this.#last;
  }

  #close(): void {
    const value = encodeChunk(this.#records);
    this.#batch.puts.push({ key: chunkKey(this.#logId, this.#at), value });
    this.#last = { lastChunkAt: this.#at, lastChunkBytes: this.#bytes };
    this.#at = position(this.#at + this.#bytes);
    this.#records = [];
    this.#bytes = 0;
  }
}
