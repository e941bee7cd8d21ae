import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { nextCursor } from '../../src/protocol/cursor.ts';
import { exchange } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import {
  append,
  createStream,
  eventually,
  expectProblem,
  metric,
  shareMillrace,
  named,
} from './support.ts';

const millrace = shareMillrace({ memory: true, longPollTimeoutMs: 50 });
const embedded = shareMillrace({ checkpointIntervalMs: 10 });

const PATH = '/v1/stream/offsets';
const START = '0000000000000000_0000000000000000';

beforeAll(async () => {
  await createStream(millrace.port, PATH, { body: 'kept' });
});

describe('H12: an offset that this server never answered', () => {
  it.each(
    named([
      '',
      '0',
      '1',
      '-0',
      '-2',
      '+1',
      '1e9',
      '0x0',
      '1.0',
      'NaN',
      'null',
      'undefined',
      'NOW',
      'Now',
      'now+',
      'now%00',
      '%20-1',
      '-1%20',
      '-1,-1',
      '-1%0d%0a',
      '-1%00',
      '../-1',
      '/',
      ',',
      '%00',
      '%ff',
      '9'.repeat(400),
      '9'.repeat(33),
      '0000000000000000-0000000000000000',
      '0000000000000000_000000000000000',
      '0000000000000000_00000000000000000',
      '0000000000000001_0000000000000000',
      '9999999999999999_9999999999999999',
      '0000000000000000_9999999999999999',
      '0000000000000000_-000000000000001',
      '0000000000000000_0000000000000x00',
      '0000000000000000_0000000000000000%0a',
      '0000000000000000_0000000000000000,0000000000000000_0000000000000000',
      '%D9%A00000000000000000_0000000000000000',
      '%EF%BC%90000000000000000_0000000000000000',
    ]),
  )('H12: %s is refused with 400 in every mode of reading', async (_name, offset) => {
    for (const live of ['', '&live=long-poll', '&live=sse']) {
      const target = `${PATH}?offset=${offset}${live}`;
      expectProblem(await exchange(millrace.port, { target }), 400);
    }
  });

  it('H12: is refused as the place to fork at', async () => {
    for (const offset of [
      '-1',
      'now',
      '0',
      '1e9',
      `${START}x`,
      '0000000000000000_0000000000000002',
    ]) {
      const fields = [`Stream-Forked-From: ${PATH}`, `Stream-Fork-Offset: ${offset}`];
      const target = '/v1/stream/forked';
      expectProblem(await exchange(millrace.port, { method: 'PUT', target, fields }), 400);
      expect((await exchange(millrace.port, { target })).status).toBe(404);
    }
  });

  it('H12: as a Last-Event-ID is read over', async () => {
    for (const id of ['-1', 'now', '', 'x', '9'.repeat(400), '../']) {
      const fields = [`Last-Event-ID: ${id}`];
      const reader = await SseReader.open(millrace.port, PATH, { fields });
      await reader.untilUpToDate();
      expect(reader.text).toBe('kept');
      reader.close();
    }
  });
});

describe('H12: an offset inside of what is stored', () => {
  it.each([
    ['in memory', millrace, 'text/plain', ['one ', 'two ', 'three ', 'four'].join('|')],
    ['on disk', embedded, 'text/plain', ['one ', 'two ', 'three ', 'four'].join('|')],
    ['of JSON in memory', millrace, 'application/json', '{"a":1}|[2]|"three"|4'],
    ['of JSON on disk', embedded, 'application/json', '{"a":1}|[2]|"three"|4'],
  ])('H12: %s reads from the beginning of the record it lies in', async (...row) => {
    const [, server, type, joined] = row;
    const path = `/v1/stream/inside-${type.length}`;
    const isJson = type === 'application/json';
    const records = joined.split('|');
    await createStream(server.port, path, { type });
    for (const record of records) {
      await append(server.port, path, isJson ? `[${record}]` : record, type);
    }
    // Both from the log's memory and, once that has been taken in, from the index.
    for (const isTakenIn of [false, true]) {
      if (isTakenIn)
        await eventually(async () => (await metric(server.port, 'millrace_unflushed_bytes')) === 0);
      let at = 0;
      for (const [index, record] of records.entries()) {
        const length = record.length + (isJson ? 1 : 0);
        const rest = isJson ? `[${records.slice(index).join(',')}]` : records.slice(index).join('');
        for (let inside = 0; inside < length; inside += 1) {
          const offset = `0000000000000000_${String(at + inside).padStart(16, '0')}`;
          const read = await exchange(server.port, { target: `${path}?offset=${offset}` });
          expect({ offset, body: read.body.toString() }).toEqual({ offset, body: rest });
        }
        at += length;
      }
    }
  });

  it('H12: beyond the tail reads as the tail', async () => {
    const offset = '0000000000000000_0000000999999999';
    const read = await exchange(millrace.port, { target: `${PATH}?offset=${offset}` });
    expect(read.body.toString()).toBe('');
    expect(read.headers.get('stream-next-offset')).toBe('0000000000000000_0000000000000004');
  });
});

describe('H12: a cursor that is none', () => {
  it.each(
    named([
      '',
      'x',
      '-1',
      '1.5',
      '1e9',
      '0x10',
      '%00',
      '%0d%0aX:1',
      '../',
      ' ',
      '9'.repeat(400),
      'NaN',
    ]),
  )('H12: %s is read over', async (_name, cursor) => {
    const target = `${PATH}?offset=now&live=long-poll&cursor=${encodeURI(cursor)}`;
    const poll = await exchange(millrace.port, { target });
    expect(poll.status).toBe(204);
    expect(poll.headers.get('stream-cursor')).toMatch(/^\d{1,15}$/);
    const query = encodeURI(cursor);
    const reader = await SseReader.open(millrace.port, PATH, { cursor: query });
    await reader.untilUpToDate();
    expect(reader.control?.streamCursor).toMatch(/^\d{1,15}$/);
    reader.close();
  });

  it('H12: twice is refused', async () => {
    const target = `${PATH}?offset=now&live=long-poll&cursor=1&cursor=2`;
    expectProblem(await exchange(millrace.port, { target }), 400, 'invalid-query');
  });
});

describe('H12: cursors', () => {
  /** Any that a client could have from this server, and far more. */
  const cursor = fc.oneof(
    fc.nat(),
    fc.nat(10 ** 9),
    fc.maxSafeNat().map((n) => n % 10 ** 14),
  );
  const nowMs = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('H12: never fall behind the one that the client came with', () => {
    fc.assert(
      fc.property(cursor, nowMs, random, (theirs, now, dice) => {
        expect(Number(nextCursor(String(theirs), now, dice))).toBeGreaterThan(theirs - 1);
      }),
    );
  });

  it('H12: move on when the client is where the clock is, or ahead of it', () => {
    fc.assert(
      fc.property(cursor, nowMs, random, (theirs, now, dice) => {
        const current = Number(nextCursor(undefined, now, dice));
        const ours = Number(nextCursor(String(theirs), now, dice));
        if (theirs >= current) expect(ours).toBeGreaterThan(theirs);
        else expect(ours).toBe(current);
      }),
    );
  });

  it('H12: of a client that comes again and again never go back, however the clock steps', () => {
    fc.assert(
      fc.property(cursor, fc.array(fc.tuple(nowMs, random), { maxLength: 50 }), (first, visits) => {
        let theirs = first;
        for (const [now, dice] of visits) {
          const ours = Number(nextCursor(String(theirs), now, dice));
          expect(ours).toBeGreaterThanOrEqual(theirs);
          // At most an hour of intervals ahead of both: it stays near the clock.
          const current = Number(nextCursor(undefined, now, dice));
          expect(ours).toBeLessThanOrEqual(Math.max(theirs, current) + 180);
          theirs = ours;
        }
      }),
    );
  });

  it('H12: of a client in a loop grow with every answer', async () => {
    let theirs = '0';
    for (let round = 0; round < 5; round += 1) {
      const target = `${PATH}?offset=${START}&live=long-poll&cursor=${theirs}`;
      const ours = (await exchange(millrace.port, { target })).headers.get('stream-cursor') ?? '';
      expect(Number(ours)).toBeGreaterThan(Number(theirs));
      theirs = ours;
    }
  });
});
