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
  StreamChange,
  StreamState,
} from '../../protocol/state.ts';

// How states and changes stand on disk. Numbers here never change meaning: docs/disk-format.md.
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
//   change   = 0x01 flags:u8 atMs:varint [streamSeq:text] [producer] [evicted:text]   written
//            | 0x02 leaseUntilMs:varint                                               renewed
//            | 0x03 fork added | 0x04 fork removed | 0x05 soft-deleted
//            | 0x06 text:text                                                         replaced

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

function encodeProducer({ id, epoch, seq }: ProducerTuple, out: ByteWriter): void {
  out.text(id);
  out.varint(epoch);
  out.varint(seq);
}

function decodeProducer(from: ByteReader): ProducerTuple {
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

const WRITTEN = 0x01;
const RENEWED = 0x02;
const FORK_ADDED = 0x03;
const FORK_REMOVED = 0x04;
const DELETED_SOFTLY = 0x05;
const REPLACED = 0x06;

const WITH_SEQ = 0x01;
const WITH_PRODUCER = 0x02;
const WITH_EVICTED = 0x04;
const CLOSES = 0x08;

export function encodeChange(change: StreamChange, out: ByteWriter): void {
  switch (change.kind) {
    case 'written': {
      const { streamSeq, producer, evicted } = change;
      out.u8(WRITTEN);
      out.u8(
        (streamSeq === undefined ? 0 : WITH_SEQ) |
          (producer === undefined ? 0 : WITH_PRODUCER) |
          (evicted === undefined ? 0 : WITH_EVICTED) |
          (change.closes ? CLOSES : 0),
      );
      out.varint(change.atMs);
      if (streamSeq !== undefined) out.text(streamSeq);
      if (producer !== undefined) encodeProducer(producer, out);
      if (evicted !== undefined) out.text(evicted);
      return;
    }
    case 'renewed':
      out.u8(RENEWED);
      out.varint(change.leaseUntilMs);
      return;
    case 'fork-added':
      out.u8(FORK_ADDED);
      return;
    case 'fork-removed':
      out.u8(FORK_REMOVED);
      return;
    case 'soft-deleted':
      out.u8(DELETED_SOFTLY);
      return;
    case 'replaced':
      out.u8(REPLACED);
      out.text(change.text);
      return;
  }
}

export function decodeChange(from: ByteReader): StreamChange {
  const kind = from.u8();
  switch (kind) {
    case WRITTEN: {
      const flags = from.u8();
      const atMs = from.varint();
      return {
        kind: 'written',
        atMs,
        streamSeq: flags & WITH_SEQ ? from.text() : undefined,
        producer: flags & WITH_PRODUCER ? decodeProducer(from) : undefined,
        evicted: flags & WITH_EVICTED ? from.text() : undefined,
        closes: (flags & CLOSES) !== 0,
      };
    }
    case RENEWED:
      return { kind: 'renewed', leaseUntilMs: from.varint() };
    case FORK_ADDED:
      return { kind: 'fork-added' };
    case FORK_REMOVED:
      return { kind: 'fork-removed' };
    case DELETED_SOFTLY:
      return { kind: 'soft-deleted' };
    case REPLACED:
      return { kind: 'replaced', text: from.text() };
    default:
      throw new MalformedBytes(`change of unknown kind ${kind}`);
  }
}
