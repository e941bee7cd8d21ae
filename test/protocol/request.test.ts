import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOffset, position } from '../../src/protocol/offset.ts';
import {
  parseAppend,
  parseCreate,
  parseRead,
  type CreateRequest,
  type RawHeaders,
} from '../../src/protocol/request.ts';
import { createRequest, rawHeaders, writeRequest } from '../support/states.ts';

const BARE = { contentType: undefined };
const NOT_INTEGERS = [
  '',
  ' ',
  '-1',
  '+1',
  '01',
  '00',
  '1.0',
  '1.5',
  '1e3',
  '0x10',
  ' 1',
  '1 ',
  '1,2',
  'one',
  '١',
  'NaN',
  'Infinity',
  '9007199254740992',
  '99999999999999999',
];

/** The request that a PUT with these headers makes. */
function created(given: Partial<RawHeaders>): CreateRequest {
  const parsed = parseCreate(rawHeaders(given));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusal));
  return parsed.value;
}

/** The header that a PUT with these headers is refused for. */
function refusedFor(given: Partial<RawHeaders>): string | undefined {
  const parsed = parseCreate(rawHeaders(given));
  if (parsed.ok || parsed.refusal.code !== 'invalid-header') return undefined;
  expect(parsed.refusal.reason).not.toBe('');
  return parsed.refusal.header;
}

describe('a write without any headers', () => {
  it('asks for nothing special', () => {
    expect(parseAppend(rawHeaders())).toEqual({ ok: true, value: writeRequest(BARE) });
    expect(parseCreate(rawHeaders())).toEqual({ ok: true, value: createRequest(BARE) });
  });
});

describe('the headers of every write', () => {
  const WRITES: readonly { given: Partial<RawHeaders>; header: string }[] = [
    { given: { contentType: 'text' }, header: 'Content-Type' },
    { given: { streamSeq: '' }, header: 'Stream-Seq' },
    { given: { producerId: 'p' }, header: 'Producer-Epoch' },
    { given: { ifMatch: 'x' }, header: 'If-Match' },
  ];
  it.each(WRITES)('are judged alike in a PUT and a POST: $header', ({ given, header }) => {
    expect(refusedFor(given)).toBe(header);
    expect(parseAppend(rawHeaders(given))).toMatchObject({
      ok: false,
      refusal: { code: 'invalid-header', header },
    });
  });

  it('leave those of a PUT alone in a POST', () => {
    const given = { streamTtl: 'x', streamForkedFrom: '', ifNoneMatch: 'x' };
    expect(parseAppend(rawHeaders(given)).ok).toBe(true);
  });
});

describe('Content-Type', () => {
  it('is kept as it was written', () => {
    const contentType = 'Text/Plain; charset="UTF-8"';
    expect(created({ contentType }).contentType).toBe(contentType);
  });

  it('is as absent when it is empty', () => {
    expect(created({ contentType: '' }).contentType).toBe(undefined);
  });

  it.each(['text', 'text/plain, text/html', 'a/b\r\nc: d', `a/${'b'.repeat(300)}`])(
    'is refused: %j',
    (contentType) => {
      expect(refusedFor({ contentType })).toBe('Content-Type');
    },
  );
});

describe('Stream-Closed', () => {
  it.each(['true', 'TRUE', 'True', 'tRuE'])('closes when it is %j', (streamClosed) => {
    expect(created({ streamClosed }).closes).toBe(true);
  });

  it.each(['', 'false', 'yes', '1', ' true', 'true ', 'true, true', 'truE!'])(
    'is as absent when it is %j',
    (streamClosed) => {
      expect(created({ streamClosed }).closes).toBe(false);
    },
  );
});

describe('Stream-Seq', () => {
  it.each(['0', 'a', '2026-01-01T00:00:00Z', '\xe9', 'x'.repeat(256)])('may be %j', (streamSeq) => {
    expect(created({ streamSeq }).streamSeq).toBe(streamSeq);
  });

  it.each(['', 'x'.repeat(257)])('is refused: %j', (streamSeq) => {
    expect(refusedFor({ streamSeq })).toBe('Stream-Seq');
  });
});

describe('the producer headers', () => {
  const ALL = { producerId: 'p', producerEpoch: '2', producerSeq: '7' };

  it('name one request of a producer', () => {
    expect(created(ALL).producer).toEqual({ id: 'p', epoch: 2, seq: 7 });
  });

  it('go together or not at all', () => {
    const keys = ['producerId', 'producerEpoch', 'producerSeq'] as const;
    for (let set = 1; set < 7; set += 1) {
      const given = Object.fromEntries(
        keys.flatMap((key, bit) => ((set >> bit) & 1 ? [[key, ALL[key]]] : [])),
      );
      expect(refusedFor(given)).toMatch(/^Producer-/);
    }
  });

  it.each(['', 'x'.repeat(257)])('have an id of 1 to 256 bytes, not %j', (producerId) => {
    expect(refusedFor({ ...ALL, producerId })).toBe('Producer-Id');
    expect(created({ ...ALL, producerId: 'x'.repeat(256) }).producer?.id).toHaveLength(256);
  });

  it.each(NOT_INTEGERS)('have integers up to 2^53 - 1, not %j', (text) => {
    expect(refusedFor({ ...ALL, producerEpoch: text })).toBe('Producer-Epoch');
    expect(refusedFor({ ...ALL, producerSeq: text })).toBe('Producer-Seq');
  });

  it('may have any integer up to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (epoch, seq) => {
        const given = { ...ALL, producerEpoch: String(epoch), producerSeq: String(seq) };
        expect(created(given).producer).toEqual({ id: 'p', epoch, seq });
      }),
      { examples: [[Number.MAX_SAFE_INTEGER, 0]] },
    );
  });
});

describe('If-Match and If-None-Match', () => {
  it('are lists of entity tags', () => {
    expect(created({ ifMatch: '"a", W/"b"', ifNoneMatch: '*' })).toMatchObject({
      ifMatch: [
        { weak: false, tag: '"a"' },
        { weak: true, tag: '"b"' },
      ],
      ifNoneMatch: '*',
    });
  });

  it.each(['', 'a', '"a', '"a" "b"', '*, "a"'])('are refused: %j', (text) => {
    expect(refusedFor({ ifMatch: text })).toBe('If-Match');
    expect(refusedFor({ ifNoneMatch: text })).toBe('If-None-Match');
  });
});

describe('Stream-TTL', () => {
  it.each([0, 1, 3600, 31_536_000_000])('may be %d seconds', (seconds) => {
    expect(created({ streamTtl: String(seconds) }).expiry).toEqual({ kind: 'ttl', seconds });
  });

  it.each([...NOT_INTEGERS, '31536000001'])('is refused: %j', (streamTtl) => {
    expect(refusedFor({ streamTtl })).toBe('Stream-TTL');
  });

  it('excludes Stream-Expires-At', () => {
    const given = { streamTtl: '60', streamExpiresAt: '2030-01-01T00:00:00Z' };
    expect(refusedFor(given)).toBe('Stream-Expires-At');
  });
});

describe('Stream-Expires-At', () => {
  // RFC 3339, "Internet Date/Time Format".
  it.each([
    { text: '2030-01-02T03:04:05Z', atMs: Date.UTC(2030, 0, 2, 3, 4, 5) },
    { text: '2030-01-02t03:04:05z', atMs: Date.UTC(2030, 0, 2, 3, 4, 5) },
    { text: '2030-01-02T03:04:05.678Z', atMs: Date.UTC(2030, 0, 2, 3, 4, 5, 678) },
    { text: '2030-01-02T03:04:05.123456789Z', atMs: Date.UTC(2030, 0, 2, 3, 4, 5, 123) },
    { text: '2030-01-02T03:04:05.5Z', atMs: Date.UTC(2030, 0, 2, 3, 4, 5, 500) },
    { text: '2030-01-02T03:04:05+01:30', atMs: Date.UTC(2030, 0, 2, 1, 34, 5) },
    { text: '2030-01-02T03:04:05-00:00', atMs: Date.UTC(2030, 0, 2, 3, 4, 5) },
    { text: '2030-12-31T23:59:59-23:59', atMs: Date.UTC(2031, 0, 1, 23, 58, 59) },
    { text: '2028-02-29T00:00:00Z', atMs: Date.UTC(2028, 1, 29) },
    { text: '1969-12-31T23:59:59Z', atMs: 0 },
    { text: '0000-01-01T00:00:00Z', atMs: 0 },
  ])('may be $text', ({ text, atMs }) => {
    const { expiry } = created({ streamExpiresAt: text });
    expect(expiry).toEqual({ kind: 'at', atMs, text });
  });

  it('may be any instant, written as RFC 3339 has it', () => {
    const anyDate = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(anyDate, (date) => {
        const text = date.toISOString();
        const { expiry } = created({ streamExpiresAt: text });
        expect(expiry).toEqual({ kind: 'at', atMs: date.getTime(), text });
      }),
    );
  });

  it.each([
    '',
    'tomorrow',
    '1893456000',
    '2030-01-02',
    '2030-01-02T03:04:05',
    '2030-01-02 03:04:05Z',
    '2030-01-02T03:04Z',
    '2030-1-2T03:04:05Z',
    '30-01-02T03:04:05Z',
    '+02030-01-02T03:04:05Z',
    '2030-01-02T03:04:05.Z',
    '2030-01-02T03:04:05.1234567890Z',
    '2030-01-02T03:04:05+0130',
    '2030-01-02T03:04:05+01',
    '2030-01-02T03:04:05+24:00',
    '2030-01-02T03:04:05+01:60',
    '2030-00-02T03:04:05Z',
    '2030-13-02T03:04:05Z',
    '2030-01-00T03:04:05Z',
    '2030-01-32T03:04:05Z',
    '2030-02-29T03:04:05Z',
    '2030-02-30T03:04:05Z',
    '2030-04-31T03:04:05+05:00',
    '2030-01-02T24:00:00Z',
    '2030-01-02T25:04:05Z',
    '2030-01-02T03:60:05Z',
    '2030-01-02T03:04:61Z',
    ' 2030-01-02T03:04:05Z',
    '2030-01-02T03:04:05Z ',
    'Wed, 02 Jan 2030 03:04:05 GMT',
  ])('is refused: %j', (streamExpiresAt) => {
    expect(refusedFor({ streamExpiresAt })).toBe('Stream-Expires-At');
  });
});

describe('the fork headers', () => {
  const streamForkedFrom = '/v1/stream/source';
  const streamForkOffset = formatOffset(position(40));

  it.each([
    { given: {}, fork: { at: undefined, sub: 0 } },
    { given: { streamForkOffset }, fork: { at: 40, sub: 0 } },
    { given: { streamForkOffset, streamForkSubOffset: '3' }, fork: { at: 40, sub: 3 } },
    { given: { streamForkSubOffset: '0' }, fork: { at: undefined, sub: 0 } },
  ])('ask for a fork: $given', ({ given, fork }) => {
    expect(created({ streamForkedFrom, ...given }).fork).toEqual({
      sourcePath: streamForkedFrom,
      ...fork,
    });
  });

  it.each([
    { given: { streamForkOffset }, header: 'Stream-Fork-Offset' },
    { given: { streamForkSubOffset: '0' }, header: 'Stream-Fork-Sub-Offset' },
    { given: { streamForkedFrom: '' }, header: 'Stream-Forked-From' },
    { given: { streamForkedFrom, streamForkOffset: '' }, header: 'Stream-Fork-Offset' },
    { given: { streamForkedFrom, streamForkOffset: '-1' }, header: 'Stream-Fork-Offset' },
    { given: { streamForkedFrom, streamForkOffset: 'now' }, header: 'Stream-Fork-Offset' },
    { given: { streamForkedFrom, streamForkOffset: '40' }, header: 'Stream-Fork-Offset' },
    { given: { streamForkedFrom, streamForkSubOffset: '1' }, header: 'Stream-Fork-Sub-Offset' },
  ])('are refused for $header: $given', ({ given, header }) => {
    expect(refusedFor(given)).toBe(header);
  });

  it.each(NOT_INTEGERS)('have an integer as sub-offset, not %j', (streamForkSubOffset) => {
    const given = { streamForkedFrom, streamForkOffset, streamForkSubOffset };
    expect(refusedFor(given)).toBe('Stream-Fork-Sub-Offset');
  });
});

describe('the query of a read', () => {
  const offset = formatOffset(position(7));

  it.each([
    { query: '', read: { offset: { kind: 'start' } } },
    { query: 'offset=-1', read: { offset: { kind: 'start' } } },
    { query: 'offset=now', read: { offset: { kind: 'now' } } },
    { query: `offset=${offset}`, read: { offset: { kind: 'at', position: 7 } } },
    {
      query: `offset=${offset}&live=long-poll&cursor=5`,
      read: { offset: { kind: 'at', position: 7 }, live: 'long-poll', cursor: '5' },
    },
    { query: 'live=sse&offset=now', read: { offset: { kind: 'now' }, live: 'sse' } },
    { query: 'offset=%6Eow', read: { offset: { kind: 'now' } } },
    { query: 'offset=-1&cursor=', read: { offset: { kind: 'start' }, cursor: '' } },
    { query: 'offset=-1&x=1&x=2&Offset=9', read: { offset: { kind: 'start' } } },
    { query: 'x', read: { offset: { kind: 'start' } } },
  ])('is read: $query', ({ query, read }) => {
    expect(parseRead(query)).toEqual({
      ok: true,
      value: { live: undefined, cursor: undefined, ...read },
    });
  });

  it.each([
    { query: 'offset=', parameter: 'offset' },
    { query: 'offset', parameter: 'offset' },
    { query: 'offset=7', parameter: 'offset' },
    { query: 'offset=+now', parameter: 'offset' },
    { query: `offset=${offset}&offset=${offset}`, parameter: 'offset' },
    { query: 'offset=-1&live=', parameter: 'live' },
    { query: 'offset=-1&live=LONG-POLL', parameter: 'live' },
    { query: 'offset=-1&live=websocket', parameter: 'live' },
    { query: 'offset=-1&live=sse&live=sse', parameter: 'live' },
    { query: 'offset=-1&cursor=1&cursor=2', parameter: 'cursor' },
    { query: 'live=sse', parameter: 'offset' },
    { query: 'live=long-poll&cursor=3', parameter: 'offset' },
  ])('is refused for $parameter: $query', ({ query, parameter }) => {
    expect(parseRead(query)).toMatchObject({
      ok: false,
      refusal: { code: 'invalid-query', parameter },
    });
  });

  it('is answered or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.webQueryParameters(), (some, query) => {
        expect(typeof parseRead(some).ok).toBe('boolean');
        expect(typeof parseRead(query).ok).toBe('boolean');
      }),
    );
  });
});

describe('any headers at all', () => {
  it('are read or refused by name, and never throw', () => {
    const anyValue = fc.option(fc.oneof(fc.string(), fc.constantFrom('0', '*', 'true', '""')), {
      nil: undefined,
    });
    const keys = Object.keys(rawHeaders());
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: keys.length }), (values) => {
        const given = Object.fromEntries(keys.map((key, index) => [key, values[index]]));
        const parsed = parseCreate(rawHeaders(given));
        if (!parsed.ok) expect(parsed.refusal.code).toBe('invalid-header');
      }),
      { numRuns: 500 },
    );
  });
});
