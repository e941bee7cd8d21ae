import { crc32 } from '../../../lib/crc32.ts';

// A frame is one group of commits: what one write carries and one sync acknowledges.
//
//   at  size
//    0   4    magic "MRGF"
//    4   4    crc32, seeded with the folder's salt, of everything from byte 8 to the frame's end
//    8   4    length of the body in bytes
//   12   4    number of commits
//   16   8    log sequence number of the first commit; the others follow by one
//   24   8    highest log sequence number that was synced when this frame was written
//   32   …    body: per commit, length:u32 and its ops
//
// A frame without a body stands for commits that were refused: their numbers are not given again,
// or a version that somebody still holds would come to mean another commit.
//
// A segment is reused without being wiped, so a frame of its former life may follow the last valid
// one: its sequence number, inside the checksum, is too low and gives it away. The salt keeps bytes
// that a client chose from passing for a frame.

export const FRAME_HEADER_BYTES = 32;

const MAGIC = 0x4647524d;
const CHECKED_FROM = 8;

/** Log sequence number: commits are counted from 1, without a gap but for those of repairs. */
export type Lsn = number;

export interface FrameHeader {
  readonly bodyBytes: number;
  readonly commits: number;
  readonly firstLsn: Lsn;
  readonly syncedLsn: Lsn;
}

/** A frame for commits that were refused. */
export function voidFrame(header: Omit<FrameHeader, 'bodyBytes'>, salt: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  sealFrame([frame], { ...header, bodyBytes: 0 }, salt);
  return frame;
}

/** Completes a frame whose first region begins with room for the header. */
export function sealFrame(regions: readonly Buffer[], header: FrameHeader, salt: number): void {
  const [first] = regions;
  if (first === undefined) return;
  first.writeUInt32LE(MAGIC, 0);
  first.writeUInt32LE(header.bodyBytes, 8);
  first.writeUInt32LE(header.commits, 12);
  writeU64(first, header.firstLsn, 16);
  writeU64(first, header.syncedLsn, 24);
  let sum = crc32(first.subarray(CHECKED_FROM), salt);
  for (const region of regions.slice(1)) sum = crc32(region, sum);
  first.writeUInt32LE(sum, 4);
}

/** What stands at `at` as a frame's header, be it one or not; undefined when none fits there. */
function readHeader(bytes: Buffer, at: number): FrameHeader | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return undefined;
  const bodyBytes = bytes.readUInt32LE(at + 8);
  if (at + FRAME_HEADER_BYTES + bodyBytes > bytes.length) return undefined;
  return {
    bodyBytes,
    commits: bytes.readUInt32LE(at + 12),
    firstLsn: readU64(bytes, at + 16),
    syncedLsn: readU64(bytes, at + 24),
  };
}

/** Whether the bytes at `at`, be they a frame or not, are the beginning of one for this commit. */
export function claimsToBeFrame(bytes: Buffer, at: number, lsn: Lsn): boolean {
  if (at + FRAME_HEADER_BYTES > bytes.length) return at < bytes.length;
  return bytes.readUInt32LE(at) === MAGIC && bytes.readUInt32LE(at + 16) === lsn % 2 ** 32;
}

/** The frame at `at`, or undefined when the bytes there are no whole, unharmed frame. */
export function parseFrame(bytes: Buffer, at: number, salt: number): FrameHeader | undefined {
  const header = readHeader(bytes, at);
  if (header === undefined) return undefined;
  const end = at + FRAME_HEADER_BYTES + header.bodyBytes;
  const sum = crc32(bytes.subarray(at + CHECKED_FROM, end), salt);
  return sum === bytes.readUInt32LE(at + 4) ? header : undefined;
}

const MAGIC_BYTES = Buffer.from('MRGF');

/**
 * The next place at or after `from` where a whole frame stands, wherever its bytes begin. Only what
 * is `wanted` by its header is summed up.
 */
export function findFrame(
  bytes: Buffer,
  from: number,
  salt: number,
  wanted: (header: FrameHeader) => boolean = () => true,
): { at: number; header: FrameHeader } | undefined {
  for (
    let at = bytes.indexOf(MAGIC_BYTES, from);
    at >= 0;
    at = bytes.indexOf(MAGIC_BYTES, at + 1)
  ) {
    const claimed = readHeader(bytes, at);
    if (claimed === undefined || !wanted(claimed)) continue;
    const header = parseFrame(bytes, at, salt);
    if (header !== undefined) return { at, header };
  }
  return undefined;
}

export function writeU64(into: Buffer, value: number, at: number): void {
  into.writeUInt32LE(value % 2 ** 32, at);
  into.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

export function readU64(from: Buffer, at: number): number {
  return from.readUInt32LE(at) + from.readUInt32LE(at + 4) * 2 ** 32;
}
