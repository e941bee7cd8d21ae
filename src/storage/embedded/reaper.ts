import { MalformedBytes } from '../../lib/byte-reader.ts';
import { position } from '../../protocol/offset.ts';
import type { Index, IndexBatch } from './index/index.ts';
import { rowRanges } from './index/message-keys.ts';
import { chunkKey, following, REAP_RANGE, reapedLog, reapKey } from './index/keys.ts';
import { decodeNumber, encodeNumber } from './index/values.ts';

const ALL_OF_IT = Number.MAX_SAFE_INTEGER;
const LOGS_PER_STEP = 16;
const CHUNKS_PER_STEP = 512;

/** Marks all that is kept under these ids, which end with the batch. */
export function markForReaping(ids: readonly number[], batch: IndexBatch): void {
  for (const id of ids) {
    batch.puts.push({ key: reapKey(id), value: encodeNumber(ALL_OF_IT) });
  }
}

/**
 * Removes the chunks of logs that are gone and of trimmed beginnings, a bounded number a
 * transaction. What a crash interrupts is found again under its reap key. `isStopping` is asked
 * between steps.
 */
export async function reap(index: Index, isStopping: () => boolean): Promise<void> {
  for (let from: Buffer = REAP_RANGE.from; ;) {
    const marks = index.range({ ...REAP_RANGE, from, limit: LOGS_PER_STEP });
    for (const { key, value } of marks) {
      const before = boundIn(value);
      for (let isDone = before === undefined; !isDone;) {
        if (isStopping()) return;
        isDone = await reapStep(index, key, reapedLog(key), before ?? 0);
      }
    }
    const last = marks.at(-1);
    if (last === undefined) return;
    from = following(last.key);
  }
}

/** Undefined when the mark is damaged: it stays, for nobody can say what of the log may go. */
function boundIn(value: Buffer): number | undefined {
  try {
    return decodeNumber(value);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

async function reapStep(
  index: Index,
  mark: Buffer,
  logId: number,
  before: number,
): Promise<boolean> {
  const isWholeLog = before === ALL_OF_IT;
  const chunks = index.keys({
    from: chunkKey(logId, position(0)),
    to: chunkKey(logId, position(before)),
    limit: CHUNKS_PER_STEP,
  });
  const isLastChunk = chunks.length < CHUNKS_PER_STEP;
  const rows = isWholeLog && isLastChunk ? rowsOf(index, logId) : [];
  const isLast = isLastChunk && rows.length < CHUNKS_PER_STEP;
  // The last chunk that begins before a trimmed log's start may hold the start.
  if (!isWholeLog) chunks.pop();
  await index.commit({
    puts: [],
    deletes: isLast ? [...chunks, ...rows, mark] : [...chunks, ...rows],
  });
  return isLast;
}

/** What managed streams keep besides chunks, a part of it. */
function rowsOf(index: Index, storageId: number): Buffer[] {
  const rows: Buffer[] = [];
  for (const range of rowRanges(storageId)) {
    rows.push(...index.keys({ ...range, limit: CHUNKS_PER_STEP - rows.length }));
    if (rows.length >= CHUNKS_PER_STEP) break;
  }
  return rows;
}
