import { describe, expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import type { Answer } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };

onBothEngines('traps of security and sequence', {}, (server) => {
  describe('trap 30: security headers', () => {
    async function answers(): Promise<[string, Answer][]> {
      const path = server.freshPath();
      const created = await server.put(path, { headers: TEXT, body: 'abc' });
      const read = await server.get(path);
      return [
        ['a created stream', created],
        ['a repeated PUT', await server.put(path, { headers: TEXT })],
        ['an append', await server.post(path, { headers: TEXT, body: 'x' })],
        ['a read', read],
        ['HEAD', await server.head(path)],
        ['offset=now', await server.get(`${path}?offset=now`)],
        ['a conflict', await server.put(path, { headers: { 'Content-Type': 'text/html' } })],
        ['a bad request', await server.get(`${path}?offset=bad`)],
        ['a missing stream', await server.get(server.freshPath())],
        ['a missing stream for HEAD', await server.head(server.freshPath())],
        ['a method that is not known', await server.send('PATCH', path)],
        ['OPTIONS', await server.send('OPTIONS', path)],
        ['a preflight', await server.send('OPTIONS', path, { headers: { Origin: 'http://page' } })],
        ['no address of ours', await server.get('/')],
        ['a bad path', await server.get('/demo/%zz')],
        ['a bucket', await server.get('/demo')],
        ['a listing', await server.get('/demo/streams')],
        ['health', await server.get('/-/healthy')],
        ['metrics', await server.get('/metrics')],
        ['a deletion', await server.delete(path)],
      ];
    }

    test('stand on every kind of answer', async () => {
      for (const [kind, answer] of await answers()) {
        expect([kind, answer.header('x-content-type-options')]).toEqual([kind, 'nosniff']);
        const policy = answer.header('cross-origin-resource-policy');
        expect([kind, policy]).toEqual([kind, 'cross-origin']);
      }
    });

    test('stand on a 304 and on SSE', async () => {
      const path = server.freshPath();
      await server.put(path, { headers: { ...TEXT, 'Stream-Closed': 'true' }, body: 'abc' });
      const { tag } = await server.get(path);
      const same = await server.get(path, { 'If-None-Match': tag });
      expect([same.status, same.header('x-content-type-options')]).toEqual([304, 'nosniff']);
      expect(same.header('cross-origin-resource-policy')).toBe('cross-origin');
      const reader = await EventStream.open(server, path);
      await reader.ended;
      expect(reader.incoming.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
      });
    });

    test('HEAD is not to be stored', async () => {
      const path = server.freshPath();
      await server.put(path, { headers: TEXT });
      expect((await server.head(path)).header('cache-control')).toBe('no-store');
      expect((await server.head(server.freshPath())).header('cache-control')).toBe('no-store');
    });
  });

  describe('trap 30: Stream-Seq', () => {
    async function stream(seq?: string): Promise<string> {
      const path = server.freshPath();
      await server.put(path, {
        headers: seq === undefined ? TEXT : { ...TEXT, 'Stream-Seq': seq },
      });
      return path;
    }

    const append = (path: string, seq: string): Promise<Answer> =>
      server.post(path, { headers: { ...TEXT, 'Stream-Seq': seq }, body: 'x' });

    test('is compared by bytes, not as a number', async () => {
      const path = await stream();
      expect((await append(path, '10')).status).toBe(204);
      expect((await append(path, '2')).status).toBe(204);
      expect((await append(path, '10')).verdict).toBe('409 stream-seq-regressed');
      expect((await append(path, '2')).verdict).toBe('409 stream-seq-regressed');
      expect((await append(path, '20')).status).toBe(204);
      expect((await append(path, 'Z')).status).toBe(204);
      expect((await append(path, 'a')).status).toBe(204);
      expect((await append(path, '\u00e9')).status).toBe(204);
      expect((await append(path, 'z')).verdict).toBe('409 stream-seq-regressed');
    });

    test('of a PUT counts', async () => {
      const path = await stream('5');
      expect((await append(path, '5')).verdict).toBe('409 stream-seq-regressed');
      expect((await append(path, '6')).status).toBe(204);
    });

    test('advances only when something is stored', async () => {
      const path = await stream('5');
      const wrongType = { 'Content-Type': 'text/html', 'Stream-Seq': '9' };
      expect((await server.post(path, { headers: wrongType, body: 'x' })).status).toBe(409);
      const empty = await server.post(path, { headers: { ...TEXT, 'Stream-Seq': '9' } });
      expect(empty.status).toBe(400);
      const stale = { ...TEXT, 'Stream-Seq': '9', 'If-Match': '"other"' };
      expect((await server.post(path, { headers: stale, body: 'x' })).status).toBe(412);
      expect((await append(path, '6')).status).toBe(204);
    });

    test('is one for the stream, whoever writes', async () => {
      const path = await stream('5');
      for (const id of ['p', 'q']) {
        const headers = { 'Producer-Id': id, 'Producer-Epoch': '0', 'Producer-Seq': '0' };
        const stale = await server.post(path, {
          headers: { ...TEXT, ...headers, 'Stream-Seq': '4' },
          body: 'x',
        });
        expect(stale.verdict).toBe('409 stream-seq-regressed');
      }
    });

    test('that is empty is refused', async () => {
      expect((await append(await stream(), '')).verdict).toBe('400 invalid-header');
    });
  });
});
