import { MalformedBytes, type ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import type { ManagedConfig } from '../../../messages/config.ts';
import { decodeConfig, encodeConfig } from './config-codec.ts';
import { decodePlace, type MessagePlace } from './message-place.ts';

// Ops on managed streams in a commit of the write-ahead log, beside those on logs. All that a rule
// decided is written out, so that a replay decides nothing.
//
//   configure = 0x11 name birthId:varint storageId:varint atMs:varint config
//   publish   = 0x12 name flags:u8 atMs:varint [messageId:text] seqs [times:seqs] text × count
//               dropped:seqs
//   remove    = 0x13 name seqs
//   clear     = 0x14 name storageId:varint
//   drop      = 0x15 name
//   seqs      = count:varint delta:varint × count           ascending; each counted from the last
//
// Of a stream in memory a publish has no texts: its messages are not on disk, their sequences are.

export const MESSAGE_OPS_FROM = 0x10;

const CONFIGURE = 0x11;
const PUBLISH = 0x12;
const REMOVE = 0x13;
const CLEAR = 0x14;
const DROP = 0x15;

const WITH_ID = 0x01;
const WITHOUT_TEXTS = 0x02;
const WITH_TIMES = 0x04;

export type LoggedMessageOp =
  | {
      readonly kind: 'configure';
      readonly name: string;
      /** Under which a new stream's message ids are kept, and its messages; an old one has its own. */
      readonly birthId: number;
      readonly storageId: number;
      readonly atMs: number;
      readonly config: ManagedConfig;
    }
  | {
      readonly kind: 'publish';
      readonly name: string;
      readonly atMs: number;
      /** Of each message, where they did not all come at once. */
      readonly times: readonly number[];
      readonly messageId: string | undefined;
      readonly seqs: readonly number[];
      /** None of a stream in memory. */
      readonly messages: readonly MessagePlace[];
      readonly dropped: readonly number[];
    }
  | { readonly kind: 'remove'; readonly name: string; readonly seqs: readonly number[] }
  /** What is kept under the old id goes all at once. */
  | { readonly kind: 'clear'; readonly name: string; readonly storageId: number }
  | { readonly kind: 'drop'; readonly name: string };

const KINDS: ReadonlySet<string> = new Set(['configure', 'publish', 'remove', 'clear', 'drop']);

export function isMessageOp(op: { readonly kind: string }): op is LoggedMessageOp {
  return KINDS.has(op.kind);
}

type Plain = Exclude<LoggedMessageOp, { kind: 'publish' }>;

export function encodeMessageOp(op: Plain, out: ByteWriter): void {
  switch (op.kind) {
    case 'configure':
      out.u8(CONFIGURE);
      out.text(op.name);
      out.varint(op.birthId);
      out.varint(op.storageId);
      out.varint(op.atMs);
      encodeConfig(op.config, out);
      return;
    case 'remove':
      out.u8(REMOVE);
      out.text(op.name);
      encodeSeqs(op.seqs, out);
      return;
    case 'clear':
      out.u8(CLEAR);
      out.text(op.name);
      out.varint(op.storageId);
      return;
    case 'drop':
      out.u8(DROP);
      out.text(op.name);
      return;
  }
}

export interface PublishHead {
  readonly name: string;
  readonly atMs: number;
  readonly times: readonly number[];
  readonly messageId: string | undefined;
  readonly seqs: readonly number[];
  readonly hasTexts: boolean;
}

/** What comes before the messages' texts; what is dropped follows them. */
export function encodePublishHead(head: PublishHead, out: ByteWriter): void {
  out.u8(PUBLISH);
  out.text(head.name);
  out.u8(
    (head.messageId === undefined ? 0 : WITH_ID) |
      (head.hasTexts ? 0 : WITHOUT_TEXTS) |
      (head.times.length === 0 ? 0 : WITH_TIMES),
  );
  out.varint(head.atMs);
  if (head.messageId !== undefined) out.text(head.messageId);
  encodeSeqs(head.seqs, out);
  if (head.times.length > 0) encodeSeqs(head.times, out);
}

export function decodeMessageOp(kind: number, from: ByteReader): LoggedMessageOp {
  const name = from.text();
  switch (kind) {
    case CONFIGURE: {
      const birthId = from.varint();
      const storageId = from.varint();
      const atMs = from.varint();
      const config = decodeConfig(from);
      return { kind: 'configure', name, birthId, storageId, atMs, config };
    }
    case PUBLISH:
      return decodePublish(name, from);
    case REMOVE:
      return { kind: 'remove', name, seqs: decodeSeqs(from) };
    case CLEAR:
      return { kind: 'clear', name, storageId: from.varint() };
    case DROP:
      return { kind: 'drop', name };
    default:
      throw new MalformedBytes(`op of unknown kind ${kind}`);
  }
}

function decodePublish(name: string, from: ByteReader): LoggedMessageOp {
  const flags = from.u8();
  const atMs = from.varint();
  const messageId = flags & WITH_ID ? from.text() : undefined;
  const seqs = decodeSeqs(from);
  const hasTexts = (flags & WITHOUT_TEXTS) === 0;
  const times = flags & WITH_TIMES ? decodeSeqs(from) : [];
  const messages = hasTexts
    ? seqs.map((seq, index) => decodePlace(seq, times[index] ?? atMs, from))
    : [];
  const dropped = decodeSeqs(from);
  return { kind: 'publish', name, atMs, times, messageId, seqs, messages, dropped };
}

export function encodeSeqs(seqs: readonly number[], out: ByteWriter): void {
  out.varint(seqs.length);
  let last = 0;
  for (const seq of seqs) {
    out.varint(seq - last);
    last = seq;
  }
}

export function decodeSeqs(from: ByteReader): number[] {
  const seqs: number[] = [];
  let last = 0;
  for (let left = from.varint(); left > 0; left -= 1) {
    last += from.varint();
    seqs.push(last);
  }
  return seqs;
}

export function ascending(seqs: readonly number[]): number[] {
  return [...seqs].sort((one, other) => one - other);
}
