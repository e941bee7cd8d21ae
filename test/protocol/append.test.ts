import { describe, expect, it } from 'vitest';
import { decideAppend, type AppendDecision } from '../../src/protocol/append.ts';
import { parseTagList, stateTag } from '../../src/protocol/etag.ts';
import { NO_RECORDS } from '../../src/protocol/records.ts';
import type { WriteRequest } from '../../src/protocol/request.ts';
import { evolve, type StreamState } from '../../src/protocol/state.ts';
import {
  contentType,
  headOf,
  JSON_TYPE,
  NOW_MS,
  producersOf,
  records,
  streamState,
  TEXT,
  writeRequest,
} from '../support/states.ts';

const LIMITS = { producersMax: 2, producerIdleMs: 1000 };
const DATA = records('hello');
const PRODUCER = { epoch: 1, seq: 4, lastWriteAtMs: NOW_MS };

function append(
  state: StreamState | undefined,
  request: WriteRequest,
  what = DATA,
): AppendDecision {
  const head = state && headOf(state);
  return decideAppend(head, request, what, NOW_MS, LIMITS);
}

function codeOf(decision: AppendDecision): string {
  return decision.kind === 'refused' ? decision.refusal.code : decision.kind;
}

describe('the order in which the checks of an append win', () => {
  // Each fault is one reason for a refusal; with several at once the first in this list decides.
  const state = streamState({
    streamSeq: 'm',
    producers: producersOf({ p: PRODUCER }),
    closedBy: { id: 'other', epoch: 0, seq: 0 },
  });
  const FAULTS: readonly {
    code: string;
    state?: Partial<StreamState>;
    request?: Partial<WriteRequest>;
  }[] = [
    { code: 'stream-closed', state: { closed: true } },
    { code: 'content-type-differs', request: { contentType: JSON_TYPE } },
    { code: 'producer-gap', request: { producer: { id: 'p', epoch: 1, seq: 9 } } },
    { code: 'precondition-failed', request: { ifMatch: [{ weak: false, tag: '"other"' }] } },
    { code: 'stream-seq-regressed', request: { streamSeq: 'a' } },
  ];
  const subsets = Array.from({ length: 2 ** FAULTS.length - 1 }, (_, index) =>
    FAULTS.filter((_fault, bit) => ((index + 1) >> bit) & 1),
  );

  it.each(subsets.map((faults) => ({ faults, names: faults.map(({ code }) => code).join(', ') })))(
    'is kept for: $names',
    ({ faults }) => {
      const faulty = faults.reduce((whole, fault) => ({ ...whole, ...fault.state }), state);
      const request = faults.reduce(
        (whole, fault) => ({ ...whole, ...fault.request }),
        writeRequest(),
      );
      expect(codeOf(append(faulty, request))).toBe(faults[0]?.code);
    },
  );

  it.each([
    { verdict: 'producer-fenced', epoch: 0, seq: 5 },
    { verdict: 'producer-gap', epoch: 1, seq: 6 },
    { verdict: 'producer-epoch-must-start-at-zero', epoch: 2, seq: 1 },
    { verdict: 'duplicate', epoch: 1, seq: 4 },
    { verdict: 'duplicate', epoch: 1, seq: 0 },
  ])('puts $verdict (epoch $epoch, sequence $seq) before the later ones', (cell) => {
    const { verdict, epoch, seq } = cell;
    const request = writeRequest({
      producer: { id: 'p', epoch, seq },
      ifMatch: [{ weak: false, tag: '"other"' }],
      streamSeq: 'a',
    });
    expect(codeOf(append(state, request))).toBe(verdict);
  });
});

describe('an append to a stream that is not open', () => {
  const expired = { expiry: { kind: 'at', atMs: NOW_MS, text: 'now' } } as const;

  it.each([
    { name: 'was never there', state: undefined, code: 'stream-not-found' },
    { name: 'has expired', state: streamState(expired), code: 'stream-not-found' },
    {
      name: 'has expired and has forks',
      state: streamState({ ...expired, forkCount: 1 }),
      code: 'stream-gone',
    },
    {
      name: 'is deleted and has forks',
      state: streamState({ softDeleted: true, forkCount: 1 }),
      code: 'stream-gone',
    },
    { name: 'is closed', state: streamState({ closed: true }), code: 'stream-closed' },
  ])('$name: $code', ({ state, code }) => {
    expect(codeOf(append(state, writeRequest()))).toBe(code);
  });

  it('is told where a closed stream ends', () => {
    expect(append(streamState({ closed: true }), writeRequest())).toEqual({
      kind: 'refused',
      refusal: { code: 'stream-closed', tail: 100 },
    });
  });

  it('is nothing but a bucket', () => {
    const head = { ...headOf(streamState()), state: { kind: 'bucket', createdAtMs: 0 } as const };
    const decision = decideAppend(head, writeRequest(), DATA, NOW_MS, LIMITS);
    expect(codeOf(decision)).toBe('stream-not-found');
  });
});

describe('on a closed stream', () => {
  const closedBy = { id: 'p', epoch: 1, seq: 4 };
  const byProducer = streamState({ closed: true, closedBy });
  const plainly = streamState({ closed: true });

  it.each([
    { what: 'a bare close', request: { closes: true }, data: false, answer: 'closed-already' },
    { what: 'a close with data', request: { closes: true }, data: true, answer: 'stream-closed' },
    { what: 'data', request: {}, data: true, answer: 'stream-closed' },
    { what: 'nothing', request: {}, data: false, answer: 'stream-closed' },
    {
      what: 'a bare close of another media type',
      request: { closes: true, contentType: JSON_TYPE },
      data: false,
      answer: 'closed-already',
    },
  ])('$what is answered $answer', ({ request, data, answer }) => {
    const what = data ? DATA : NO_RECORDS;
    expect(codeOf(append(plainly, writeRequest(request), what))).toBe(answer);
    expect(codeOf(append(byProducer, writeRequest(request), what))).toBe(answer);
  });

  it.each([true, false])('the request that closed it succeeds again, with data: %s', (data) => {
    const request = writeRequest({ closes: true, producer: closedBy });
    expect(append(byProducer, request, data ? DATA : NO_RECORDS)).toEqual({
      kind: 'duplicate',
      epoch: 1,
      highestSeq: 4,
      tail: 100,
      closed: true,
    });
  });

  it.each([
    { id: 'q', epoch: 1, seq: 4 },
    { id: 'p', epoch: 0, seq: 4 },
    { id: 'p', epoch: 2, seq: 0 },
    { id: 'p', epoch: 1, seq: 3 },
    { id: 'p', epoch: 1, seq: 5 },
  ])('$id, epoch $epoch, sequence $seq with data is refused', (producer) => {
    const request = writeRequest({ closes: true, producer });
    expect(codeOf(append(byProducer, request))).toBe('stream-closed');
    expect(codeOf(append(plainly, request))).toBe('stream-closed');
  });
});

describe('an append to an open stream', () => {
  it('without data and without closing is refused', () => {
    expect(codeOf(append(streamState(), writeRequest(), NO_RECORDS))).toBe('empty-append');
  });

  it('of data without a content type is refused', () => {
    const request = writeRequest({ contentType: undefined });
    expect(codeOf(append(streamState(), request))).toBe('content-type-missing');
  });

  it('is compared by media type, whatever the parameters', () => {
    const request = writeRequest({ contentType: contentType('Text/PLAIN; charset=utf-8') });
    expect(codeOf(append(streamState(), request))).toBe('write');
  });

  it.each([undefined, JSON_TYPE])('that only closes may carry any content type: %s', (type) => {
    const request = writeRequest({ contentType: type, closes: true });
    expect(codeOf(append(streamState(), request, NO_RECORDS))).toBe('write');
  });

  it('says all that it changes', () => {
    const producer = { id: 'p', epoch: 0, seq: 0 };
    const request = writeRequest({ streamSeq: '7', producer, closes: true });
    expect(append(streamState(), request)).toEqual({
      kind: 'write',
      change: {
        kind: 'written',
        atMs: NOW_MS,
        streamSeq: '7',
        producer,
        evicted: undefined,
        closes: true,
      },
    });
  });

  it.each([
    { last: undefined, next: '', written: true },
    { last: 'a', next: 'b', written: true },
    { last: 'a', next: 'a', written: false },
    { last: 'b', next: 'a', written: false },
    { last: '9', next: '10', written: false },
    { last: '09', next: '10', written: true },
    { last: 'a', next: 'B', written: false },
    { last: 'a', next: 'aa', written: true },
    { last: '\x7f', next: '\xe9', written: true },
  ])('with Stream-Seq $next after $last is written: $written', ({ last, next, written }) => {
    const decision = append(streamState({ streamSeq: last }), writeRequest({ streamSeq: next }));
    expect(codeOf(decision)).toBe(written ? 'write' : 'stream-seq-regressed');
  });

  it('may come without a Stream-Seq at any time', () => {
    expect(codeOf(append(streamState({ streamSeq: 'z' }), writeRequest()))).toBe('write');
  });

  it.each([
    { ifMatch: stateTag('life.1', headOf(streamState()).tail, false), holds: true },
    { ifMatch: '*', holds: true },
    { ifMatch: `"x", ${stateTag('life.1', headOf(streamState()).tail, false)}`, holds: true },
    { ifMatch: `W/${stateTag('life.1', headOf(streamState()).tail, false)}`, holds: false },
    { ifMatch: '"life.1:99"', holds: false },
    { ifMatch: '"life.2:100"', holds: false },
  ])('with If-Match $ifMatch is written: $holds', ({ ifMatch, holds }) => {
    const decision = append(streamState(), writeRequest({ ifMatch: parseTagList(ifMatch) }));
    expect(decision).toMatchObject(
      holds ? { kind: 'write' } : { refusal: { code: 'precondition-failed', tag: '"life.1:100"' } },
    );
  });
});

describe('producers of an open stream', () => {
  const full = streamState({
    producers: producersOf({
      young: { ...PRODUCER, lastWriteAtMs: NOW_MS - 10 },
      old: { ...PRODUCER, lastWriteAtMs: NOW_MS - 2000 },
    }),
  });
  const begins = writeRequest({ producer: { id: 'new', epoch: 0, seq: 0 } });

  it('that it has no room for take the place of the idlest one', () => {
    const decision = append(full, begins);
    expect(decision).toMatchObject({ kind: 'write', change: { evicted: 'old' } });
    if (decision.kind !== 'write') return;
    const after = evolve(full, decision.change);
    const producers = after.kind === 'stream' ? [...after.producers.entries()] : [];
    expect(producers.map(([id]) => id).sort()).toEqual(['new', 'young']);
  });

  it('that it has no room for are refused while all others are active', () => {
    const busy = streamState({ producers: producersOf({ a: PRODUCER, b: PRODUCER }) });
    expect(append(busy, begins)).toEqual({
      kind: 'refused',
      refusal: { code: 'too-many-producers', producersMax: 2 },
    });
  });

  it.each([
    {
      producer: { id: 'young', epoch: 0, seq: 0 },
      refusal: { code: 'producer-fenced', currentEpoch: 1 },
    },
    {
      producer: { id: 'young', epoch: 1, seq: 7 },
      refusal: { code: 'producer-gap', expected: 5, received: 7 },
    },
    {
      producer: { id: 'young', epoch: 2, seq: 7 },
      refusal: { code: 'producer-epoch-must-start-at-zero', received: 7 },
    },
    {
      producer: { id: 'new', epoch: 0, seq: 7 },
      refusal: { code: 'producer-gap', expected: 0, received: 7 },
    },
  ])('hear what is wrong with them: $refusal.code', ({ producer, refusal }) => {
    expect(append(full, writeRequest({ producer }))).toEqual({ kind: 'refused', refusal });
  });

  it('that retry hear what the stream has of them, and nothing is written', () => {
    const request = writeRequest({ producer: { id: 'young', epoch: 1, seq: 2 } });
    expect(append(full, request)).toEqual({
      kind: 'duplicate',
      epoch: 1,
      highestSeq: 4,
      tail: 100,
      closed: false,
    });
  });

  it('write with the media type of the stream, like everybody', () => {
    const request = writeRequest({ ...begins, contentType: JSON_TYPE });
    expect(append(full, request)).toMatchObject({
      refusal: { code: 'content-type-differs', expected: TEXT },
    });
  });
});
