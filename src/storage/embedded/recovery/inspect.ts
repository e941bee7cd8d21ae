import { dirname, join } from 'node:path';
import { MalformedBytes } from '../../../lib/byte-reader.ts';
import type { Files } from '../files.ts';
import type { Index } from '../index/index.ts';
import { META_KEY } from '../index/keys.ts';
import { decodeMeta, type Meta } from '../index/values.ts';
import {
  parseSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentNumber,
  type SegmentHeader,
} from '../wal/segment.ts';
import { FolderDamaged, type LogDamage } from './damage.ts';
import { judgeFolder, judgeSavable, type FolderVerdict } from './verdicts.ts';

export interface Segment {
  readonly path: string;
  readonly number: number;
  readonly header: SegmentHeader;
}

/** What is known of a folder before its log is replayed. */
export interface FolderContents {
  /** Undefined when the index is empty, and all is in the log. */
  readonly meta: Meta | undefined;
  /** The numbers of all segments that are there. */
  readonly numbers: readonly number[];
  /** Those that can be replayed one after another, as far as their headers tell. */
  readonly segments: readonly Segment[];
  /** Why there are no more of them. */
  readonly damage: LogDamage | undefined;
}

export function indexDirectoryOf(walDirectory: string): string {
  return join(dirname(walDirectory), 'index');
}

/** Looks at the folder; undefined for a new one. Refuses one of which nothing can be served. */
export async function inspectFolder(
  files: Files,
  index: Index,
  walDirectory: string,
): Promise<FolderContents | undefined> {
  const meta = readMeta(index, indexDirectoryOf(walDirectory));
  const { numbers, segments, damage } = await listSegments(files, walDirectory);
  const [first] = segments;
  if (meta !== undefined && first !== undefined && first.header.folderId !== meta.folderId) {
    throw new FolderDamaged(first.path, 32, 'belongs to another data folder');
  }
  if (meta === undefined && first === undefined && damage !== undefined) {
    throw new FolderDamaged(damage.file, damage.byte, damage.problem);
  }
  // A first segment whose header is damaged continues the index for all that can be known.
  const isUnreadable = meta !== undefined && first === undefined;
  const verdict = judgeFolder({
    hasMeta: meta !== undefined,
    hasSegments: numbers.length > 0,
    beginsAtFirst: first?.header.firstLsn === 1,
    meetsIndex: isUnreadable || (first?.header.firstLsn ?? Infinity) <= (meta?.appliedLsn ?? 0) + 1,
  });
  switch (judgeSavable(verdict)) {
    case 'nothing-yet':
      return undefined;
    case 'index-and-log':
      return { meta, numbers, segments, damage };
    case 'index':
      return { meta, numbers, segments: [], damage: missing(verdict, walDirectory, numbers) };
    case 'nothing': {
      const problem = 'the index is missing, and the log is younger';
      throw new FolderDamaged(indexDirectoryOf(walDirectory), undefined, problem);
    }
  }
}

function missing(
  verdict: FolderVerdict,
  walDirectory: string,
  numbers: readonly number[],
): LogDamage {
  const problem =
    verdict === 'log-lost'
      ? 'the log is missing, the index is not'
      : 'segments between index and log are missing';
  return { file: walDirectory, byte: undefined, problem, fromSegment: numbers[0] };
}

/** What the index says of itself; undefined for an empty one. */
function readMeta(index: Index, indexDirectory: string): Meta | undefined {
  const value = index.get(META_KEY);
  try {
    return value === undefined ? undefined : decodeMeta(value);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    const problem = `what the index says of itself: ${error.message}`;
    throw new FolderDamaged(indexDirectory, undefined, problem);
  }
}

async function listSegments(
  files: Files,
  directory: string,
): Promise<Omit<FolderContents, 'meta'>> {
  const numbers = await segmentNumbers(files, directory);
  const segments: Segment[] = [];
  for (const number of numbers) {
    const file = join(directory, segmentName(number));
    const header = await readHeader(files, file);
    const damage = judgeHeader(header, number, segments);
    if (damage !== undefined) {
      return { numbers, segments, damage: { ...damage, file, fromSegment: number } };
    }
    if (header !== undefined) segments.push({ path: file, number, header });
  }
  return { numbers, segments, damage: undefined };
}

/** What is wrong with a segment after these, as far as its header tells. */
function judgeHeader(
  header: SegmentHeader | undefined,
  number: number,
  before: readonly Segment[],
): Pick<LogDamage, 'byte' | 'problem'> | undefined {
  const [first] = before;
  const previous = before.at(-1);
  if (previous !== undefined && previous.number + 1 !== number) {
    return { byte: undefined, problem: 'the segment before this one is missing' };
  }
  if (header?.number !== number) return { byte: 0, problem: "the segment's header is damaged" };
  if (first !== undefined && first.header.folderId !== header.folderId) {
    return { byte: 32, problem: 'belongs to another data folder' };
  }
  return undefined;
}

/** The numbers of the segments in a folder, ascending. */
async function segmentNumbers(files: Files, directory: string): Promise<number[]> {
  const names = (await files.list(directory)) ?? [];
  return names.flatMap((name) => segmentNumber(name) ?? []).sort((one, other) => one - other);
}

async function readHeader(files: Files, path: string): Promise<SegmentHeader | undefined> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const file = await files.open(path);
  try {
    await file.read(bytes, 0);
  } finally {
    await file.close();
  }
  return parseSegmentHeader(bytes);
}
