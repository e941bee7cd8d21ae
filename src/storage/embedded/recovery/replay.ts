import { ByteReader, MalformedBytes } from '../../../lib/byte-reader.ts';
import type { Files } from '../files.ts';
import { FRAME_HEADER_BYTES, findFrame, parseFrame, type Lsn } from '../wal/frame.ts';
import { SEGMENT_HEADER_BYTES } from '../wal/segment.ts';
import type { SealedSegment } from '../wal/segment-writer.ts';
import type { LogDamage } from './damage.ts';
import type { FolderContents, Segment } from './inspect.ts';
import { readWhole, type Unproven } from './log-files.ts';
import { replayFrame, type ReplayTarget } from './replay-frame.ts';
import { judgeStop } from './verdicts.ts';

/** What a walk through the log has found, up to its end or to where it is damaged. */
export interface Replayed {
  readonly lastLsn: Lsn;
  readonly sealed: readonly SealedSegment[];
  readonly commitsReplayed: number;
  /** A write that nobody was told of was cut off here. */
  readonly tornTail: { readonly file: string; readonly byte: number } | undefined;
  readonly unproven: Unproven | undefined;
  readonly damage: LogDamage | undefined;
}

/**
 * Replays the log, from the commit after the last one in the index, as far as it goes. It changes no
 * byte of the folder.
 */
export async function replay(
  files: Files,
  { meta, segments, damage: damageBehind }: FolderContents,
  target: ReplayTarget,
): Promise<Replayed> {
  let found: Replayed = {
    lastLsn: (segments[0]?.header.firstLsn ?? target.appliedLsn + 1) - 1,
    sealed: [],
    commitsReplayed: 0,
    tornTail: undefined,
    unproven: undefined,
    damage: undefined,
  };
  for (const [position, segment] of segments.entries()) {
    const next = segments[position + 1];
    const bytes = await readWhole(files, segment.path);
    found = replaySegment(bytes, segment, next, found, target);
    if (found.damage !== undefined) return found;
  }
  if (damageBehind !== undefined) return { ...found, damage: damageBehind };
  const last = segments.at(-1);
  if (last === undefined || found.lastLsn >= (meta?.highLsn ?? 0)) return found;
  const problem = 'the log ends before what the index has taken in';
  const damage = { file: last.path, byte: undefined, problem, fromSegment: last.number };
  return { ...found, damage };
}

function replaySegment(
  bytes: Buffer,
  segment: Segment,
  next: Segment | undefined,
  before: Replayed,
  target: ReplayTarget,
): Replayed {
  const { path: file, number, header } = segment;
  const read = replayFrames(bytes, header.salt, before.lastLsn, target);
  const { end, lastLsn, malformed } = read;
  const found: Replayed = {
    ...before,
    lastLsn,
    commitsReplayed: before.commitsReplayed + read.commitsReplayed,
    unproven: { path: file, at: read.unprovenFrom, bytes: bytes.subarray(read.unprovenFrom, end) },
  };
  if (malformed !== undefined) {
    return { ...found, damage: { file, fromSegment: number, ...malformed } };
  }
  const verdict = judgeStop({
    isLastSegment: next === undefined,
    nextContinues: next?.header.firstLsn === lastLsn + 1,
    looksTorn: claimsToBeFrame(bytes, end, lastLsn + 1),
    provenSynced: next === undefined && isProvenSynced(bytes, end, header.salt, lastLsn + 1),
  });
  if (verdict === 'damaged') {
    const problem = 'a frame is damaged that had been acknowledged';
    return { ...found, damage: { file, byte: end, problem, fromSegment: number } };
  }
  const sealed = [...before.sealed, { number, lastLsn }];
  return verdict === 'torn-tail'
    ? { ...found, sealed, tornTail: { file, byte: end } }
    : { ...found, sealed };
}

interface FramesRead {
  readonly lastLsn: Lsn;
  readonly commitsReplayed: number;
  /** Where the frames end, and where those begin that none proves to have been synced. */
  readonly end: number;
  readonly unprovenFrom: number;
  /** A frame that is whole and makes no sense. */
  readonly malformed: Pick<LogDamage, 'byte' | 'problem'> | undefined;
}

/** Replays a segment's frames as long as one follows the other. */
function replayFrames(
  bytes: Buffer,
  salt: number,
  lastLsnBefore: Lsn,
  target: ReplayTarget,
): FramesRead {
  let lastLsn = lastLsnBefore;
  let commitsReplayed = 0;
  let at = SEGMENT_HEADER_BYTES;
  let malformed: FramesRead['malformed'];
  const unsynced: { readonly at: number; readonly lastLsn: Lsn }[] = [];
  for (;;) {
    const frame = parseFrame(bytes, at, salt);
    if (frame?.firstLsn !== lastLsn + 1) break;
    const begin = at + FRAME_HEADER_BYTES;
    const body = new ByteReader(bytes, begin, begin + frame.bodyBytes);
    try {
      commitsReplayed += replayFrame(frame, body, target);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      malformed = { byte: body.position, problem: error.message };
      break;
    }
    lastLsn = frame.firstLsn + frame.commits - 1;
    unsynced.push({ at, lastLsn });
    while ((unsynced[0]?.lastLsn ?? Infinity) <= frame.syncedLsn) unsynced.shift();
    at = body.end;
  }
  return { lastLsn, commitsReplayed, end: at, unprovenFrom: unsynced[0]?.at ?? at, malformed };
}

function claimsToBeFrame(bytes: Buffer, at: number, lsn: Lsn): boolean {
  if (at + FRAME_HEADER_BYTES > bytes.length) return at < bytes.length;
  return (
    bytes.toString('latin1', at, at + 4) === 'MRGF' && bytes.readUInt32LE(at + 16) === lsn % 2 ** 32
  );
}

/** Beyond this many times a segment's bytes, what looks like frames was made to look like them. */
const CHECKED_TIMES_MAX = 8;

/**
 * Whether a later frame says that what would come here had been synced. The bytes may be a client's,
 * so how many of them are summed up is bounded.
 */
function isProvenSynced(bytes: Buffer, from: number, salt: number, lsn: Lsn): boolean {
  let left = bytes.length * CHECKED_TIMES_MAX;
  const proof = findFrame(bytes, from, salt, ({ firstLsn, syncedLsn, bodyBytes }) => {
    if (firstLsn < lsn || syncedLsn < lsn) return false;
    left -= bodyBytes;
    return left >= 0;
  });
  return proof !== undefined;
}
