import { crc32 } from '../../../lib/crc32.ts';
import { readU64, writeU64, type Lsn } from './frame.ts';

// A segment is a file of frames behind a header:
//
//   at  size
//    0   8    "MILLWAL1"
//    8   4    crc32 of bytes 12 to 39
//   12   4    salt of the frames' checksums: `segmentSalt`
//   16   8    number of the segment, as in its name
//   24   8    log sequence number that the first frame begins with
//   32   8    the folder's identity
//   40  24    zeros
//
// The header is on disk before the file gets its name, so under its name a bad header is damage.

export const SEGMENT_HEADER_BYTES = 64;

const MAGIC = Buffer.from('MILLWAL1');

export interface SegmentHeader {
  readonly salt: number;
  readonly number: number;
  readonly firstLsn: Lsn;
  readonly folderId: number;
}

/**
 * A salt for every life of a file. What a power loss made of one life may hold whole frames whose
 * sequence numbers were given again: in the next life they must not pass for frames of it.
 */
export function segmentSalt(folderSalt: number, number: number): number {
  const bytes = Buffer.alloc(8);
  writeU64(bytes, number, 0);
  return crc32(bytes, folderSalt);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(header.salt, 12);
  writeU64(bytes, header.number, 16);
  writeU64(bytes, header.firstLsn, 24);
  writeU64(bytes, header.folderId, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(12, 40)), 8);
  return bytes;
}

export function parseSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(8) !== crc32(bytes.subarray(12, 40))) return undefined;
  return {
    salt: bytes.readUInt32LE(12),
    number: readU64(bytes, 16),
    firstLsn: readU64(bytes, 24),
    folderId: readU64(bytes, 32),
  };
}

const NAME = /^(\d{16})\.wal$/;

export function segmentName(number: number): string {
  return `${String(number).padStart(16, '0')}.wal`;
}

/** The number in a segment's name; undefined for files that are no segment. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A file on its way to become a segment. What a crash leaves of it is worthless. */
export const SPARE_NAME = 'spare.tmp';
