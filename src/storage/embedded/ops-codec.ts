import { MalformedBytes, type ByteReader } from '../../lib/byte-reader.ts';
import type { ByteWriter } from '../../lib/byte-writer.ts';
import { position, type Position } from '../../protocol/offset.ts';
import type { LogState, StreamChange } from '../../protocol/state.ts';
import type { Op } from '../port.ts';
import { decodeChange, encodeChange } from './change-codec.ts';
import { decodeState, encodeState } from './codec.ts';
import { decodeMessageOp, MESSAGE_OPS_FROM, type LoggedMessageOp } from './messages/message-ops.ts';
import type { RecordBytes } from './record-bytes.ts';

// A commit in the write-ahead log: its ops, one after another, to the commit's end.
//
//   op      = kind:u8 name:text …
//   create  = 0x01 logId:varint start:varint state records
//   append  = 0x02 at:varint change records          at: the tail that it was decided on
//   delete  = 0x03
//   trim    = 0x04 before:varint
//   kinds from 0x11 are ops on managed streams: messages/message-ops.ts
//   records = count:varint length:varint × count bytes

const CREATE = 0x01;
const APPEND = 0x02;
const DELETE = 0x03;
const TRIM = 0x04;

/** An op as the log keeps it: what replay needs, with what the engine minted. */
export type LoggedOp =
  | {
      readonly kind: 'create';
      readonly name: string;
      readonly logId: number;
      readonly start: Position;
      readonly state: LogState;
      readonly records: RecordBytes;
    }
  | {
      readonly kind: 'append';
      readonly name: string;
      readonly at: Position;
      readonly change: StreamChange;
      readonly records: RecordBytes;
    }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'trim'; readonly name: string; readonly before: Position };

const NUMBERS_BOUND = 64;
/** Names, types, tags and producer ids are bounded at the edge, far below this. */
const TEXTS_BOUND = 8192;
/** UTF-8 takes at most so many bytes for a unit of a JavaScript string. */
const UNIT_BYTES_MAX = 3;

/** At least as many bytes as the logged forms of these ops will take. */
export function boundOf(ops: readonly Op[]): number {
  let bound = 0;
  for (const op of ops) {
    bound += NUMBERS_BOUND + TEXTS_BOUND;
    bound += documentLength(op) * UNIT_BYTES_MAX;
    if ('records' in op) bound += op.records.bytes.length + op.records.lengths.length * 8;
  }
  return bound;
}

function documentLength(op: Op): number {
  if (op.kind === 'create' && op.state.kind === 'document') return op.state.text.length;
  return op.kind === 'append' && op.change.kind === 'replaced' ? op.change.text.length : 0;
}

/** Writes the op and answers with the records where they now lie. */
export function encodeOp(op: LoggedOp, out: ByteWriter): RecordBytes | undefined {
  switch (op.kind) {
    case 'create':
      out.u8(CREATE);
      out.text(op.name);
      out.varint(op.logId);
      out.varint(op.start);
      encodeState(op.state, out);
      return encodeRecords(op.records, out);
    case 'append':
      out.u8(APPEND);
      out.text(op.name);
      out.varint(op.at);
      encodeChange(op.change, out);
      return encodeRecords(op.records, out);
    case 'delete':
      out.u8(DELETE);
      out.text(op.name);
      return undefined;
    case 'trim':
      out.u8(TRIM);
      out.text(op.name);
      out.varint(op.before);
      return undefined;
  }
}

export function decodeOp(from: ByteReader): LoggedOp | LoggedMessageOp {
  const kind = from.u8();
  if (kind > MESSAGE_OPS_FROM) return decodeMessageOp(kind, from);
  const name = from.text();
  switch (kind) {
    case CREATE: {
      const logId = from.varint();
      const start = position(from.varint());
      const state = decodeState(from);
      return { kind: 'create', name, logId, start, state, records: decodeRecords(from) };
    }
    case APPEND: {
      const at = position(from.varint());
      const change = decodeChange(from);
      return { kind: 'append', name, at, change, records: decodeRecords(from) };
    }
    case DELETE:
      return { kind: 'delete', name };
    case TRIM:
      return { kind: 'trim', name, before: position(from.varint()) };
    default:
      throw new MalformedBytes(`op of unknown kind ${kind}`);
  }
}

function encodeRecords(records: RecordBytes, out: ByteWriter): RecordBytes | undefined {
  const { source, from, bytes, lengths } = records;
  out.varint(lengths.length);
  for (const length of lengths) out.varint(length);
  if (lengths.length === 0) return undefined;
  const at = out.length;
  out.copyFrom(source, from, bytes);
  return { source: out.buffer, from: at, bytes, lengths };
}

function decodeRecords(from: ByteReader): RecordBytes {
  const lengths: number[] = [];
  let bytes = 0;
  for (let left = from.varint(); left > 0; left -= 1) {
    const length = from.varint();
    lengths.push(length);
    bytes += length;
  }
  return { source: from.buffer, from: from.skip(bytes), bytes, lengths };
}
