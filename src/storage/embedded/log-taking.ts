import { dueAtMs } from '../../protocol/expiry.ts';
import { unlessMalformed } from './unless-malformed.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { EmbeddedHead, LogEntry } from './entry.ts';
import type { Index, IndexBatch } from './index/index.ts';
import { chunkKey, dueKey, nameKey, reapKey } from './index/keys.ts';
import { decodeChunk, encodeHead, encodeNumber, type StoredLog } from './index/values.ts';
import type { LogTable } from './log-table.ts';
import { markForReaping } from './reaper.ts';
import type { Lsn } from './wal/frame.ts';

/** A chunk below this joins the next one whatever its size: the index writes whole pages anyway. */
const SMALL_CHUNK_BYTES = 4096;

/** What a step took from an entry, to be let go of when the index has it. */
export interface Taken {
  readonly bytes: number;
  letGo(): void;
}

/** What logs are taken into. */
export interface TakingTools {
  readonly index: Index;
  readonly table: LogTable;
  readonly chunkBytes: number;
}

/** Puts what is durable of a log into a batch for the index. */
export function takeLog(entry: LogEntry, tools: TakingTools, batch: IndexBatch): Taken {
  const { name, durable: head, durableLsn: lsn, dropped, unflushedBytes: bytes } = entry;
  markForReaping(dropped, batch);
  const took = { head, lsn, pieces: entry.pieces.length, bytes, dropped: dropped.length };
  const due = head === undefined ? undefined : dueAtMs(head.state);
  const storedDue = entry.stored === undefined ? undefined : dueAtMs(entry.stored.state);
  if (storedDue !== undefined && storedDue !== due) batch.deletes.push(dueKey(storedDue, name));
  let stored: StoredLog | undefined;
  if (head === undefined) {
    batch.deletes.push(nameKey('head', name));
    batch.puts.push({ key: nameKey('tombstone', name), value: encodeNumber(lsn) });
  } else {
    stored = storeRecords(entry, head, tools, batch);
    batch.puts.push({ key: nameKey('head', name), value: encodeHead(stored) });
    if (due !== undefined && due !== storedDue) {
      batch.puts.push({ key: dueKey(due, name), value: encodeNumber(due) });
    }
  }
  return {
    bytes,
    letGo: () => {
      letGo(entry, { ...took, stored }, tools.table);
    },
  };
}

/** Puts the entry's pieces into chunks and says what the head is then. */
function storeRecords(
  entry: LogEntry,
  head: EmbeddedHead,
  { index, chunkBytes }: TakingTools,
  batch: IndexBatch,
): StoredLog {
  const { logId, start, tail, version, state } = head;
  const before = entry.stored?.id === logId ? entry.stored : undefined;
  const trimmed = before !== undefined && before.start < start;
  if (trimmed) batch.puts.push({ key: reapKey(logId), value: encodeNumber(start) });
  const from = entry.pieces[0]?.at ?? tail;
  const chunks = new ChunkWriter(logId, from, chunkBytes, batch);
  if (before !== undefined && entry.pieces.length > 0) {
    joinLastChunk(index, chunkBytes, before, tail - from, chunks);
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
function joinLastChunk(
  index: Index,
  chunkBytes: number,
  before: StoredLog,
  newBytes: number,
  chunks: ChunkWriter,
): void {
  const { id, lastChunkAt, lastChunkBytes } = before;
  const isSmall = lastChunkBytes < SMALL_CHUNK_BYTES || lastChunkBytes <= 2 * newBytes;
  if (lastChunkBytes === 0 || !isSmall) return;
  if (lastChunkBytes >= chunkBytes / 2) return;
  const value = index.get(chunkKey(id, lastChunkAt));
  const records = value === undefined ? undefined : unlessMalformed(() => decodeChunk(value));
  // A damaged chunk stays as it is: what is new begins one of its own, and can be read.
  if (records === undefined) return;
  chunks.beginAt(lastChunkAt);
  chunks.add(records);
}

interface Took {
  readonly head: EmbeddedHead | undefined;
  readonly lsn: Lsn;
  readonly pieces: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly stored: StoredLog | undefined;
}

function letGo(
  entry: LogEntry,
  { head, lsn, pieces, bytes, dropped, stored }: Took,
  table: LogTable,
): void {
  entry.stored = stored;
  entry.checkpointedLsn = lsn;
  entry.dropped.splice(0, dropped);
  // An incarnation that ended meanwhile has taken its pieces along.
  if (entry.durable?.logId === head?.logId) entry.pieces.splice(0, pieces);
  else if (stored !== undefined) entry.dropped.push(stored.id);
  entry.unflushedBytes -= bytes;
  table.unflushedBytes -= bytes;
  // Until now the entry was dirty: whoever lists must not trust the index about it.
  if (entry.durableLsn !== lsn) return;
  table.dirty.delete(entry);
  table.forget(entry);
}
