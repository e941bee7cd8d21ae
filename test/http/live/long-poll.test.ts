import { describe, expect, test } from 'vitest';
import { HttpClient } from '../../support/http/client.ts';
import { onBothEngines } from '../../support/http/engines.ts';
import { metric, untilLiveReaders } from '../../support/http/until.ts';
import { startMillrace } from '../../support/millrace.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

onBothEngines('long-polls', {}, (server) => {
  async function stream(): Promise<string> {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'abc' });
    return path;
  }

  test('get at once what is there, and say whether it is all', async () => {
    const path = await stream();
    const poll = await server.get(`${path}?offset=-1&live=long-poll`);
    expect([poll.status, poll.text]).toEqual([200, 'abc']);
    expect(poll.header('stream-up-to-date')).toBe('true');
    expect(poll.header('etag')).toBeDefined();
    expect(poll.offset).toBe((await server.head(path)).offset);
  });

  test('need an offset', async () => {
    const path = await stream();
    expect((await server.get(`${path}?live=long-poll`)).verdict).toBe('400 invalid-query');
    expect((await server.get(`${path}?live=sse`)).verdict).toBe('400 invalid-query');
  });

  test.each(['true', 'LONG-POLL', '', 'websocket', 'long-poll&live=sse'])(
    'live=%s is no way to follow',
    async (live) => {
      const path = await stream();
      const refused = await server.get(`${path}?offset=-1&live=${live}`);
      expect(refused.verdict).toBe('400 invalid-query');
    },
  );

  test('that wait are all woken by one append', async () => {
    const path = await stream();
    const polling = Array.from({ length: 25 }, () =>
      server.get(`${path}?offset=now&live=long-poll`),
    );
    await untilLiveReaders(server, 25);
    const { offset } = await server.post(path, { headers: TEXT, body: 'new' });
    for (const poll of await Promise.all(polling)) {
      expect([poll.status, poll.text, poll.offset]).toEqual([200, 'new', offset]);
    }
    await untilLiveReaders(server, 0);
  });

  test('are not woken by what adds no data', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: { ...JSON_TYPE, 'Stream-TTL': '60' } });
    const polling = server.get(`${path}?offset=now&live=long-poll`);
    await untilLiveReaders(server, 1);
    await server.get(path);
    await server.post(path, { headers: JSON_TYPE, body: '[]' });
    await server.put(server.freshPath(), { headers: { 'Stream-Forked-From': path } });
    expect(await metric(server, 'millrace_live_readers')).toBe(1);
    await server.post(path, { headers: JSON_TYPE, body: '[7]' });
    expect((await polling).text).toBe('[7]');
  });

  test('hear that the stream was deleted, and get nothing of the next one', async () => {
    const path = await stream();
    const polling = server.get(`${path}?offset=now&live=long-poll`);
    await untilLiveReaders(server, 1);
    await Promise.all([
      server.delete(path),
      server.put(path, { headers: TEXT, body: 'another stream' }),
    ]);
    expect((await polling).verdict).toBe('404 stream-not-found');
  });

  test('hear that the stream is gone when forks keep it', async () => {
    const path = await stream();
    await server.put(server.freshPath(), { headers: { 'Stream-Forked-From': path } });
    const polling = server.get(`${path}?offset=now&live=long-poll`);
    await untilLiveReaders(server, 1);
    await server.delete(path);
    expect((await polling).verdict).toBe('410 stream-gone');
  });

  test('of a client that went away are forgotten', async () => {
    const path = await stream();
    const requests = Array.from({ length: 5 }, () => {
      const abort = new AbortController();
      const asked = fetch(`${server.server().url}${path}?offset=now&live=long-poll`, {
        signal: abort.signal,
      }).catch(() => undefined);
      return { abort, asked };
    });
    await untilLiveReaders(server, 5);
    for (const { abort } of requests) abort.abort();
    await untilLiveReaders(server, 0);
    await Promise.all(requests.map(({ asked }) => asked));
    expect((await server.post(path, { headers: TEXT, body: 'x' })).status).toBe(204);
  });
});

onBothEngines('long-polls that time out', { longPollTimeoutMs: 60 }, (server) => {
  test('say where the tail is, and that nothing is missing', async () => {
    const path = server.freshPath();
    const { offset } = await server.put(path, { headers: TEXT, body: 'abc' });
    const poll = await server.get(`${path}?offset=${offset}&live=long-poll`);
    expect([poll.status, poll.text, poll.offset]).toEqual([204, '', offset]);
    expect(poll.header('stream-up-to-date')).toBe('true');
    expect(poll.header('stream-cursor')).toMatch(/^\d+$/);
    expect(poll.header('cache-control')).toBe('no-store');
    expect(poll.isClosed).toBe(false);
  });

  test('chained, miss nothing that is appended meanwhile', async () => {
    const path = server.freshPath();
    let { offset } = await server.put(path, { headers: TEXT });
    let seen = '';
    let cursor = '';
    const writing = (async () => {
      for (let count = 0; count < 40; count += 1) {
        await server.post(path, { headers: TEXT, body: `${count},` });
      }
      await server.post(path, { headers: { 'Stream-Closed': 'true' } });
    })();
    for (;;) {
      const poll = await server.get(`${path}?offset=${offset}&live=long-poll${cursor}`);
      seen += poll.text;
      offset = poll.offset;
      cursor = `&cursor=${poll.header('stream-cursor') ?? ''}`;
      if (poll.isClosed) break;
    }
    await writing;
    expect(seen).toBe(Array.from({ length: 40 }, (_, count) => `${count},`).join(''));
  });
});

onBothEngines('live readers beyond the bound', { liveReadersMax: 3 }, (server) => {
  test('are told to come back, and catching up goes on', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'abc' });
    const polling = Array.from({ length: 3 }, () =>
      server.get(`${path}?offset=now&live=long-poll`),
    );
    await untilLiveReaders(server, 3);
    for (const query of ['offset=now&live=long-poll', 'offset=now&live=sse']) {
      const refused = await server.get(`${path}?${query}`);
      expect(refused.verdict).toBe('503 too-many-live-readers');
      expect(refused.header('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    expect((await server.get(path)).text).toBe('abc');
    const there = await server.get(`${path}?offset=-1&live=long-poll`);
    expect([there.status, there.text]).toEqual([200, 'abc']);
    await server.post(path, { headers: TEXT, body: 'def' });
    for (const poll of await Promise.all(polling)) expect(poll.text).toBe('def');
    await untilLiveReaders(server, 0);
    const again = server.get(`${path}?offset=now&live=long-poll`);
    await untilLiveReaders(server, 1);
    await server.post(path, { headers: TEXT, body: 'ghi' });
    expect((await again).text).toBe('ghi');
  });
});

describe('long-polls when the server stops', () => {
  test.each([false, true])('end as if their time were up, in memory: %s', async (memory) => {
    const server = await startMillrace({ memory });
    const client = new HttpClient(() => server.url);
    const { offset } = await client.put('/demo/one', { headers: TEXT, body: 'abc' });
    const polling = client.get('/demo/one?offset=now&live=long-poll');
    await untilLiveReaders(client, 1);
    await server.close();
    const poll = await polling;
    expect([poll.status, poll.offset]).toEqual([204, offset]);
    client.close();
  });
});
