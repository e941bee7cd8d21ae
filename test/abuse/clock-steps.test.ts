import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OCTET_STREAM } from '../../src/protocol/content-type.ts';
import { expiresAtMs, isExpired, renewedLease } from '../../src/protocol/expiry.ts';
import { evolve, type LogState, type StreamState } from '../../src/protocol/state.ts';
import { clockedMillrace } from '../support/clocked-millrace.ts';
import { exchange } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import { streamState, writtenAt } from '../support/states.ts';
import { append, createStream, eventually, expectProblem, stateOf } from './support.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const STEPS = [
  ['an hour ahead', HOUR_MS],
  ['an hour back', -HOUR_MS],
  ['a year ahead', YEAR_MS],
  ['a year back', -YEAR_MS],
] as const;

const PATH = '/v1/stream/stepped';

describe.each(STEPS)('T1: the clock steps %s', (_case, stepMs) => {
  it('T1: and offsets, tags and producers go on as if nothing had happened', async () => {
    const { port, clock } = await clockedMillrace();
    await createStream(port, PATH);
    let last = '';
    for (let seq = 0; seq < 6; seq += 1) {
      const answer = await exchange(port, {
        method: 'POST',
        target: PATH,
        fields: [
          'Content-Type: text/plain',
          'Producer-Id: p',
          'Producer-Epoch: 0',
          `Producer-Seq: ${seq}`,
        ],
        body: `${seq};`,
      });
      expect(answer.status).toBe(200);
      const offset = answer.headers.get('stream-next-offset') ?? '';
      expect(offset > last).toBe(true);
      last = offset;
      // There and back, and there again.
      clock.step(seq % 2 === 0 ? stepMs : -stepMs);
    }
    expect(await stateOf(port, PATH)).toMatchObject({ offset: last, body: '0;1;2;3;4;5;' });
  });

  it('T1: and the cursors of a client that comes again never go back', async () => {
    const { port, clock } = await clockedMillrace({ longPollTimeoutMs: 1 });
    await createStream(port, PATH, { body: 'x' });
    let theirs = '';
    for (let round = 0; round < 6; round += 1) {
      const cursor = theirs === '' ? '' : `&cursor=${theirs}`;
      for (const offset of ['-1', 'now']) {
        const target = `${PATH}?offset=${offset}&live=long-poll${cursor}`;
        const ours = (await exchange(port, { target })).headers.get('stream-cursor') ?? '';
        expect(Number(ours)).toBeGreaterThanOrEqual(Number(theirs));
        theirs = ours;
      }
      clock.step(round % 2 === 0 ? stepMs : -stepMs);
    }
  });

  it('T1: and the cursors of one connection never go back', async () => {
    const { port, clock } = await clockedMillrace();
    await createStream(port, PATH);
    const reader = await SseReader.open(port, PATH);
    await reader.untilUpToDate();
    let last = Number(reader.control?.streamCursor);
    for (let round = 0; round < 6; round += 1) {
      clock.step(round % 2 === 0 ? stepMs : -stepMs);
      const { headers } = await append(port, PATH, 'x');
      await reader.until(({ offset }) => offset === headers.get('stream-next-offset'));
      const ours = Number(reader.control?.streamCursor);
      expect(ours).toBeGreaterThanOrEqual(last);
      last = ours;
    }
    reader.close();
  });

  it('T1: and live readers neither end nor starve: they wait by another clock', async () => {
    const { port, clock } = await clockedMillrace({ sseKeepAliveMs: 100 });
    await createStream(port, PATH);
    const reader = await SseReader.open(port, PATH);
    await reader.untilUpToDate();
    const poll = exchange(port, { target: `${PATH}?offset=-1&live=long-poll` });
    clock.step(stepMs);
    await reader.until(({ comments }) => comments.length > 0);
    await append(port, PATH, 'news');
    expect((await poll).body.toString()).toBe('news');
    await reader.until(({ text }) => text === 'news');
    reader.close();
  });

  it('T1: and a stream without an end stays', async () => {
    const { port, clock, sweep } = await clockedMillrace();
    await createStream(port, PATH, { body: 'kept' });
    clock.step(stepMs);
    await sweep();
    expect(await stateOf(port, PATH)).toMatchObject({ body: 'kept' });
  });
});

describe('T1: a TTL', () => {
  const TTL = ['Stream-TTL: 7200'];

  it('T1: is over when the clock says so, be it by a step ahead', async () => {
    const { port, clock, sweep } = await clockedMillrace();
    await createStream(port, PATH, { fields: TTL });
    clock.step(YEAR_MS);
    expectProblem(await exchange(port, { target: PATH }), 404, 'stream-not-found');
    await sweep();
    clock.step(-YEAR_MS);
    expectProblem(await exchange(port, { target: PATH }), 404, 'stream-not-found');
  });

  it('T1: that is over is not over any more when the clock steps back before anybody looked', async () => {
    const { port, clock } = await clockedMillrace();
    await createStream(port, PATH, { body: 'kept', fields: TTL });
    clock.step(YEAR_MS);
    clock.step(-YEAR_MS);
    expect(await stateOf(port, PATH)).toMatchObject({ body: 'kept' });
  });

  it('T1: is never shortened by a step back', async () => {
    const { port, clock, sweep } = await clockedMillrace();
    await createStream(port, PATH, { body: 'kept', fields: TTL });
    clock.step(-HOUR_MS);
    await append(port, PATH, '!');
    // 7199 seconds after the first write by the clock of then.
    clock.step(HOUR_MS + 7_199_000);
    await sweep();
    const head = await exchange(port, { method: 'HEAD', target: PATH });
    expect(head.status).toBe(200);
    clock.step(1000);
    expectProblem(await exchange(port, { target: PATH }), 404, 'stream-not-found');
  });

  it('T1: that a write has set by a clock that was ahead lasts until then', async () => {
    const { port, clock, sweep } = await clockedMillrace();
    await createStream(port, PATH, { body: 'kept', fields: TTL });
    clock.step(HOUR_MS);
    await append(port, PATH, '!');
    clock.step(-HOUR_MS);
    await append(port, PATH, '!');
    clock.step(7_200_000 + HOUR_MS - 1);
    await sweep();
    expect((await exchange(port, { method: 'HEAD', target: PATH })).status).toBe(200);
    clock.step(1);
    await sweep();
    expect((await exchange(port, { method: 'HEAD', target: PATH })).status).toBe(404);
  });

  it('T1: of a stream that is read lasts for that long after the read, and a tenth at most beyond', async () => {
    for (const [afterMs, status] of [
      [7_200_000 - 1, 200],
      [7_200_000 + 60_000, 404],
    ] as const) {
      const { port, clock, sweep } = await clockedMillrace();
      await createStream(port, PATH, { body: 'kept', fields: TTL });
      clock.step(HOUR_MS);
      await exchange(port, { target: PATH });
      clock.step(afterMs);
      await sweep();
      expect((await exchange(port, { method: 'HEAD', target: PATH })).status).toBe(status);
    }
  });

  it('T1: of a stream that somebody follows does not end under them, unless by a step', async () => {
    const { port, clock, sweep } = await clockedMillrace({ sseKeepAliveMs: 100 });
    await createStream(port, PATH, { fields: TTL });
    const reader = await SseReader.open(port, PATH);
    await reader.untilUpToDate();
    for (let hour = 0; hour < 5; hour += 1) {
      clock.step(HOUR_MS);
      const seen = reader.comments.length;
      // A reader counts as access at every tick, and comments come no oftener than those.
      await reader.until(({ comments }) => comments.length > seen + 3);
      await sweep();
      expect((await exchange(port, { method: 'HEAD', target: PATH })).status).toBe(200);
    }
    clock.step(YEAR_MS);
    await sweep();
    await reader.untilOver();
  });

  it('T1: as an expiry date is over at that date, wherever the clock has been before', async () => {
    const { port, clock, sweep } = await clockedMillrace();
    const fields = ['Stream-Expires-At: 2030-01-01T01:00:00Z'];
    await createStream(port, PATH, { body: 'kept', fields });
    clock.step(-YEAR_MS);
    await append(port, PATH, '!');
    clock.step(YEAR_MS + HOUR_MS - 1);
    await sweep();
    expect(await stateOf(port, PATH)).toMatchObject({ body: 'kept!' });
    clock.step(1);
    expectProblem(await exchange(port, { target: PATH }), 404, 'stream-not-found');
    await eventually(async () => {
      await sweep();
      return (await exchange(port, { method: 'PUT', target: PATH })).status === 201;
    });
  });
});

describe('T1: the rule of expiry', () => {
  const TTL_SECONDS = 600;
  const fresh = (nowMs: number): StreamState =>
    streamState({
      contentType: OCTET_STREAM,
      createdAtMs: nowMs,
      lastWriteAtMs: nowMs,
      expiry: { kind: 'ttl', seconds: TTL_SECONDS },
    });
  const written = (state: LogState, atMs: number): LogState => evolve(state, writtenAt(atMs));
  const touched = (state: LogState, nowMs: number): LogState => {
    const leaseUntilMs = state.kind === 'stream' ? renewedLease(state, nowMs) : undefined;
    return leaseUntilMs === undefined ? state : evolve(state, { kind: 'renewed', leaseUntilMs });
  };

  it('T1: never brings an end forward, and covers a full TTL from every write and read', () => {
    const event = fc.record({
      isRead: fc.boolean(),
      atMs: fc.integer({ min: 0, max: 2 * YEAR_MS }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let state: LogState = fresh(YEAR_MS);
        for (const { isRead, atMs } of events) {
          const before = expiresAtMs(state) ?? 0;
          state = isRead ? touched(state, atMs) : written(state, atMs);
          const after = expiresAtMs(state) ?? 0;
          expect(after).toBeGreaterThanOrEqual(before);
          expect(after).toBeGreaterThanOrEqual(atMs + TTL_SECONDS * 1000);
          expect(isExpired(state, after - 1)).toBe(false);
          expect(isExpired(state, after)).toBe(true);
        }
        const latest = Math.max(YEAR_MS, ...events.map(({ atMs }) => atMs));
        expect(expiresAtMs(state)).toBeLessThanOrEqual(latest + TTL_SECONDS * 1100);
      }),
    );
  });
});
