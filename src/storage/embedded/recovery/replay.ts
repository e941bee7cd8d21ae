import { ByteReader, MalformedBytes } from '../../../lib/byte-reader.ts';
import type { Files } from '../files.ts';
import {
  claimsToBeFrame,
  FRAME_HEADER_BYTES,
  findFrame,
  parseFrame,
  type Lsn,
} from '../wal/frame.ts';
import { SEGMENT_HEADER_BYTES } from '../wal/segment.ts';
import type { SealedSegment } from '../wal/segment-writer.ts';
import type { LogDamage } from './damage.ts';
import type { FolderContents, Segment } from './inspect.ts';
import { checkBudget, readWhole, type Unproven } from './log-files.ts';
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
  /** The first damage of all. */
  readonly damage: LogDamage | undefined;
  /** It goes on to its end: the index holds all that is damaged. */
  readonly isWhole: boolean;
}

/**
 * Replays the log, from the commit after the last one in the index, as far as it goes. It changes no
 * byte of the folder. Damage to commits that the index holds is damage, and costs nothing.
 */
export async function replay(
  files: Files,
  { meta, segments, damage: damageBehind }: FolderContents,
  target: ReplayTarget,
): Promise<Replayed> {
  let found: Found = {
    lastLsn: (segments[0]?.header.firstLsn ?? target.appliedLsn + 1) - 1,
    sealed: [],
    commitsReplayed: 0,
    tornTail: undefined,
    unproven: undefined,
    damage: undefined,
  };
  let passed: LogDamage | undefined;
  for (const [position, segment] of segments.entries()) {
    const next = segments[position + 1];
    const bytes = await readWhole(files, segment.path);
    for (let at: number | undefined = SEGMENT_HEADER_BYTES; at !== undefined;) {
      found = replaySegment(bytes, at, segment, next, found, target);
      const resumed = found.damage && resume(bytes, found, segment, next, target.appliedLsn);
      if (resumed === undefined) break;
      passed ??= found.damage;
      found = { ...found, damage: undefined, lastLsn: resumed.lastLsn };
      at = resumed.at;
    }
    if (found.damage !== undefined) break;
  }
  const last = found.damage ?? damageBehind ?? endsEarly(segments.at(-1), found.lastLsn, meta);
  return { ...found, damage: passed ?? last, isWhole: last === undefined };
}

type Found = Omit<Replayed, 'isWhole'>;

/**
 * Where the log goes on behind a damage without a commit missing that the index does not hold: at a
 * later frame, or with the next segment, which is said by no place in this one.
 */
function resume(
  bytes: Buffer,
  { lastLsn, damage }: Found,
  { header }: Segment,
  next: Segment | undefined,
  appliedLsn: Lsn,
): { readonly lastLsn: Lsn; readonly at: number | undefined } | undefined {
  const isHeld = (firstLsn: Lsn): boolean => firstLsn > lastLsn && firstLsn <= appliedLsn + 1;
  const budget = checkBudget(bytes);
  const frame = findFrame(bytes, (damage?.byte ?? 0) + 1, header.salt, (claimed) => {
    return isHeld(claimed.firstLsn) && budget(claimed.bodyBytes);
  });
  if (frame !== undefined) return { lastLsn: frame.header.firstLsn - 1, at: frame.at };
  if (next === undefined || !isHeld(next.header.firstLsn)) return undefined;
  return { lastLsn: next.header.firstLsn - 1, at: undefined };
}

function endsEarly(
  last: Segment | undefined,
  lastLsn: Lsn,
  meta: FolderContents['meta'],
): LogDamage | undefined {
  if (last === undefined || lastLsn >= (meta?.highLsn ?? 0)) return undefined;
  const problem = 'the log ends before what the index has taken in';
  return { file: last.path, byte: undefined, problem, fromSegment: last.number };
}

function replaySegment(
  bytes: Buffer,
  from: number,
  segment: Segment,
  next: Segment | undefined,
  before: Found,
  target: ReplayTarget,
): Found {
  const { path: file, number, header } = segment;
  const read = replayFrames(bytes, from, header.salt, before.lastLsn, target);
  const { end, lastLsn, malformed } = read;
  const found: Found = {
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
  from: number,
  salt: number,
  lastLsnBefore: Lsn,
  target: ReplayTarget,
): FramesRead {
  let lastLsn = lastLsnBefore;
  let commitsReplayed = 0;
  let at = from;
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

/**
 * Whether a later frame says that what would come here had been synced. The bytes may be a client's,
 * so how many of them are summed up is bounded.
 */
function isProvenSynced(bytes: Buffer, from: number, salt: number, lsn: Lsn): boolean {
  const budget = checkBudget(bytes);
  const proof = findFrame(bytes, from, salt, ({ firstLsn, syncedLsn, bodyBytes }) => {
    return firstLsn >= lsn && syncedLsn >= lsn && budget(bodyBytes);
  });
  return proof !== undefined;
}
