import { MalformedBytes } from '../../../lib/byte-reader.ts';
import { position, type Position } from '../../../protocol/offset.ts';
import type { LogState } from '../../../protocol/state.ts';
import { DataCorrupt } from '../../port.ts';
import { decodeState, encodeState } from '../codec.ts';
import type { RecordBytes, RecordPlace } from '../record-bytes.ts';
import type { Lsn } from '../wal/frame.ts';
import { checked, verify } from './checked.ts';

// The index's values, each behind a crc32 of the rest.
//
//   meta  = format:varint folderId:varint salt:varint appliedLsn:varint highLsn:varint
//           nextLogId:varint
//   head  = logId:varint start:varint tail:varint version:varint
//           lastChunkAt:varint lastChunkBytes:varint state
//   chunk = count:varint length:varint × count, bytes
//   reap  = before:varint            tombstone = version:varint

const FORMAT = 2;

/** What the index says of itself and of the log. */
export interface Meta {
  readonly folderId: number;
  readonly salt: number;
  /** Every commit up to this one is in the index. */
  readonly appliedLsn: Lsn;
  /** No commit above this one is. */
  readonly highLsn: Lsn;
  readonly nextLogId: number;
}

/** A head as the index keeps it. */
export interface StoredLog {
  readonly id: number;
  readonly start: Position;
  readonly tail: Position;
  readonly version: Lsn;
  /** The chunk that the next records may join. */
  readonly lastChunkAt: Position;
  readonly lastChunkBytes: number;
  readonly state: LogState;
}

const HEAD_BYTES_USUAL = 256;

export function encodeMeta(meta: Meta): Buffer {
  return checked(64, (out) => {
    out.varint(FORMAT);
    out.varint(meta.folderId);
    out.varint(meta.salt);
    out.varint(meta.appliedLsn);
    out.varint(meta.highLsn);
    out.varint(meta.nextLogId);
  });
}

export function decodeMeta(value: Buffer): Meta {
  const from = verify(value);
  const format = from.varint();
  if (format !== FORMAT) throw new MalformedBytes(`format ${format} is not ${FORMAT}`);
  return {
    folderId: from.varint(),
    salt: from.varint(),
    appliedLsn: from.varint(),
    highLsn: from.varint(),
    nextLogId: from.varint(),
  };
}

export function encodeHead(log: StoredLog): Buffer {
  return checked(HEAD_BYTES_USUAL, (out) => {
    out.varint(log.id);
    out.varint(log.start);
    out.varint(log.tail);
    out.varint(log.version);
    out.varint(log.lastChunkAt);
    out.varint(log.lastChunkBytes);
    encodeState(log.state, out);
  });
}

export function decodeHead(value: Buffer): StoredLog {
  const from = verify(value);
  return {
    id: from.varint(),
    start: position(from.varint()),
    tail: position(from.varint()),
    version: from.varint(),
    lastChunkAt: position(from.varint()),
    lastChunkBytes: from.varint(),
    state: decodeState(from),
  };
}

/** The head that the index has for a name. */
export function headIn(value: Buffer, name: string): StoredLog {
  try {
    return decodeHead(value);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new DataCorrupt(`the head of ${JSON.stringify(name)}: ${error.message}`, name);
  }
}

export function encodeChunk(records: readonly RecordPlace[]): Buffer {
  const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
  return checked(16 + records.length * 4 + bytes, (out) => {
    out.varint(records.length);
    for (const record of records) out.varint(record.bytes);
    for (const record of records) out.copyFrom(record.source, record.from, record.bytes);
  });
}

export function decodeChunk(value: Buffer): RecordBytes {
  const from = verify(value);
  const lengths: number[] = [];
  let bytes = 0;
  for (let left = from.varint(); left > 0; left -= 1) {
    const length = from.varint();
    lengths.push(length);
    bytes += length;
  }
  return { source: value, from: from.skip(bytes), bytes, lengths };
}

export function encodeNumber(number: number): Buffer {
  return checked(16, (out) => {
    out.varint(number);
  });
}

export function decodeNumber(value: Buffer): number {
  return verify(value).varint();
}
