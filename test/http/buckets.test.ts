import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { BucketService } from '../../src/streams/bucket-service.ts';
import { bucketName, streamRef } from '../../src/streams/names.ts';
import { StreamService } from '../../src/streams/stream-service.ts';
import { freshName, onBothEngines, serve } from '../support/http/engines.ts';
import { holdClock } from '../support/http/held-clock.ts';
import { OvertakenEngine } from '../support/overtaken-engine.ts';
import { LIMITS, PLAIN } from '../support/stream-requests.ts';
import type { Answer, Headers } from '../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const aNumber: unknown = expect.any(Number);

onBothEngines('buckets', {}, (server) => {
  /** A new bucket that holds streams of these ids. */
  async function bucketWith(...ids: readonly string[]): Promise<string> {
    const bucket = freshName();
    await server.put(`/${bucket}`);
    for (const id of ids) {
      const created = await server.put(`/${bucket}/${encodeURIComponent(id)}`, { headers: TEXT });
      expect(created.status).toBe(201);
    }
    return bucket;
  }

  describe('PUT and GET of a bucket', () => {
    test('make it once, and then find it', async () => {
      const bucket = freshName();
      const made = await server.put(`/${bucket}`);
      const found = await server.put(`/${bucket}`);
      expect([made.status, found.status]).toEqual([201, 200]);
      expect([made.json, found.json]).toEqual([{ bucket_id: bucket }, { bucket_id: bucket }]);
    });

    test('tell its id and those of its streams', async () => {
      const bucket = await bucketWith('b', 'a', 'c');
      const answer = await server.get(`/${bucket}`);
      expect(answer.status).toBe(200);
      expect(answer.header('content-type')).toBe('application/json');
      expect(answer.json).toEqual({ bucket_id: bucket, streams: ['a', 'b', 'c'] });
    });

    test('find nothing where no bucket is', async () => {
      const bucket = freshName();
      expect((await server.get(`/${bucket}`)).verdict).toBe('404 bucket-not-found');
      expect((await server.get(`/${bucket}/streams`)).verdict).toBe('404 bucket-not-found');
      expect((await server.delete(`/${bucket}`)).verdict).toBe('404 bucket-not-found');
    });

    test('made by many at once, it is made by one', async () => {
      const bucket = freshName();
      const answers = await Promise.all(Array.from({ length: 20 }, () => server.put(`/${bucket}`)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    });

    test('the base address has streams of its own, whatever buckets hold', async () => {
      const bucket = await bucketWith('one');
      expect((await server.get(`/v1/stream/${bucket}/one`)).status).toBe(404);
      expect((await server.put(`/v1/stream/${bucket}/two`, { headers: TEXT })).status).toBe(201);
      expect((await server.get(`/${bucket}/two`)).status).toBe(404);
      expect((await server.get(`/${bucket}`)).json).toMatchObject({ streams: ['one'] });
    });
  });

  test('a stream is not made in a bucket that is not there', async () => {
    const path = `/${freshName()}/stream`;
    const answer = await server.put(path, { headers: TEXT, body: 'abc' });
    expect(answer.verdict).toBe('404 bucket-not-found');
    expect((await server.post(path, { headers: TEXT, body: 'x' })).status).toBe(404);
    await server.put(`/${path.split('/')[1] ?? ''}`);
    expect((await server.get(path)).verdict).toBe('404 stream-not-found');
  });

  describe('DELETE of a bucket', () => {
    test('takes only an empty one', async () => {
      const bucket = await bucketWith('one');
      expect((await server.delete(`/${bucket}`)).verdict).toBe('409 bucket-not-empty');
      expect((await server.get(`/${bucket}/one`)).status).toBe(200);
      await server.delete(`/${bucket}/one`);
      expect((await server.delete(`/${bucket}`)).status).toBe(204);
      expect((await server.get(`/${bucket}`)).status).toBe(404);
      expect((await server.put(`/${bucket}/one`, { headers: TEXT })).status).toBe(404);
      expect((await server.put(`/${bucket}`)).status).toBe(201);
    });

    test('leaves a bucket alone in which a deleted stream is kept for its forks', async () => {
      const bucket = await bucketWith('source');
      const fork = server.freshPath();
      await server.put(fork, { headers: { 'Stream-Forked-From': `/${bucket}/source` } });
      await server.delete(`/${bucket}/source`);
      expect((await server.delete(`/${bucket}`)).verdict).toBe('409 bucket-not-empty');
      await server.delete(fork);
      expect((await server.delete(`/${bucket}`)).status).toBe(204);
    });

    test('a bucket whose name another begins with is judged by its own streams', async () => {
      const bucket = await bucketWith();
      await server.put(`/${bucket}x`);
      await server.put(`/${bucket}x/one`, { headers: TEXT });
      expect((await server.get(`/${bucket}`)).json).toMatchObject({ streams: [] });
      expect((await server.delete(`/${bucket}`)).status).toBe(204);
    });

    test('races with creations, and never leaves a stream without its bucket', async () => {
      for (let round = 0; round < 40; round += 1) {
        const bucket = await bucketWith();
        const ids = ['a', 'b', 'c'];
        const racing = ids.map((id) => server.put(`/${bucket}/${id}`, { headers: TEXT, body: id }));
        const deleting = [server.delete(`/${bucket}`), server.delete(`/${bucket}`)];
        const [created, deleted] = await Promise.all([Promise.all(racing), Promise.all(deleting)]);
        for (const { status } of created) expect([201, 404]).toContain(status);
        for (const { status } of deleted) expect([204, 404, 409]).toContain(status);
        const isThere = (await server.get(`/${bucket}`)).status === 200;
        const made = ids.filter((_, index) => created[index]?.status === 201);
        expect(isThere).toBe(!deleted.some(({ status }) => status === 204));
        if (made.length > 0) expect(isThere).toBe(true);
        // What was refused is not there either, not even when the bucket comes back.
        await server.put(`/${bucket}`);
        expect((await server.get(`/${bucket}`)).json).toMatchObject({ streams: made });
        for (const id of ids) {
          const status = made.includes(id) ? 200 : 404;
          expect((await server.get(`/${bucket}/${id}`)).status).toBe(status);
        }
      }
    });

    test('races with its streams being deleted and made again', async () => {
      const bucket = await bucketWith('a');
      const path = `/${bucket}/a`;
      for (let round = 0; round < 60; round += 1) {
        const [, made] = await Promise.all([
          server.delete(path),
          server.put(path, { headers: TEXT }),
          server.delete(`/${bucket}`),
          server.put(`/${bucket}`),
        ]);
        expect([200, 201, 404]).toContain(made.status);
        const [stream, home] = [await server.head(path), await server.get(`/${bucket}`)];
        if (stream.status === 200) expect(home.status).toBe(200);
        await server.put(`/${bucket}`);
      }
    });
  });

  function idsOfBucket({ json }: Answer): readonly unknown[] {
    const isListing = typeof json === 'object' && json !== null && 'streams' in json;
    return isListing && Array.isArray(json.streams) ? json.streams : [];
  }

  describe('a listing', () => {
    const list = async (bucket: string, query = ''): Promise<Answer> =>
      server.get(`/${bucket}/streams${query}`);

    const idsOf = ({ text }: Answer): string[] =>
      [...text.matchAll(/"stream_id":("(?:[^"\\]|\\.)*")/g)].map(([, id = '""']) =>
        String(JSON.parse(id)),
      );

    test('tells of each stream what a client needs to go on', async () => {
      const bucket = await bucketWith('open');
      const beforeMs = Date.now();
      await server.post(`/${bucket}/open`, { headers: TEXT, body: 'abc' });
      await server.put(`/${bucket}/shut`, {
        headers: { 'Content-Type': 'application/json', 'Stream-Closed': 'true' },
        body: '[1,2]',
      });
      const answer = await list(bucket);
      expect(answer.status).toBe(200);
      expect(answer.header('content-type')).toBe('application/json');
      expect(answer.json).toEqual({
        bucket_id: bucket,
        prefix: '',
        stream_count: 2,
        streams: [
          {
            stream_id: 'open',
            status: 'open',
            content_type: 'text/plain',
            tail_offset: (await server.head(`/${bucket}/open`)).offset,
            created_at_ms: aNumber,
            last_write_at_ms: aNumber,
          },
          {
            stream_id: 'shut',
            status: 'closed',
            content_type: 'application/json',
            tail_offset: (await server.head(`/${bucket}/shut`)).offset,
            created_at_ms: aNumber,
            last_write_at_ms: aNumber,
          },
        ],
        next_cursor: null,
        has_more: false,
      });
      const times = [...answer.text.matchAll(/"(?:created|last_write)_at_ms":(\d+)/g)].map(
        ([, ms]) => Number(ms),
      );
      const [openedMs = 0, writtenMs = 0, shutMs = 0] = times;
      expect(openedMs).toBeLessThanOrEqual(writtenMs);
      expect(writtenMs).toBeGreaterThanOrEqual(beforeMs);
      expect(shutMs).toBeGreaterThanOrEqual(writtenMs);
      expect(shutMs).toBeLessThanOrEqual(Date.now());
    });

    test('of an empty bucket is empty', async () => {
      const bucket = await bucketWith();
      expect((await list(bucket)).json).toEqual({
        bucket_id: bucket,
        prefix: '',
        stream_count: 0,
        streams: [],
        next_cursor: null,
        has_more: false,
      });
    });

    test('is in the order of the bytes of ids', async () => {
      // UTF-16, which strings compare by, would have the last two the other way round.
      const ids = [' ', '!', '0', '10', '2', 'A', 'Z', 'a', 'aa', 'ab', 'é', '\uffee', '😀'];
      const bucket = await bucketWith(...[...ids].reverse());
      expect(idsOf(await list(bucket))).toEqual(ids);
      expect((await server.get(`/${bucket}`)).json).toMatchObject({ streams: ids });
    });

    test('by prefix has only those that begin with it', async () => {
      const bucket = await bucketWith('log-a', 'log-b', 'log', 'lo', 'logs', 'xlog');
      const answer = await list(bucket, '?prefix=log');
      expect(idsOf(answer)).toEqual(['log', 'log-a', 'log-b', 'logs']);
      expect(answer.json).toMatchObject({ prefix: 'log', stream_count: 4 });
      expect(idsOf(await list(bucket, '?prefix=log-'))).toEqual(['log-a', 'log-b']);
      expect(idsOf(await list(bucket, '?prefix=nothing'))).toEqual([]);
      expect(idsOf(await list(bucket, '?prefix='))).toHaveLength(6);
    });

    test('judges a prefix after percent decoding', async () => {
      const bucket = await bucketWith('ä b', 'ä', 'a+b');
      expect(idsOf(await list(bucket, '?prefix=%C3%A4%20'))).toEqual(['ä b']);
      expect(idsOf(await list(bucket, '?prefix=a%2Bb'))).toEqual(['a+b']);
    });

    test('goes on after an id, whether that is there or not', async () => {
      const bucket = await bucketWith('a', 'b', 'c', 'd');
      expect(idsOf(await list(bucket, '?after=b'))).toEqual(['c', 'd']);
      expect(idsOf(await list(bucket, '?after=bb'))).toEqual(['c', 'd']);
      expect(idsOf(await list(bucket, '?after=0'))).toEqual(['a', 'b', 'c', 'd']);
      expect(idsOf(await list(bucket, '?after=d'))).toEqual([]);
      expect(idsOf(await list(bucket, '?prefix=b&after=c'))).toEqual([]);
      expect(idsOf(await list(bucket, '?prefix=c&after=a'))).toEqual(['c']);
    });

    test.each([1, 2, 3, 7, 100])('in pages of %i has every stream once', async (limit) => {
      const ids = Array.from({ length: 7 }, (_, index) => `é&=${index}`);
      const bucket = await bucketWith('before', ...ids, 'z');
      const seen: string[] = [];
      let after = '';
      for (;;) {
        const page = await list(bucket, `?prefix=%C3%A9&limit=${limit}${after}`);
        const found = idsOf(page);
        expect(found.length).toBeLessThanOrEqual(limit);
        expect(page.json).toMatchObject({ stream_count: found.length });
        seen.push(...found);
        if (!page.text.includes('"has_more":true')) {
          expect(page.json).toMatchObject({ has_more: false, next_cursor: null });
          break;
        }
        expect(found).toHaveLength(limit);
        expect(page.json).toMatchObject({ next_cursor: found.at(-1) });
        after = `&after=${encodeURIComponent(found.at(-1) ?? '')}`;
      }
      expect(seen).toEqual(ids);
    });

    test('has at most a thousand, which is what is had without a limit', async () => {
      const bucket = await bucketWith();
      const ids = Array.from({ length: 1001 }, (_, index) => `s${String(index).padStart(4, '0')}`);
      await Promise.all(ids.map((id) => server.put(`/${bucket}/${id}`)));
      for (const query of ['', '?limit=1000']) {
        const page = await list(bucket, query);
        expect(idsOf(page)).toEqual(ids.slice(0, 1000));
        expect(page.json).toMatchObject({ has_more: true, next_cursor: 's0999' });
      }
      expect(idsOf(await list(bucket, '?after=s0999'))).toEqual(['s1000']);
    });

    test('leaves out what was deleted, also when forks still need it', async () => {
      const bucket = await bucketWith('a', 'b', 'c');
      await server.put(`/${bucket}/fork`, { headers: { 'Stream-Forked-From': `/${bucket}/a` } });
      await server.delete(`/${bucket}/a`);
      await server.delete(`/${bucket}/b`);
      expect(idsOf(await list(bucket))).toEqual(['c', 'fork']);
      expect((await list(bucket, '?limit=1')).json).toMatchObject({ next_cursor: 'c' });
    });

    test.each([
      'limit=0',
      'limit=1001',
      'limit=-1',
      'limit=1.5',
      'limit=01',
      'limit=1e2',
      'limit=',
      'limit=many',
      'limit=%31%00',
      'limit=5&limit=5',
      'prefix=a&prefix=b',
      'after=a&after=a',
      'prefix=%00',
      'after=a%00',
      'prefix=%',
      'prefix=%zz',
      'prefix=%ff',
      'after=%c3',
      'after=%ed%a0%80',
    ])('refuses %s', async (query) => {
      const bucket = await bucketWith('a');
      expect((await list(bucket, `?${query}`)).verdict).toBe('400 invalid-query');
    });

    test('reads over parameters that it does not know', async () => {
      const bucket = await bucketWith('a');
      expect(idsOf(await list(bucket, '?colour=red&limit=1'))).toEqual(['a']);
    });
  });

  describe('ids are judged after percent decoding', () => {
    test.each([
      ['%64emo/%68ello', 'demo', 'hello'],
      ['demo/sp%20ace', 'demo', 'sp ace'],
      ['demo/%E6%97%A5%E6%9C%AC', 'demo', '日本'],
      ['demo/%25', 'demo', '%'],
      ['demo/%252F', 'demo', '%2F'],
      ['demo/a.b', 'demo', 'a.b'],
      ['demo/.', 'demo', '.'],
      ['demo/line%0Afeed', 'demo', 'line\nfeed'],
      ['demo/a%5Cb', 'demo', 'a\\b'],
      ['demo/a:b@c;d=e&f+g$h,i!j~k', 'demo', 'a:b@c;d=e&f+g$h,i!j~k'],
      ['demo/streamss', 'demo', 'streamss'],
      ['demo/Streams', 'demo', 'Streams'],
      [`demo/${'x'.repeat(118)}`, 'demo', 'x'.repeat(118)],
      [`demo/${'%C3%A9'.repeat(59)}`, 'demo', 'é'.repeat(59)],
    ])('/%s is a fine address', async (path, bucket, stream) => {
      const created = await server.put(`/${path}`, { headers: TEXT });
      expect(created.status).toBe(201);
      const other = `/${bucket}/${encodeURIComponent(stream)}`;
      expect((await server.put(other, { headers: TEXT })).status).toBe(200);
      expect(idsOfBucket(await server.get(`/${bucket}`))).toContain(stream);
      expect((await server.delete(other)).status).toBe(204);
    });

    test.each([
      ['a bucket of three letters', 'abc/x'],
      ['a bucket of 65 letters', `${'b'.repeat(65)}/x`],
      ['a bucket in capitals', 'Demo/x'],
      ['a bucket with a dot', 'de.mo/x'],
      ['a bucket with a space', 'de%20mo/x'],
      ['a bucket with a slash', 'de%2Fmo/x'],
      ['a bucket with a letter beyond ASCII', 'd%C3%A9mo/x'],
      ['a bucket with a zero byte', 'demo%00/x'],
      ['an empty stream', 'demo/'],
      ['a parent folder', 'demo/..'],
      ['an encoded parent folder', 'demo/%2e%2E'],
      ['two dots inside', 'demo/a..b'],
      ['an encoded slash', 'demo/a%2fb'],
      ['a zero byte', 'demo/a%00b'],
      ['119 bytes beside a bucket of four', `demo/${'x'.repeat(119)}`],
      ['120 bytes in 60 letters', `demo/${'%C3%A9'.repeat(60)}`],
      ['123 bytes', `demo/${'x'.repeat(123)}`],
      ['a lone percent sign', 'demo/%'],
      ['half an encoding', 'demo/a%4'],
      ['no hexadecimal digits', 'demo/%zz'],
      ['a byte that is no UTF-8', 'demo/%ff'],
      ['half a character', 'demo/%C3'],
      ['half of a surrogate pair', 'demo/%ED%A0%80'],
      ['an overlong slash', 'demo/%C0%AF'],
      ['a malformed bucket', 'dem%/x'],
    ])('%s is refused', async (_, path) => {
      for (const method of ['PUT', 'POST', 'GET', 'DELETE']) {
        const answer = await server.send(method, `/${path}`, { headers: TEXT, body: 'x' });
        expect(answer.verdict).toBe('400 invalid-path');
      }
      expect((await server.head(`/${path}`)).status).toBe(400);
    });

    test('a bucket of 4 or 64 characters is one', async () => {
      for (const bucket of ['a_-9', 'b'.repeat(64)]) {
        expect((await server.put(`/${bucket}`)).status).toBe(201);
      }
      const stream = 'x'.repeat(122 - 64);
      expect((await server.put(`/${'b'.repeat(64)}/${stream}`)).status).toBe(201);
      expect((await server.put(`/${'b'.repeat(64)}/${stream}x`)).status).toBe(400);
    });

    test('a third part is no address', async () => {
      expect((await server.put('/demo/a/b', { headers: TEXT })).verdict).toBe('404 not-found');
    });
  });

  describe('reserved names', () => {
    test('console is no bucket', async () => {
      expect((await server.put('/console')).verdict).toBe('400 invalid-path');
      expect((await server.put('/console/x', { headers: TEXT })).verdict).toBe('400 invalid-path');
    });

    test('gateway is no bucket, and below it are endpoints', async () => {
      expect((await server.put('/gateway')).verdict).toBe('400 invalid-path');
      expect((await server.put('/gateway/x', { headers: TEXT })).status).toBe(404);
    });

    test('storage is no bucket, and below it is an API', async () => {
      expect((await server.put('/storage')).verdict).toBe('400 invalid-path');
      expect((await server.put('/storag%65/x', { headers: TEXT })).verdict).toBe(
        '400 invalid-path',
      );
      expect((await server.put('/storage/x', { headers: TEXT })).status).toBe(404);
    });

    test('trigger is no bucket, and below it is an API', async () => {
      expect((await server.put('/trigger')).verdict).toBe('400 invalid-path');
      expect((await server.put('/trigge%72/x', { headers: TEXT })).verdict).toBe(
        '400 invalid-path',
      );
      expect((await server.put('/trigger/x', { headers: TEXT })).status).toBe(404);
    });

    test('accounts is no bucket, and below it is an API', async () => {
      expect((await server.put('/accounts')).verdict).toBe('400 invalid-path');
      expect((await server.put('/account%73/x', { headers: TEXT })).verdict).toBe(
        '400 invalid-path',
      );
      expect((await server.put('/accounts/x', { headers: TEXT })).status).toBe(404);
    });

    test('streams is no bucket, and below it are managed streams', async () => {
      expect((await server.put('/streams')).verdict).toBe('400 invalid-path');
      for (const path of ['/streams/x', '/stream%73/x']) {
        expect((await server.put(path, { headers: TEXT })).verdict).toBe('405 method-not-allowed');
      }
      expect((await server.put('/streams/x/y', { headers: TEXT })).status).toBe(404);
    });

    test('docs is no bucket, but a page', async () => {
      expect((await server.put('/docs')).status).toBe(405);
      expect((await server.put('/docs/x', { headers: TEXT })).verdict).toBe('400 invalid-path');
    });

    test('metrics is no bucket, however it is written', async () => {
      expect((await server.put('/metrics')).status).toBe(405);
      expect((await server.put('/%6Detrics')).verdict).toBe('400 invalid-path');
      expect((await server.put('/metrics/x', { headers: TEXT })).verdict).toBe('400 invalid-path');
    });

    test('no bucket is named like an operation', async () => {
      for (const path of ['/-', '/-/x', '/-/healthy/x', '/_']) {
        expect([400, 404]).toContain((await server.put(path)).status);
      }
    });

    test.each(['streams', '%73treams', 'stream%73'])('%s is no stream', async (name) => {
      for (const method of ['PUT', 'POST', 'DELETE']) {
        const answer = await server.send(method, `/demo/${name}`, { headers: TEXT, body: 'x' });
        expect(answer.verdict).toBe('405 method-not-allowed');
        expect(answer.header('allow')).toContain('GET');
      }
      expect((await server.get(`/demo/${name}`)).json).toMatchObject({ bucket_id: 'demo' });
    });
  });

  test.each(['/demo', '/demo/streams'])(
    'HEAD of %s says what GET would, without it',
    async (path) => {
      const [head, got] = [await server.head(path), await server.get(path)];
      expect([head.status, head.text]).toEqual([200, '']);
      for (const name of ['content-type', 'content-length', 'cache-control']) {
        expect(head.header(name)).toBe(got.header(name));
      }
    },
  );

  test('methods that a bucket does not know are refused, with those that it does', async () => {
    for (const method of ['POST', 'PATCH', 'TRACE']) {
      const answer = await server.send(method, '/demo');
      expect(answer.verdict).toBe('405 method-not-allowed');
      for (const known of ['GET', 'PUT', 'DELETE']) expect(answer.header('allow')).toContain(known);
    }
  });
});

describe.each(['embedded', 'memory'] as const)('buckets and time, %s engine', (engine) => {
  const clock = holdClock();
  const server = serve(engine);

  async function bucketWithExpired(...ids: readonly string[]): Promise<string> {
    const bucket = freshName();
    await server.put(`/${bucket}`);
    for (const id of ids) {
      const headers: Headers = id.startsWith('mortal') ? { 'Stream-TTL': '1' } : {};
      await server.put(`/${bucket}/${id}`, { headers });
    }
    clock.step(1000);
    return bucket;
  }

  test('what has expired is not listed, and does not shorten a page', async () => {
    const bucket = await bucketWithExpired('a', 'mortal-1', 'mortal-2', 'n', 'z');
    const page = await server.get(`/${bucket}/streams?limit=2`);
    expect(page.json).toMatchObject({
      stream_count: 2,
      streams: [{ stream_id: 'a' }, { stream_id: 'n' }],
      next_cursor: 'n',
      has_more: true,
    });
    const last = await server.get(`/${bucket}/streams?limit=2&after=n`);
    expect(last.json).toMatchObject({ streams: [{ stream_id: 'z' }], has_more: false });
  });

  test('a bucket with nothing but expired streams is empty', async () => {
    const bucket = await bucketWithExpired('mortal-1', 'mortal-2');
    expect((await server.delete(`/${bucket}`)).status).toBe(204);
    expect((await server.put(`/${bucket}`)).status).toBe(201);
    expect((await server.get(`/${bucket}`)).json).toMatchObject({ streams: [] });
    expect((await server.get(`/${bucket}/mortal-1`)).status).toBe(404);
  });

  test('a listing tells when a stream will expire', async () => {
    const bucket = freshName();
    await server.put(`/${bucket}`);
    await server.put(`/${bucket}/one`, { headers: { 'Stream-TTL': '60' } });
    const { json } = await server.get(`/${bucket}/streams`);
    const expires_at_ms = clock.nowMs() + 60_000;
    expect(json).toMatchObject({ streams: [{ stream_id: 'one', expires_at_ms }] });
  });
});

describe('buckets on disk', () => {
  // Checkpoints all the time: what is in the index and what is in memory change places meanwhile.
  const server = serve('embedded', { checkpointIntervalMs: 10, idleStreamsMax: 8 });

  test('outlive a restart, with their streams, and so do deletions', async () => {
    await server.put('/kept');
    await server.put('/gone');
    await server.put('/kept/one', { headers: TEXT, body: 'abc' });
    await server.delete('/gone');
    const before = await server.get('/kept/streams');
    await server.restart();
    expect((await server.get('/kept/streams')).json).toEqual(before.json);
    expect((await server.put('/kept')).status).toBe(200);
    expect((await server.get('/gone')).status).toBe(404);
  });

  test('list every stream from its acknowledgement to its deletion, whatever is checkpointed', async () => {
    await server.put('/busy');
    // The number of the round in which a stream was made.
    const there = new Map<string, number>();
    const missing: string[] = [];
    const writing = writeAndDelete(there);
    const isOver = writing.then(() => true);
    const look = async (): Promise<void> => {
      const mustBeThere = [...there];
      const { text } = await server.get('/busy/streams');
      // One that was deleted while the listing was made may be there or not.
      const stillThere = mustBeThere.filter(([id, made]) => there.get(id) === made);
      missing.push(...stillThere.map(([id]) => id).filter((id) => !text.includes(`"${id}"`)));
    };
    while (!(await Promise.race([isOver, look().then(() => false)])));
    await writing;
    expect(missing).toEqual([]);
    const listed = await server.get('/busy');
    expect(listed.json).toEqual({ bucket_id: 'busy', streams: [...there.keys()].sort() });
  });

  async function writeAndDelete(there: Map<string, number>): Promise<void> {
    for (let round = 0; round < 300; round += 1) {
      const id = `s${String(round % 40).padStart(2, '0')}`;
      const path = `/busy/${id}`;
      if (there.delete(id)) {
        await server.delete(path);
      } else {
        await server.put(path, { headers: TEXT, body: id });
        there.set(id, round);
      }
    }
  }
});

describe('a bucket that another process deletes', () => {
  test('at the last moment gets no stream', async () => {
    const store = new OvertakenEngine();
    const streams = new StreamService(store, systemClock, LIMITS);
    const buckets = new BucketService(store, systemClock);
    await buckets.ensure('default', 'home');
    const name = bucketName('default', 'home');
    store.overtakeNext(() => [{ kind: 'delete', name, expected: store.versionOf(name) }]);
    const stream = streamRef('default', { kind: 'bucket', bucket: 'home', stream: 'one' });
    expect(await streams.create(stream, PLAIN, Buffer.from('abc'))).toEqual({
      kind: 'refused',
      refusal: { code: 'bucket-not-found', bucket: 'home' },
    });
    expect(store.latest(stream.name)).toBeUndefined();
  });
});
