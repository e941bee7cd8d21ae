import { describe, expect, it } from 'vitest';
import { decideCreate, tagOf, type CreateDecision } from '../../src/protocol/create.ts';
import { parseTagList } from '../../src/protocol/etag.ts';
import { position } from '../../src/protocol/offset.ts';
import type { CreateRequest } from '../../src/protocol/request.ts';
import type { Expiry, StreamState } from '../../src/protocol/state.ts';
import {
  contentType,
  createRequest,
  headOf,
  JSON_TYPE,
  NOW_MS,
  producersOf,
  streamState,
  TEXT,
} from '../support/states.ts';

const NEVER: Expiry = { kind: 'never' };
const TTL: Expiry = { kind: 'ttl', seconds: 60 };
const OTHER_TTL: Expiry = { kind: 'ttl', seconds: 61 };
const AT: Expiry = { kind: 'at', atMs: NOW_MS + 5000, text: '2026-01-01T00:00:05Z' };
const SAME_AT: Expiry = { kind: 'at', atMs: NOW_MS + 5000, text: '2026-01-01T01:00:05+01:00' };
const OTHER_AT: Expiry = { kind: 'at', atMs: NOW_MS + 5001, text: '2026-01-01T00:00:05.001Z' };

function create(state: StreamState | undefined, request: CreateRequest): CreateDecision {
  return decideCreate(state && headOf(state), undefined, request, NOW_MS);
}

/** What the request becomes, in a word: the refusal's code, or `create` or `exists`. */
function codeOf(decision: CreateDecision): string {
  return decision.kind === 'refused' ? decision.refusal.code : decision.kind;
}

function created(decision: CreateDecision): StreamState {
  if (decision.kind !== 'create') throw new Error(`not created but ${codeOf(decision)}`);
  return decision.state;
}

describe('a PUT where nothing is', () => {
  it('creates an open stream of bytes that never expires', () => {
    const decision = create(undefined, createRequest({ contentType: undefined }));
    expect(decision).toEqual({
      kind: 'create',
      state: streamState({ contentType: contentType('application/octet-stream') }),
      start: 0,
    });
  });

  it('creates it as the request says', () => {
    const producer = { id: 'p', epoch: 3, seq: 0 };
    const request = createRequest({
      contentType: JSON_TYPE,
      closes: true,
      streamSeq: '5',
      expiry: TTL,
      producer,
    });
    expect(created(create(undefined, request))).toEqual(
      streamState({
        contentType: JSON_TYPE,
        closed: true,
        closedBy: producer,
        streamSeq: '5',
        expiry: TTL,
        producers: producersOf({ p: { epoch: 3, seq: 0, lastWriteAtMs: NOW_MS } }),
      }),
    );
  });

  it('lets no producer begin with a later sequence', () => {
    const request = createRequest({ producer: { id: 'p', epoch: 0, seq: 1 } });
    expect(create(undefined, request)).toEqual({
      kind: 'refused',
      refusal: { code: 'producer-gap', expected: 0, received: 1 },
    });
  });

  it.each([
    { ifMatch: '*', code: 'precondition-failed' },
    { ifMatch: '"life.1:100"', code: 'precondition-failed' },
    { ifNoneMatch: '*', code: 'create' },
    { ifNoneMatch: '"life.1:100"', code: 'create' },
  ])('with If-Match $ifMatch, If-None-Match $ifNoneMatch: $code', (given) => {
    const request = createRequest({
      ifMatch: given.ifMatch === undefined ? undefined : parseTagList(given.ifMatch),
      ifNoneMatch: given.ifNoneMatch === undefined ? undefined : parseTagList(given.ifNoneMatch),
    });
    expect(codeOf(create(undefined, request))).toBe(given.code);
  });
});

describe('a PUT where something was', () => {
  const expired = { expiry: { kind: 'at', atMs: NOW_MS, text: '' } } as const;

  it.each([
    { was: 'has expired', state: streamState(expired), code: 'create' },
    {
      was: 'has expired and has forks',
      state: streamState({ ...expired, forkCount: 1 }),
      code: 'path-held-by-forks',
    },
    {
      was: 'is deleted and has forks',
      state: streamState({ softDeleted: true, forkCount: 1 }),
      code: 'path-held-by-forks',
    },
  ])('that $was: $code', ({ state, code }) => {
    expect(codeOf(create(state, createRequest()))).toBe(code);
    const unless = createRequest({ ifNoneMatch: '*' });
    expect(codeOf(create(state, unless))).toBe(code);
    expect(codeOf(create(state, createRequest({ ifMatch: '*' })))).toBe('precondition-failed');
  });
});

describe('a PUT where a stream is', () => {
  const producer = { id: 'p', epoch: 9, seq: 9 };

  it.each([
    { same: 'that says the same', state: {}, request: {} },
    {
      same: 'with other parameters of the content type',
      state: {},
      request: { contentType: contentType('TEXT/plain;charset=utf-8') },
    },
    { same: 'that closes a closed one', state: { closed: true }, request: { closes: true } },
    { same: 'of the same TTL', state: { expiry: TTL }, request: { expiry: TTL } },
    {
      same: 'of the same expiry, written in another way',
      state: { expiry: AT },
      request: { expiry: SAME_AT },
    },
    { same: 'with another Stream-Seq', state: { streamSeq: '9' }, request: { streamSeq: '1' } },
    { same: 'with any producer', state: {}, request: { producer } },
    {
      same: 'without a content type, of bytes',
      state: { contentType: contentType('application/octet-stream') },
      request: { contentType: undefined },
    },
  ])('$same succeeds and changes nothing', ({ state, request }) => {
    const stands = streamState(state);
    expect(create(stands, createRequest(request))).toEqual({ kind: 'exists', state: stands });
  });

  it.each([
    { what: 'content type', state: {}, request: { contentType: JSON_TYPE } },
    { what: 'content type', state: {}, request: { contentType: undefined } },
    { what: 'closed state', state: {}, request: { closes: true } },
    { what: 'closed state', state: { closed: true }, request: {} },
    { what: 'time to live', state: {}, request: { expiry: TTL } },
    { what: 'time to live', state: {}, request: { expiry: AT } },
    { what: 'time to live', state: { expiry: TTL }, request: {} },
    { what: 'time to live', state: { expiry: TTL }, request: { expiry: OTHER_TTL } },
    { what: 'time to live', state: { expiry: TTL }, request: { expiry: AT } },
    { what: 'time to live', state: { expiry: AT }, request: {} },
    { what: 'time to live', state: { expiry: AT }, request: { expiry: OTHER_AT } },
    { what: 'time to live', state: { expiry: AT }, request: { expiry: TTL } },
  ])('of another $what is refused: $state, $request', ({ what, state, request }) => {
    expect(create(streamState(state), createRequest(request))).toEqual({
      kind: 'refused',
      refusal: { code: 'stream-differs', what },
    });
  });

  const tag = tagOf(headOf(streamState()));
  it.each([
    { ifMatch: tag, code: 'exists' },
    { ifMatch: '*', code: 'exists' },
    { ifMatch: `W/${tag}`, code: 'precondition-failed' },
    { ifMatch: '"other"', code: 'precondition-failed' },
    { ifNoneMatch: '*', code: 'precondition-failed' },
    { ifNoneMatch: tag, code: 'precondition-failed' },
    { ifNoneMatch: `W/${tag}`, code: 'precondition-failed' },
    { ifNoneMatch: '"other"', code: 'exists' },
  ])('with If-Match $ifMatch, If-None-Match $ifNoneMatch: $code', (given) => {
    const request = createRequest({
      ifMatch: given.ifMatch === undefined ? undefined : parseTagList(given.ifMatch),
      ifNoneMatch: given.ifNoneMatch === undefined ? undefined : parseTagList(given.ifNoneMatch),
    });
    expect(codeOf(create(streamState(), request))).toBe(given.code);
    // The precondition is judged before the configurations are compared.
    const differing = { ...request, contentType: JSON_TYPE };
    const expected = given.code === 'exists' ? 'stream-differs' : given.code;
    expect(codeOf(create(streamState(), differing))).toBe(expected);
  });

  it('answers a failed precondition with the tag that stands', () => {
    const request = createRequest({ ifMatch: parseTagList('"other"') });
    expect(create(streamState(), request)).toEqual({
      kind: 'refused',
      refusal: { code: 'precondition-failed', tag },
    });
  });
});

describe('a fork', () => {
  const SOURCE = 's\0_\0source';
  const atTail = { sourcePath: '/v1/stream/source', at: undefined, sub: 0 };

  function fork(
    source: StreamState | undefined,
    special: Partial<CreateRequest> = {},
    at?: number,
  ): CreateDecision {
    const request = createRequest({ contentType: undefined, fork: atTail, ...special });
    const point = {
      sourceName: SOURCE,
      source: source && headOf(source),
      at: at === undefined ? undefined : position(at),
    };
    return decideCreate(undefined, point, request, NOW_MS);
  }

  it.each([
    { source: 'is not there', state: undefined, code: 'fork-source-not-found' },
    {
      source: 'has expired',
      state: streamState({ expiry: { kind: 'ttl', seconds: 0 } }),
      code: 'fork-source-not-found',
    },
    {
      source: 'has expired and has forks',
      state: streamState({ expiry: { kind: 'ttl', seconds: 0 }, forkCount: 1 }),
      code: 'fork-source-gone',
    },
    {
      source: 'is deleted and has forks',
      state: streamState({ softDeleted: true, forkCount: 1 }),
      code: 'fork-source-gone',
    },
    { source: 'is closed', state: streamState({ closed: true }), code: 'create' },
  ])('of a source that $source: $code', ({ state, code }) => {
    expect(codeOf(fork(state))).toBe(code);
  });

  it('begins where it branches off', () => {
    expect(fork(streamState(), {}, 40)).toMatchObject({ kind: 'create', start: 40 });
    expect(fork(streamState())).toMatchObject({ kind: 'create', start: 100 });
    expect(fork(streamState(), {}, 100)).toMatchObject({ kind: 'create', start: 100 });
    expect(codeOf(fork(streamState(), {}, 101))).toBe('fork-offset-invalid');
  });

  it('remembers what it was asked for', () => {
    const request = { sourcePath: '/v1/stream/source', at: position(40), sub: 7 };
    expect(created(fork(streamState(), { fork: request }, 47)).fork).toEqual({
      source: SOURCE,
      at: 47,
      requestedAt: 40,
      requestedSub: 7,
    });
  });

  it('begins open, with none of the writers and forks of its source', () => {
    const source = streamState({
      contentType: JSON_TYPE,
      closed: true,
      closedBy: { id: 'p', epoch: 0, seq: 1 },
      streamSeq: '7',
      producers: producersOf({ p: { epoch: 0, seq: 1, lastWriteAtMs: 5 } }),
      forkCount: 3,
      leaseUntilMs: NOW_MS + 10_000,
    });
    const state = created(fork(source));
    expect({ ...state, fork: undefined }).toEqual(streamState({ contentType: JSON_TYPE }));
  });

  it('has the content type of its source, and may only say so', () => {
    const source = streamState({ contentType: contentType('text/plain; charset=utf-8') });
    expect(created(fork(source)).contentType).toBe('text/plain; charset=utf-8');
    const said = fork(source, { contentType: TEXT });
    expect(created(said).contentType).toBe('text/plain; charset=utf-8');
    expect(fork(source, { contentType: JSON_TYPE })).toMatchObject({
      refusal: { code: 'content-type-differs' },
    });
  });

  // The table of protocol, "4.2. Stream forking", cell by cell.
  it.each([
    { source: NEVER, request: undefined, gets: NEVER },
    { source: NEVER, request: OTHER_TTL, gets: OTHER_TTL },
    { source: NEVER, request: OTHER_AT, gets: OTHER_AT },
    { source: TTL, request: undefined, gets: TTL },
    { source: TTL, request: OTHER_TTL, gets: OTHER_TTL },
    { source: TTL, request: OTHER_AT, gets: OTHER_AT },
    { source: AT, request: undefined, gets: AT },
    { source: AT, request: OTHER_TTL, gets: OTHER_TTL },
    { source: AT, request: OTHER_AT, gets: OTHER_AT },
  ])('of a source expiring $source.kind, asking for $request.kind, gets $gets', (cell) => {
    const state = created(fork(streamState({ expiry: cell.source }), { expiry: cell.request }));
    expect(state.expiry).toEqual(cell.gets);
    expect(state.lastWriteAtMs).toBe(NOW_MS);
  });

  describe('that is there already', () => {
    const origin = { source: SOURCE, at: position(40), requestedAt: undefined, requestedSub: 0 };
    const point = { sourceName: SOURCE, source: headOf(streamState()), at: undefined };
    const again = (
      state: Partial<StreamState>,
      special: Partial<CreateRequest>,
      from: typeof point | undefined = point,
    ): CreateDecision => {
      const head = headOf(streamState({ fork: origin, ...state }));
      const request = createRequest({ contentType: undefined, fork: atTail, ...special });
      return decideCreate(head, from, request, NOW_MS);
    };

    it.each([
      { same: 'the same', state: {}, request: {} },
      { same: 'the content type spelled out', state: {}, request: { contentType: TEXT } },
      { same: 'an inherited expiry left out', state: { expiry: TTL }, request: {} },
      { same: 'an inherited expiry spelled out', state: { expiry: TTL }, request: { expiry: TTL } },
      {
        same: 'where the tail was then, as an offset',
        state: {},
        request: { fork: { ...atTail, at: position(40) } },
      },
      {
        same: 'the same offset and sub-offset',
        state: { fork: { ...origin, requestedAt: position(30), requestedSub: 10 } },
        request: { fork: { ...atTail, at: position(30), sub: 10 } },
      },
    ])('is found again by $same', ({ state, request }) => {
      expect(codeOf(again(state, request))).toBe('exists');
    });

    it.each([
      { what: 'content type', state: {}, request: { contentType: JSON_TYPE } },
      { what: 'closed state', state: { closed: true }, request: {} },
      { what: 'time to live', state: { expiry: TTL }, request: { expiry: OTHER_TTL } },
      { what: 'fork offset', state: {}, request: { fork: { ...atTail, at: position(41) } } },
      {
        what: 'fork offset',
        state: {},
        request: { fork: { ...atTail, at: position(40), sub: 1 } },
      },
      {
        what: 'fork offset',
        state: { fork: { ...origin, requestedAt: position(30) } },
        request: {},
      },
      {
        what: 'fork source',
        state: { fork: { ...origin, source: 's\0_\0another' } },
        request: {},
      },
      { what: 'fork source', state: { fork: undefined }, request: { contentType: TEXT } },
    ])('differs by its $what: $state, $request', ({ what, state, request }) => {
      expect(again(state, request)).toEqual({
        kind: 'refused',
        refusal: { code: 'stream-differs', what },
      });
    });

    it('differs from a stream that is no fork', () => {
      const head = headOf(streamState({ fork: origin }));
      expect(decideCreate(head, undefined, createRequest(), NOW_MS)).toEqual({
        kind: 'refused',
        refusal: { code: 'stream-differs', what: 'fork source' },
      });
    });
  });
});
