import { dirname, join } from 'node:path';
import { must } from '../../lib/assert.ts';
import { ByteReader, MalformedBytes } from '../../lib/byte-reader.ts';
import type { Files } from './files.ts';
import type { Index } from './index/index.ts';
import { META_KEY, nameKey } from './index/keys.ts';
import { decodeMeta, decodeNumber, type Meta } from './index/values.ts';
import type { LogTable } from './log-table.ts';
import { decodeOp, type LoggedOp } from './ops-codec.ts';
import {
  FRAME_HEADER_BYTES,
  findFrame,
  parseFrame,
  type FrameHeader,
  type Lsn,
} from './wal/frame.ts';
import {
  parseSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentNumber,
  type SegmentHeader,
} from './wal/segment.ts';
import type { SealedSegment } from './wal/segment-writer.ts';
import { writeAll } from './write-all.ts';

/** A folder that must not be served as it is. */
export class FolderDamaged extends Error {
  override name = 'FolderDamaged';
  readonly file: string;
  readonly byte: number | undefined;

  constructor(file: string, byte: number | undefined, problem: string) {
    super(byte === undefined ? `${file}: ${problem}` : `${file}, byte ${byte}: ${problem}`);
    this.file = file;
    this.byte = byte;
  }
}

// ---------------------------------------------------------------------------------------------
// Decision 1: what kind of folder is this?

export interface FolderFacts {
  /** The index knows of this folder, which it does only once the log has begun. */
  readonly hasMeta: boolean;
  readonly hasSegments: boolean;
  /** The first segment begins with the first commit ever made. */
  readonly beginsAtFirst: boolean;
  /** The first segment begins at or before the commit after the last one in the index. */
  readonly meetsIndex: boolean;
}

export type FolderVerdict =
  | 'new'
  | 'replay'
  /** The index is gone or never was flushed, and the log still holds everything. */
  | 'rebuild-index'
  | 'log-lost'
  | 'index-lost'
  | 'gap-before-log';

/** Every combination of facts has one row; a test walks them all. */
export function judgeFolder(facts: FolderFacts): FolderVerdict {
  const { hasMeta, hasSegments, beginsAtFirst, meetsIndex } = facts;
  if (!hasSegments) return hasMeta ? 'log-lost' : 'new';
  if (!hasMeta) return beginsAtFirst ? 'rebuild-index' : 'index-lost';
  return meetsIndex ? 'replay' : 'gap-before-log';
}

// ---------------------------------------------------------------------------------------------
// Decision 2: the frames of a segment end here. Is that where they should?

export interface StopFacts {
  readonly isLastSegment: boolean;
  /** The next segment begins with the commit that would have come here. */
  readonly nextContinues: boolean;
  /** The bytes here claim to be the frame that would come next, and are not. */
  readonly looksTorn: boolean;
  /** Some later frame says that what would come here had been synced. */
  readonly provenSynced: boolean;
}

export type StopVerdict = 'end' | 'torn-tail' | 'sealed-end' | 'damaged';

/**
 * Any subset of unsynced bytes may survive a crash, so bytes that are no frame mean nothing by
 * themselves at the log's end. They mean damage when something later could only have been written
 * after they were safe. Every combination has one row; a test walks them all.
 */
export function judgeStop(facts: StopFacts): StopVerdict {
  const { isLastSegment, nextContinues, looksTorn, provenSynced } = facts;
  if (!isLastSegment) return nextContinues ? 'sealed-end' : 'damaged';
  if (provenSynced) return 'damaged';
  return looksTorn ? 'torn-tail' : 'end';
}

// ---------------------------------------------------------------------------------------------

export interface Recovered {
  readonly lastLsn: Lsn;
  readonly sealed: readonly SealedSegment[];
  readonly nextNumber: number;
  readonly commitsReplayed: number;
  /** A write that nobody was told of was cut off here. */
  readonly tornTail: { readonly file: string; readonly byte: number } | undefined;
}

interface Segment {
  readonly path: string;
  readonly number: number;
  readonly header: SegmentHeader;
}

/** What is known of a folder before its log is replayed. */
export interface FolderContents {
  readonly verdict: 'new' | 'replay' | 'rebuild-index';
  readonly meta: Meta | undefined;
  readonly segments: readonly Segment[];
}

/** Looks at the folder and decides what it is; refuses one that lost a part. */
export async function inspectFolder(
  files: Files,
  index: Index,
  walDirectory: string,
): Promise<FolderContents> {
  const value = index.get(META_KEY);
  const meta = value === undefined ? undefined : decodeOrRefuse(value);
  const segments = await readSegmentHeaders(files, walDirectory);
  const [first] = segments;
  const verdict = judgeFolder({
    hasMeta: meta !== undefined,
    hasSegments: first !== undefined,
    beginsAtFirst: first?.header.firstLsn === 1,
    meetsIndex: first !== undefined && first.header.firstLsn <= (meta?.appliedLsn ?? 0) + 1,
  });
  switch (verdict) {
    case 'log-lost':
      throw new FolderDamaged(walDirectory, undefined, 'the log is missing, the index is not');
    case 'index-lost':
      throw new FolderDamaged(
        walDirectory,
        undefined,
        'the index is missing, and the log is younger',
      );
    case 'gap-before-log':
      throw new FolderDamaged(
        walDirectory,
        undefined,
        'segments between index and log are missing',
      );
    case 'new':
    case 'replay':
    case 'rebuild-index':
      break;
  }
  if (meta !== undefined && first !== undefined && first.header.folderId !== meta.folderId) {
    throw new FolderDamaged(first.path, 32, 'belongs to another data folder');
  }
  return { verdict, meta, segments };
}

/** What an index says that has yet to take in all of the log. */
export function metaOf({ segments }: Pick<FolderContents, 'segments'>): Meta {
  const { folderId, salt } = must(segments[0], 'there is a log').header;
  return { folderId, salt, appliedLsn: 0, highLsn: 0, nextLogId: 1 };
}

function decodeOrRefuse(value: Buffer): Meta {
  try {
    return decodeMeta(value);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new FolderDamaged('index', undefined, `the index cannot be read: ${error.message}`);
  }
}

async function readSegmentHeaders(files: Files, directory: string): Promise<Segment[]> {
  const names = (await files.list(directory)) ?? [];
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (const number of numbers) {
    const path = join(directory, segmentName(number));
    const previous = segments.at(-1);
    if (previous !== undefined && previous.number + 1 !== number) {
      throw new FolderDamaged(path, undefined, 'the segment before this one is missing');
    }
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const file = await files.open(path);
    try {
      await file.read(bytes, 0);
    } finally {
      await file.close();
    }
    const header = parseSegmentHeader(bytes);
    if (header?.number !== number)
      throw new FolderDamaged(path, 0, "the segment's header is damaged");
    segments.push({ path, number, header });
  }
  return segments;
}

/**
 * Replays the log into the table, from the commit after the last one in the index, and makes safe
 * what it found. It changes no byte of the folder, so a crash in the middle leaves it as it was.
 */
export async function replay(
  files: Files,
  index: Index,
  table: LogTable,
  { meta, segments }: FolderContents,
): Promise<Recovered> {
  const appliedLsn = meta?.appliedLsn ?? 0;
  const sealed: SealedSegment[] = [];
  let lastLsn = (segments[0]?.header.firstLsn ?? appliedLsn + 1) - 1;
  let commitsReplayed = 0;
  let tornTail: Recovered['tornTail'];
  let unproven: Unproven | undefined;
  for (const [position, segment] of segments.entries()) {
    const next = segments[position + 1];
    const bytes = await readWhole(files, segment.path);
    const salt = segment.header.salt;
    let at = SEGMENT_HEADER_BYTES;
    const unsynced: { readonly at: number; readonly lastLsn: Lsn }[] = [];
    for (;;) {
      const frame = parseFrame(bytes, at, salt);
      if (frame?.firstLsn !== lastLsn + 1) break;
      const body = new ByteReader(
        bytes,
        at + FRAME_HEADER_BYTES,
        at + FRAME_HEADER_BYTES + frame.bodyBytes,
      );
      try {
        commitsReplayed += replayFrame(frame, body, appliedLsn, index, table);
      } catch (error) {
        if (!(error instanceof MalformedBytes)) throw error;
        throw new FolderDamaged(segment.path, body.position, error.message);
      }
      lastLsn = frame.firstLsn + frame.commits - 1;
      unsynced.push({ at, lastLsn });
      while ((unsynced[0]?.lastLsn ?? Infinity) <= frame.syncedLsn) unsynced.shift();
      at = body.end;
    }
    const from = unsynced[0]?.at ?? at;
    unproven = { path: segment.path, at: from, bytes: bytes.subarray(from, at) };
    const verdict = judgeStop({
      isLastSegment: next === undefined,
      nextContinues: next?.header.firstLsn === lastLsn + 1,
      looksTorn: claimsToBeFrame(bytes, at, lastLsn + 1),
      provenSynced: next === undefined && isProvenSynced(bytes, at, salt, lastLsn + 1),
    });
    if (verdict === 'damaged') {
      throw new FolderDamaged(segment.path, at, 'a frame is damaged that had been acknowledged');
    }
    if (verdict === 'torn-tail') tornTail = { file: segment.path, byte: at };
    sealed.push({ number: segment.number, lastLsn });
  }
  if (meta !== undefined && meta.highLsn > lastLsn) {
    const path = segments.at(-1)?.path ?? 'wal';
    throw new FolderDamaged(path, undefined, 'the log ends before what the index has taken in');
  }
  if (unproven !== undefined) await makeSafe(files, unproven);
  const nextNumber = (segments.at(-1)?.number ?? 0) + 1;
  return { lastLsn, sealed, nextNumber, commitsReplayed, tornTail };
}

/** The last segment's frames that no later frame proves to have been synced. */
interface Unproven {
  readonly path: string;
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * Makes sure that what replay shows cannot vanish. It may have been written but not synced, or its
 * sync failed: then the system takes the bytes for clean, and only writing them again makes the next
 * sync mean something. And a name that was given up may still lead to a file about to be reused.
 */
async function makeSafe(files: Files, { path, at, bytes }: Unproven): Promise<void> {
  await files.syncDirectory(dirname(path));
  const file = await files.open(path);
  try {
    if (bytes.length > 0) await writeAll(file, [bytes], at);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function readWhole(files: Files, path: string): Promise<Buffer> {
  const file = await files.open(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(await file.size());
    const filled = await file.read(bytes, 0);
    return filled === bytes.length ? bytes : bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

function claimsToBeFrame(bytes: Buffer, at: number, lsn: Lsn): boolean {
  if (at + FRAME_HEADER_BYTES > bytes.length) return at < bytes.length;
  return (
    bytes.toString('latin1', at, at + 4) === 'MRGF' && bytes.readUInt32LE(at + 16) === lsn % 2 ** 32
  );
}

function isProvenSynced(bytes: Buffer, from: number, salt: number, lsn: Lsn): boolean {
  for (
    let found = findFrame(bytes, from, salt);
    found;
    found = findFrame(bytes, found.at + 1, salt)
  ) {
    if (found.header.firstLsn >= lsn && found.header.syncedLsn >= lsn) return true;
  }
  return false;
}

function replayFrame(
  frame: FrameHeader,
  body: ByteReader,
  appliedLsn: Lsn,
  index: Index,
  table: LogTable,
): number {
  if (frame.bodyBytes === 0) return 0;
  let replayed = 0;
  for (let commit = 0; commit < frame.commits; commit += 1) {
    const length = body.u32();
    const end = body.position + length;
    const lsn = frame.firstLsn + commit;
    if (lsn <= appliedLsn) {
      body.skip(length);
      continue;
    }
    while (body.position < end) replayOp(decodeOp(body), lsn, index, table);
    if (body.position !== end) throw new MalformedBytes('a commit overruns its length');
    replayed += 1;
  }
  return replayed;
}

function replayOp(op: LoggedOp, lsn: Lsn, index: Index, table: LogTable): void {
  const entry = table.obtain(op.name);
  if (entry.durableLsn === 0) {
    const tombstone = index.get(nameKey('tombstone', op.name));
    if (tombstone !== undefined) entry.checkpointedLsn = decodeNumber(tombstone);
  }
  if (op.kind === 'create') table.nextLogId = Math.max(table.nextLogId, op.logId + 1);
  if (lsn <= entry.checkpointedLsn) return;
  if (op.kind === 'append' && entry.durable?.tail !== op.at) {
    throw new MalformedBytes(`commit ${lsn} does not continue its log`);
  }
  if (op.kind === 'trim' && entry.durable === undefined) {
    throw new MalformedBytes(`commit ${lsn} trims no log`);
  }
  const head = table.headAfter(entry.durable, op, lsn);
  const records = 'records' in op && op.records.bytes > 0 ? op.records : undefined;
  entry.latest = head;
  entry.latestLsn = lsn;
  table.makeDurable({ entry, head, records }, lsn);
}
