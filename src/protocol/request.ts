import { isContentType, type ContentType } from './content-type.ts';
import { parseDateTime } from './date-time.ts';
import { parseTagList, type TagList } from './etag.ts';
import { parseOffset, type OffsetRequest, type Position } from './offset.ts';
import { invalidQuery, parseQuery } from './query.ts';
import type { Refusal } from './refusal.ts';
import type { Expiry, ProducerTuple } from './state.ts';

/** The protocol's request headers as they came, each undefined when absent. */
export interface RawHeaders {
  contentType: string | undefined;
  streamClosed: string | undefined;
  streamSeq: string | undefined;
  streamTtl: string | undefined;
  streamExpiresAt: string | undefined;
  streamForkedFrom: string | undefined;
  streamForkOffset: string | undefined;
  streamForkSubOffset: string | undefined;
  producerId: string | undefined;
  producerEpoch: string | undefined;
  producerSeq: string | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
}

/** What every write may carry. */
export interface WriteRequest {
  readonly contentType: ContentType | undefined;
  readonly closes: boolean;
  readonly streamSeq: string | undefined;
  readonly producer: ProducerTuple | undefined;
  readonly ifMatch: TagList | undefined;
}

export interface ForkRequest {
  /** The source's URL path, still percent-encoded. */
  readonly sourcePath: string;
  /** Undefined: the source's tail. */
  readonly at: Position | undefined;
  readonly sub: number;
}

export interface CreateRequest extends WriteRequest {
  readonly ifNoneMatch: TagList | undefined;
  /** Undefined: never, or what a fork inherits. */
  readonly expiry: Expiry | undefined;
  readonly fork: ForkRequest | undefined;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

const TEXT_LENGTH_MAX = 256;
const INTEGER = /^(?:0|[1-9]\d{0,15})$/;

/** Any of this ends a parse; `parsing` turns it into a refusal. Never leaves this file. */
class Invalid extends Error {
  readonly refusal: Refusal;
  constructor(header: string, reason: string) {
    super(reason);
    this.refusal = { code: 'invalid-header', header, reason };
  }
}

function parsing<T>(parse: () => T): Parsed<T> {
  try {
    return { ok: true, value: parse() };
  } catch (error) {
    if (error instanceof Invalid) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

export function parseAppend(raw: RawHeaders): Parsed<WriteRequest> {
  return parsing(() => write(raw));
}

export function parseCreate(raw: RawHeaders): Parsed<CreateRequest> {
  return parsing(() => ({
    ...write(raw),
    ifNoneMatch: tagList('If-None-Match', raw.ifNoneMatch),
    expiry: expiry(raw),
    fork: fork(raw),
  }));
}

function write(raw: RawHeaders): WriteRequest {
  return {
    contentType: contentType(raw.contentType),
    closes: isTrue(raw.streamClosed),
    streamSeq: text('Stream-Seq', raw.streamSeq),
    producer: producer(raw),
    ifMatch: tagList('If-Match', raw.ifMatch),
  };
}

/** Only `true`, in any case, closes; anything else is as absent (protocol, "4.1. Stream Closure"). */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && (value === 'true' || value.toLowerCase() === 'true');
}

function contentType(value: string | undefined): ContentType | undefined {
  if (value === undefined || value === '') return undefined;
  if (!isContentType(value)) throw new Invalid('Content-Type', 'not a media type');
  return value;
}

function text(header: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === '') throw new Invalid(header, 'must not be empty');
  if (value.length > TEXT_LENGTH_MAX) {
    throw new Invalid(header, `must be at most ${TEXT_LENGTH_MAX} bytes`);
  }
  return value;
}

function integer(header: string, value: string): number {
  const number = INTEGER.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) {
    throw new Invalid(header, 'must be an integer from 0 to 2^53 - 1 without leading zeros');
  }
  return number;
}

function producer(raw: RawHeaders): ProducerTuple | undefined {
  const { producerId, producerEpoch, producerSeq } = raw;
  if (producerId === undefined && producerEpoch === undefined && producerSeq === undefined) {
    return undefined;
  }
  const together = 'Producer-Id, Producer-Epoch and Producer-Seq go together';
  const id = text('Producer-Id', producerId);
  if (id === undefined) throw new Invalid('Producer-Id', together);
  if (producerEpoch === undefined) throw new Invalid('Producer-Epoch', together);
  if (producerSeq === undefined) throw new Invalid('Producer-Seq', together);
  return {
    id,
    epoch: integer('Producer-Epoch', producerEpoch),
    seq: integer('Producer-Seq', producerSeq),
  };
}

function tagList(header: string, value: string | undefined): TagList | undefined {
  if (value === undefined) return undefined;
  const list = parseTagList(value);
  if (list === undefined) throw new Invalid(header, 'must be * or a list of quoted entity tags');
  return list;
}

// A TTL beyond a thousand years would overflow dates for no one's benefit.
const TTL_SECONDS_MAX = 31_536_000_000;

function expiry(raw: RawHeaders): Expiry | undefined {
  const { streamTtl, streamExpiresAt } = raw;
  if (streamTtl !== undefined && streamExpiresAt !== undefined) {
    throw new Invalid('Stream-Expires-At', 'cannot be combined with Stream-TTL');
  }
  if (streamTtl !== undefined) {
    const seconds = integer('Stream-TTL', streamTtl);
    if (seconds > TTL_SECONDS_MAX) {
      throw new Invalid('Stream-TTL', `must be at most ${TTL_SECONDS_MAX} seconds`);
    }
    return { kind: 'ttl', seconds };
  }
  if (streamExpiresAt === undefined) return undefined;
  const atMs = parseDateTime(streamExpiresAt);
  if (atMs === undefined) throw new Invalid('Stream-Expires-At', 'must be an RFC 3339 date-time');
  return { kind: 'at', atMs, text: streamExpiresAt };
}

function fork(raw: RawHeaders): ForkRequest | undefined {
  const { streamForkedFrom, streamForkOffset, streamForkSubOffset } = raw;
  if (streamForkedFrom === undefined) {
    if (streamForkOffset !== undefined) {
      throw new Invalid('Stream-Fork-Offset', 'needs Stream-Forked-From');
    }
    if (streamForkSubOffset !== undefined) {
      throw new Invalid('Stream-Fork-Sub-Offset', 'needs Stream-Forked-From');
    }
    return undefined;
  }
  if (streamForkedFrom === '') throw new Invalid('Stream-Forked-From', 'must not be empty');
  const sub =
    streamForkSubOffset === undefined ? 0 : integer('Stream-Fork-Sub-Offset', streamForkSubOffset);
  const at = streamForkOffset === undefined ? undefined : forkOffset(streamForkOffset);
  if (sub > 0 && at === undefined) {
    throw new Invalid('Stream-Fork-Sub-Offset', 'needs an explicit Stream-Fork-Offset');
  }
  return { sourcePath: streamForkedFrom, at, sub };
}

function forkOffset(value: string): Position {
  const parsed = parseOffset(value);
  if (parsed?.kind !== 'at') {
    throw new Invalid('Stream-Fork-Offset', 'must be an offset that this server answered');
  }
  return parsed.position;
}

export type LiveMode = 'long-poll' | 'sse';

export interface ReadRequest {
  readonly offset: OffsetRequest;
  readonly live: LiveMode | undefined;
  readonly cursor: string | undefined;
}

/** The query of a read (protocol, "5.6." to "5.8."). A cursor that is no cursor is as absent. */
export function parseRead(query: string): Parsed<ReadRequest> {
  const parsed = parseQuery(query, ['offset', 'live', 'cursor'], 'cursor');
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  const live = values.get('live');
  if (live !== undefined && live !== 'long-poll' && live !== 'sse') {
    return invalidQuery('live', 'must be long-poll or sse');
  }
  const written = values.get('offset');
  if (written === undefined && live !== undefined) {
    return invalidQuery('offset', `is required with live=${live}`);
  }
  const offset = parseOffset(written ?? '-1');
  if (offset === undefined) {
    return invalidQuery('offset', 'must be -1, now, or an offset that this server answered');
  }
  return { ok: true, value: { offset, live, cursor: values.get('cursor') } };
}
