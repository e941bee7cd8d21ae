import { MalformedBytes, type ByteReader } from '../../lib/byte-reader.ts';
import type { ByteWriter } from '../../lib/byte-writer.ts';
import { CowMap } from '../../lib/cow-map.ts';
import { isContentType, type ContentType } from '../../protocol/content-type.ts';
import { position } from '../../protocol/offset.ts';
import type {
  Expiry,
  ForkOrigin,
  LogState,
  ProducerState,
  ProducerTuple,
  StreamState,
} from '../../protocol/state.ts';

// How states stand on disk. Numbers here never change meaning: docs/disk-format.md.
//
//   state    = 0x01 stream | 0x02 bucket | 0x03 document
//   bucket   = createdAtMs:varint
//   document = text:text
//   stream   = flags:u8 type createdAtMs:varint lastWriteAtMs:varint
//              leaseUntilMs:varint forkCount:varint
//              [ttlSeconds:varint] [expiresAtMs:varint text:text] [closedBy:producer]
//              [streamSeq:text] [fork] producers:varint { id:text epoch seq lastWriteAtMs }
//   type     = 0x00 text | 0x01 application/octet-stream | 0x02 application/json | 0x03 text/plain
//   fork     = source:text at:varint requested:varint(0 = the tail, else 1 + offset) sub:varint
//   producer = id:text epoch:varint seq:varint

const STREAM = 0x01;
const BUCKET = 0x02;
const DOCUMENT = 0x03;

const CLOSED = 0x01;
const CLOSED_BY = 0x02;
const STREAM_SEQ = 0x04;
const FORK = 0x08;
const SOFT_DELETED = 0x10;
const TTL = 0x20;
const EXPIRES_AT = 0x40;

export function encodeState(state: LogState, out: ByteWriter): void {
  if (state.kind === 'bucket') {
    out.u8(BUCKET);
    out.varint(state.createdAtMs);
    return;
  }
  if (state.kind === 'document') {
    out.u8(DOCUMENT);
    out.text(state.text);
    return;
  }
  const { expiry, closedBy, streamSeq, fork } = state;
  out.u8(STREAM);
  out.u8(
    (state.closed ? CLOSED : 0) |
      (closedBy === undefined ? 0 : CLOSED_BY) |
      (streamSeq === undefined ? 0 : STREAM_SEQ) |
      (fork === undefined ? 0 : FORK) |
      (state.softDeleted ? SOFT_DELETED : 0) |
      (expiry.kind === 'ttl' ? TTL : 0) |
      (expiry.kind === 'at' ? EXPIRES_AT : 0),
  );
  encodeContentType(state.contentType, out);
  out.varint(state.createdAtMs);
  out.varint(state.lastWriteAtMs);
  out.varint(state.leaseUntilMs);
  out.varint(state.forkCount);
  if (expiry.kind === 'ttl') out.varint(expiry.seconds);
  if (expiry.kind === 'at') {
    out.varint(expiry.atMs);
    out.text(expiry.text);
  }
  if (closedBy !== undefined) encodeProducer(closedBy, out);
  if (streamSeq !== undefined) out.text(streamSeq);
  if (fork !== undefined) encodeFork(fork, out);
  out.varint(state.producers.size);
  for (const [id, { epoch, seq, lastWriteAtMs }] of state.producers.entries()) {
    encodeProducer({ id, epoch, seq }, out);
    out.varint(lastWriteAtMs);
  }
}

export function decodeState(from: ByteReader): LogState {
  const kind = from.u8();
  if (kind === BUCKET) return { kind: 'bucket', createdAtMs: from.varint() };
  if (kind === DOCUMENT) return { kind: 'document', text: from.text() };
  if (kind !== STREAM) throw new MalformedBytes(`state of unknown kind ${kind}`);
  return decodeStream(from);
}

function decodeStream(from: ByteReader): StreamState {
  const flags = from.u8();
  const contentType = decodeContentType(from);
  const createdAtMs = from.varint();
  const lastWriteAtMs = from.varint();
  const leaseUntilMs = from.varint();
  const forkCount = from.varint();
  const expiry = decodeExpiry(flags, from);
  const closedBy = flags & CLOSED_BY ? decodeProducer(from) : undefined;
  const streamSeq = flags & STREAM_SEQ ? from.text() : undefined;
  const fork = flags & FORK ? decodeFork(from) : undefined;
  let producers = CowMap.empty<ProducerState>();
  for (let left = from.varint(); left > 0; left -= 1) {
    const { id, epoch, seq } = decodeProducer(from);
    producers = producers.with(id, { epoch, seq, lastWriteAtMs: from.varint() });
  }
  return {
    kind: 'stream',
    contentType,
    createdAtMs,
    lastWriteAtMs,
    expiry,
    leaseUntilMs,
    closed: (flags & CLOSED) !== 0,
    closedBy,
    streamSeq,
    producers,
    fork,
    forkCount,
    softDeleted: (flags & SOFT_DELETED) !== 0,
  };
}

// The types that nearly all streams have take a byte; a million idle streams are a million heads.
const COMMON_TYPES = ['application/octet-stream', 'application/json', 'text/plain'];

function encodeContentType(type: ContentType, out: ByteWriter): void {
  const common = COMMON_TYPES.indexOf(type);
  out.u8(common + 1);
  if (common < 0) out.text(type);
}

function decodeContentType(from: ByteReader): ContentType {
  const code = from.u8();
  const type = code === 0 ? from.text() : COMMON_TYPES[code - 1];
  if (type === undefined || !isContentType(type)) throw new MalformedBytes('not a content type');
  return type;
}

function decodeExpiry(flags: number, from: ByteReader): Expiry {
  if (flags & TTL) return { kind: 'ttl', seconds: from.varint() };
  if (flags & EXPIRES_AT) return { kind: 'at', atMs: from.varint(), text: from.text() };
  return { kind: 'never' };
}

export function encodeProducer({ id, epoch, seq }: ProducerTuple, out: ByteWriter): void {
  out.text(id);
  out.varint(epoch);
  out.varint(seq);
}

export function decodeProducer(from: ByteReader): ProducerTuple {
  return { id: from.text(), epoch: from.varint(), seq: from.varint() };
}

function encodeFork(fork: ForkOrigin, out: ByteWriter): void {
  out.text(fork.source);
  out.varint(fork.at);
  out.varint(fork.requestedAt === undefined ? 0 : fork.requestedAt + 1);
  out.varint(fork.requestedSub);
}

function decodeFork(from: ByteReader): ForkOrigin {
  const source = from.text();
  const at = position(from.varint());
  const requested = from.varint();
  return {
    source,
    at,
    requestedAt: requested === 0 ? undefined : position(requested - 1),
    requestedSub: from.varint(),
  };
}
