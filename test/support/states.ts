import { CowMap } from '../../src/lib/cow-map.ts';
import { isContentType, type ContentType } from '../../src/protocol/content-type.ts';
import type { Head } from '../../src/protocol/head.ts';
import { position, START } from '../../src/protocol/offset.ts';
import type { Records } from '../../src/protocol/records.ts';
import type { CreateRequest, RawHeaders, WriteRequest } from '../../src/protocol/request.ts';
import type { ProducerState, StreamChange, StreamState } from '../../src/protocol/state.ts';

/** The time at which tests of the rules take place. */
export const NOW_MS = Date.UTC(2026, 0, 1);

export function contentType(text: string): ContentType {
  if (!isContentType(text)) throw new Error(`not a content type: ${text}`);
  return text;
}

export const TEXT = contentType('text/plain');
export const JSON_TYPE = contentType('application/json');

/** An open stream of plain text without anything special. */
export function streamState(special: Partial<StreamState> = {}): StreamState {
  return {
    kind: 'stream',
    contentType: TEXT,
    createdAtMs: NOW_MS,
    lastWriteAtMs: NOW_MS,
    expiry: { kind: 'never' },
    leaseUntilMs: 0,
    closed: false,
    closedBy: undefined,
    streamSeq: undefined,
    producers: CowMap.empty(),
    fork: undefined,
    forkCount: 0,
    softDeleted: false,
    ...special,
  };
}

/** A write without anything special. */
export function writtenAt(atMs: number): Extract<StreamChange, { kind: 'written' }> {
  return {
    kind: 'written',
    atMs,
    streamSeq: undefined,
    producer: undefined,
    evicted: undefined,
    closes: false,
  };
}

/** A head of a hundred bytes. */
export function headOf(state: StreamState, tail = 100): Head {
  return { incarnation: 'life.1', start: START, tail: position(tail), state };
}

export function producersOf(known: Readonly<Record<string, ProducerState>>): CowMap<ProducerState> {
  let producers = CowMap.empty<ProducerState>();
  for (const [id, state] of Object.entries(known)) producers = producers.with(id, state);
  return producers;
}

/** One record for each text. */
export function records(...texts: readonly string[]): Records {
  const parts = texts.map((text) => Buffer.from(text));
  return { bytes: Buffer.concat(parts), lengths: parts.map((part) => part.length) };
}

/** A POST of plain text without anything special. */
export function writeRequest(special: Partial<WriteRequest> = {}): WriteRequest {
  return {
    contentType: TEXT,
    closes: false,
    streamSeq: undefined,
    producer: undefined,
    ifMatch: undefined,
    ...special,
  };
}

/** A PUT of plain text without anything special. */
export function createRequest(special: Partial<CreateRequest> = {}): CreateRequest {
  return {
    ...writeRequest(),
    ifNoneMatch: undefined,
    expiry: undefined,
    fork: undefined,
    ...special,
  };
}

/** The headers of a request that has only these. */
export function rawHeaders(given: Partial<RawHeaders> = {}): RawHeaders {
  return {
    contentType: undefined,
    streamClosed: undefined,
    streamSeq: undefined,
    streamTtl: undefined,
    streamExpiresAt: undefined,
    streamForkedFrom: undefined,
    streamForkOffset: undefined,
    streamForkSubOffset: undefined,
    producerId: undefined,
    producerEpoch: undefined,
    producerSeq: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    ...given,
  };
}
