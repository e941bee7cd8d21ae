import { join } from 'node:path';
import type { Files } from '../files.ts';
import type { Meta } from '../index/values.ts';
import { findFrame, FRAME_HEADER_BYTES, type Lsn } from '../wal/frame.ts';
import { parseSegmentHeader, segmentName, segmentSalt } from '../wal/segment.ts';
import type { LogLoss } from './damage.ts';
import { checkBudget, readWhole } from './log-files.ts';
import type { Replayed } from './replay.ts';

/** Looks through what lies behind a damage for what it was. */
export async function surveyLoss(
  files: Files,
  walDirectory: string,
  numbers: readonly number[],
  meta: Meta,
  { damage, lastLsn, isWhole }: Pick<Replayed, 'damage' | 'lastLsn' | 'isWhole'>,
): Promise<LogLoss> {
  const keptLsn = Math.max(lastLsn, meta.appliedLsn);
  const lost = numbers.filter((number) => number >= (damage?.fromSegment ?? Infinity));
  let highest = meta.highLsn;
  for (const number of lost) {
    const bytes = await readWhole(files, join(walDirectory, segmentName(number)));
    highest = Math.max(highest, highestLsn(bytes, number, meta.salt));
  }
  return {
    keptLsn,
    lostLsn: highest > keptLsn ? highest : undefined,
    isNothing: isWhole,
    segments: lost.map(segmentName),
  };
}

/** The highest number that a segment, or what is left of it, speaks of. */
function highestLsn(bytes: Buffer, number: number, folderSalt: number): Lsn {
  const header = parseSegmentHeader(bytes);
  const salt = header?.salt ?? (number === 1 ? folderSalt : segmentSalt(folderSalt, number));
  let highest = (header?.firstLsn ?? 1) - 1;
  const budget = checkBudget(bytes);
  for (let from = 0; ;) {
    const found = findFrame(bytes, from, salt, ({ bodyBytes }) => budget(bodyBytes));
    if (found === undefined) return highest;
    const { at, header: frame } = found;
    highest = Math.max(highest, frame.firstLsn + frame.commits - 1, frame.syncedLsn);
    from = at + FRAME_HEADER_BYTES + frame.bodyBytes;
  }
}
