import { describe, expect, test } from 'vitest';
import { EventStream } from '../../support/http/event-stream.ts';
import { freshName, serve } from '../../support/http/engines.ts';
import { holdClock } from '../../support/http/held-clock.ts';
import { until, untilSwept } from '../../support/http/until.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const SECOND_MS = 1000;
/** A read extends a sliding lifetime by up to a tenth more, so that the next reads cost nothing. */
const LEASE_STEP = 0.1;

describe.each(['embedded', 'memory'] as const)('traps of lifetimes, %s engine', (engine) => {
  const clock = holdClock();
  // What has expired is found for removal once a checkpoint has taken it in.
  const server = serve(engine, { checkpointIntervalMs: 50 });

  async function living(lifetime: Record<string, string>): Promise<string> {
    const path = `/demo/${freshName()}`;
    const created = await server.put(path, { headers: { ...TEXT, ...lifetime }, body: 'abc' });
    expect(created.status).toBe(201);
    return path;
  }

  async function isThere(path: string): Promise<boolean> {
    const { status } = await server.head(path);
    expect([200, 404]).toContain(status);
    return status === 200;
  }

  describe('trap 25: the grammar', () => {
    test.each(['+1', '-1', '01', '1.0', '1e3', '0x10', '', ' ', '1 s', '9007199254740992', 'ten'])(
      'Stream-TTL: "%s" is refused',
      async (ttl) => {
        const path = `/demo/${freshName()}`;
        const refused = await server.put(path, { headers: { 'Stream-TTL': ttl } });
        expect(refused.verdict).toBe('400 invalid-header');
        expect(await isThere(path)).toBe(false);
      },
    );

    test.each([
      'tomorrow',
      '2030-01-01',
      '2030-01-01T00:00:00',
      '2030-01-01 00:00:00Z',
      '2030-13-01T00:00:00Z',
      '2030-02-30T00:00:00Z',
      '2031-02-29T00:00:00Z',
      '2030-04-31T00:00:00Z',
      '2030-01-01T24:00:00Z',
      '2030-01-01T25:00:00Z',
      '2030-01-01T00:60:00Z',
      '2030-01-01T00:00:00+24:00',
      '1893456000',
      '',
    ])('Stream-Expires-At: "%s" is refused', async (at) => {
      const path = `/demo/${freshName()}`;
      const refused = await server.put(path, { headers: { 'Stream-Expires-At': at } });
      expect(refused.verdict).toBe('400 invalid-header');
      expect(await isThere(path)).toBe(false);
    });

    test.each([
      '2032-02-29T12:30:00Z',
      '2031-01-01T00:00:00.123456Z',
      '2031-01-01t00:00:00z',
      '2031-01-01T00:00:00+05:30',
    ])('Stream-Expires-At: %s is taken and told as it was given', async (at) => {
      const path = await living({ 'Stream-Expires-At': at });
      expect((await server.head(path)).header('stream-expires-at')).toBe(at);
    });

    test('both lifetimes at once are refused', async () => {
      const headers = { 'Stream-TTL': '60', 'Stream-Expires-At': '2031-01-01T00:00:00Z' };
      const refused = await server.put(`/demo/${freshName()}`, { headers });
      expect(refused.verdict).toBe('400 invalid-header');
    });

    test('a lifetime of zero seconds is legal, and over at once', async () => {
      const path = await living({ 'Stream-TTL': '0' });
      expect(await isThere(path)).toBe(false);
    });
  });

  describe('trap 25: a sliding lifetime', () => {
    test('ends to the millisecond when nothing happens', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      clock.step(10 * SECOND_MS - 1);
      expect(await isThere(path)).toBe(true);
      clock.step(1);
      expect(await isThere(path)).toBe(false);
    });

    test('is begun again by a write, to the millisecond', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      clock.step(9 * SECOND_MS);
      await server.post(path, { headers: TEXT, body: 'def' });
      clock.step(10 * SECOND_MS - 1);
      expect(await isThere(path)).toBe(true);
      clock.step(1);
      expect(await isThere(path)).toBe(false);
    });

    test('is begun again by a read, never ends early and at most a tenth late', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      clock.step(9 * SECOND_MS);
      await server.get(path);
      clock.step(10 * SECOND_MS - 1);
      expect(await isThere(path)).toBe(true);
      clock.step(10 * SECOND_MS * LEASE_STEP + 1);
      expect(await isThere(path)).toBe(false);
    });

    test('is begun again by every one of many reads', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      for (let read = 0; read < 50; read += 1) {
        clock.step(700);
        expect((await server.get(path)).status).toBe(200);
      }
      clock.step(10 * SECOND_MS - 1);
      expect(await isThere(path)).toBe(true);
    });

    test('is not begun again by HEAD, nor by a refused write, nor by a listing', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      clock.step(9 * SECOND_MS);
      expect(await isThere(path)).toBe(true);
      expect((await server.post(path, { headers: TEXT })).status).toBe(400);
      expect((await server.get('/demo/streams')).status).toBe(200);
      clock.step(SECOND_MS);
      expect(await isThere(path)).toBe(false);
    });

    test('is told by HEAD in seconds, as it was given', async () => {
      const path = await living({ 'Stream-TTL': '3600' });
      expect((await server.head(path)).header('stream-ttl')).toBe('3600');
    });
  });

  test('trap 25: a fixed end never moves, whatever happens', async () => {
    const path = await living({ 'Stream-Expires-At': clock.inMs(10 * SECOND_MS) });
    clock.step(9 * SECOND_MS);
    await server.get(path);
    await server.post(path, { headers: TEXT, body: 'def' });
    clock.step(SECOND_MS - 1);
    expect(await isThere(path)).toBe(true);
    clock.step(1);
    expect(await isThere(path)).toBe(false);
  });

  describe('trap 26: an attached reader counts as access', () => {
    async function expiresAtMs(path: string): Promise<unknown> {
      const { json } = await server.get(`/demo/streams?prefix=${path.slice('/demo/'.length)}`);
      expect(json).toMatchObject({ stream_count: 1 });
      return /"expires_at_ms":(\d+)/.exec(JSON.stringify(json))?.[1];
    }

    /** Twice as long as the stream would live without its reader. */
    async function outlive(path: string): Promise<void> {
      for (let part = 0; part < 4; part += 1) {
        const before = await expiresAtMs(path);
        clock.step(5 * SECOND_MS);
        await until('the reader has been counted', async () => {
          return (await expiresAtMs(path)) !== before;
        });
      }
      expect(await isThere(path)).toBe(true);
    }

    test('over SSE', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      const reader = await EventStream.open(server, path);
      await outlive(path);
      await reader.cut();
    });

    test('over a parked long-poll', async () => {
      const path = await living({ 'Stream-TTL': '10' });
      const polling = server.get(`${path}?offset=now&live=long-poll`);
      await outlive(path);
      await server.post(path, { headers: TEXT, body: 'x' });
      expect((await polling).status).toBe(200);
    });
  });

  describe('trap 27: an expired stream', () => {
    test('is 404 for every method, and PUT makes a new one', async () => {
      const path = await living({ 'Stream-TTL': '1' });
      const old = await server.head(path);
      clock.step(SECOND_MS);
      expect((await server.get(path)).verdict).toBe('404 stream-not-found');
      expect((await server.head(path)).status).toBe(404);
      const post = await server.post(path, { headers: TEXT, body: 'x' });
      expect(post.verdict).toBe('404 stream-not-found');
      expect((await server.delete(path)).verdict).toBe('404 stream-not-found');
      const made = await server.put(path, {
        headers: { 'Content-Type': 'text/html' },
        body: 'new',
      });
      expect(made.status).toBe(201);
      expect(made.tag).not.toBe(old.tag);
      const read = await server.get(path);
      expect([read.text, read.header('content-type')]).toEqual(['new', 'text/html']);
    });

    test('with living forks is 410, and holds its name', async () => {
      const path = await living({ 'Stream-TTL': '1' });
      const fork = `/demo/${freshName()}`;
      await server.put(fork, { headers: { 'Stream-Forked-From': path, 'Stream-TTL': '60' } });
      clock.step(2 * SECOND_MS);
      for (const swept of [false, true]) {
        if (swept) await untilSwept(server, clock, path, 2 * SECOND_MS);
        expect((await server.get(path)).verdict).toBe('410 stream-gone');
        expect((await server.head(path)).status).toBe(410);
        const post = await server.post(path, { headers: TEXT, body: 'x' });
        expect(post.verdict).toBe('410 stream-gone');
        expect((await server.put(path, { headers: TEXT })).verdict).toBe('409 path-held-by-forks');
        expect((await server.delete(path)).verdict).toBe('410 stream-gone');
        expect((await server.get(fork)).text).toBe('abc');
      }
    });

    test('that was deleted and is held by a fork is 409 for PUT', async () => {
      const path = await living({});
      const fork = `/demo/${freshName()}`;
      await server.put(fork, { headers: { 'Stream-Forked-From': path } });
      expect((await server.delete(path)).status).toBe(204);
      expect((await server.put(path, { headers: TEXT })).verdict).toBe('409 path-held-by-forks');
    });
  });
});
