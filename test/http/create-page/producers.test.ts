import { describe, expect, test } from 'vitest';
import { freshName, onBothEngines, serve } from '../../support/http/engines.ts';
import { holdClock } from '../../support/http/held-clock.ts';
import type { Answer, Headers, HttpClient } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const CLOSE = { 'Stream-Closed': 'true' };

function by(id: string, epoch: number, seq: number): Headers {
  return {
    ...TEXT,
    'Producer-Id': id,
    'Producer-Epoch': String(epoch),
    'Producer-Seq': String(seq),
  };
}

async function contentOf(server: HttpClient, path: string): Promise<string> {
  return (await server.get(path)).text;
}

onBothEngines('producers', {}, (server) => {
  const freshPath = (): string => `/demo/${freshName()}`;

  describe('on PUT', () => {
    test('are remembered with the data, and told what was accepted', async () => {
      const path = freshPath();
      const created = await server.put(path, { headers: by('p', 3, 0), body: 'a' });
      expect(created.status).toBe(201);
      expect(created.header('producer-epoch')).toBe('3');
      expect(created.header('producer-seq')).toBe('0');
      const retry = await server.post(path, { headers: by('p', 3, 0), body: 'a' });
      expect(retry.status).toBe(204);
      expect(retry.header('producer-seq')).toBe('0');
      expect((await server.post(path, { headers: by('p', 3, 1), body: 'b' })).status).toBe(200);
      const stale = await server.post(path, { headers: by('p', 2, 0), body: 'c' });
      expect(stale.verdict).toBe('403 producer-fenced');
      expect(await contentOf(server, path)).toBe('ab');
    });

    test('may repeat the PUT, which changes nothing', async () => {
      const path = freshPath();
      const message = { headers: by('p', 0, 0), body: 'a' };
      const created = await server.put(path, message);
      const again = await server.put(path, message);
      expect([again.status, again.tag]).toEqual([200, created.tag]);
      expect(await contentOf(server, path)).toBe('a');
    });

    test('that close with it may repeat the closing as a POST', async () => {
      const path = freshPath();
      await server.put(path, { headers: { ...by('p', 0, 0), ...CLOSE }, body: 'all' });
      const retry = await server.post(path, {
        headers: { ...by('p', 0, 0), ...CLOSE },
        body: 'all',
      });
      expect([retry.status, retry.isClosed]).toEqual([204, true]);
      const next = await server.post(path, { headers: by('p', 0, 1), body: 'more' });
      expect(next.verdict).toBe('409 stream-closed');
    });

    test('are remembered without data, too', async () => {
      const path = freshPath();
      expect((await server.put(path, { headers: by('p', 0, 0) })).status).toBe(201);
      expect((await server.post(path, { headers: by('p', 0, 1), body: 'b' })).status).toBe(200);
    });
  });

  describe('on POST', () => {
    test('begin anew with a higher epoch, at zero', async () => {
      const path = freshPath();
      await server.put(path, { headers: by('p', 0, 0), body: 'a' });
      const late = await server.post(path, { headers: by('p', 1, 1), body: 'b' });
      expect(late.verdict).toBe('400 producer-epoch-must-start-at-zero');
      expect((await server.post(path, { headers: by('p', 1, 0), body: 'b' })).status).toBe(200);
      const zombie = await server.post(path, { headers: by('p', 0, 1), body: 'c' });
      expect(zombie.verdict).toBe('403 producer-fenced');
      expect(zombie.header('producer-epoch')).toBe('1');
      expect(await contentOf(server, path)).toBe('ab');
    });

    test('are told what was expected when they leave a gap', async () => {
      const path = freshPath();
      await server.put(path, { headers: by('p', 0, 0), body: 'a' });
      const gap = await server.post(path, { headers: by('p', 0, 4), body: 'b' });
      expect(gap.verdict).toBe('409 producer-gap');
      expect(gap.header('producer-expected-seq')).toBe('1');
      expect(gap.header('producer-received-seq')).toBe('4');
    });

    test('that send everything twice and at once are stored once and in order', async () => {
      const path = freshPath();
      await server.put(path, { headers: TEXT });
      for (let seq = 0; seq < 20; seq += 1) {
        const send = (): Promise<Answer> =>
          server.post(path, { headers: by('p', 0, seq), body: `${seq},` });
        const answers = await Promise.all([send(), send(), send()]);
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 204, 204]);
      }
      const all = Array.from({ length: 20 }, (_, seq) => `${seq},`).join('');
      expect(await contentOf(server, path)).toBe(all);
    });

    test('have nothing to do with each other', async () => {
      const path = freshPath();
      await server.put(path, { headers: TEXT });
      for (const id of ['p', 'P', 'p ', 'é']) {
        expect((await server.post(path, { headers: by(id.trim(), 0, 0), body: id })).status).toBe(
          id === 'p ' ? 204 : 200,
        );
      }
    });

    test('may use the largest numbers', async () => {
      const path = freshPath();
      const epoch = Number.MAX_SAFE_INTEGER;
      await server.put(path, { headers: by('p', epoch, 0), body: 'a' });
      const next = await server.post(path, { headers: by('p', epoch, 1), body: 'b' });
      expect([next.status, next.header('producer-epoch')]).toEqual([200, String(epoch)]);
    });

    test('do not advance when the request is refused', async () => {
      const path = freshPath();
      await server.put(path, { headers: { ...by('p', 0, 0), 'Stream-Seq': 'm' }, body: 'a' });
      const refused = [
        await server.post(path, {
          headers: { ...by('p', 0, 1), 'Content-Type': 'text/html' },
          body: 'b',
        }),
        await server.post(path, { headers: { ...by('p', 0, 1), 'Stream-Seq': 'a' }, body: 'b' }),
        await server.post(path, {
          headers: { ...by('p', 0, 1), 'If-Match': '"other"' },
          body: 'b',
        }),
        await server.post(path, { headers: by('p', 0, 1) }),
      ];
      expect(refused.map(({ status }) => status)).toEqual([409, 409, 412, 400]);
      expect((await server.post(path, { headers: by('p', 0, 1), body: 'b' })).status).toBe(200);
      expect(await contentOf(server, path)).toBe('ab');
    });
  });
});

describe.each(['embedded', 'memory'] as const)('bounded producers, %s engine', (engine) => {
  const clock = holdClock();
  const server = serve(engine, { producersPerStreamMax: 3, producerIdleMs: 60_000 });

  /** A stream that remembers as many producers as it may, each silent for longer than the next. */
  async function fullStream(): Promise<string> {
    const path = `/demo/${freshName()}`;
    await server.put(path, { headers: TEXT });
    for (const id of ['one', 'two', 'three']) {
      expect((await server.post(path, { headers: by(id, 0, 0), body: id })).status).toBe(200);
      clock.step(1000);
    }
    return path;
  }

  test('one more is refused while any of the others may still retry', async () => {
    const path = await fullStream();
    const { tag } = await server.head(path);
    const refused = await server.post(path, { headers: by('four', 0, 0), body: 'four' });
    expect(refused.verdict).toBe('429 too-many-producers');
    expect((await server.head(path)).tag).toBe(tag);
    expect((await server.post(path, { headers: by('one', 0, 0), body: 'one' })).status).toBe(204);
    expect((await server.post(path, { headers: by('one', 0, 1), body: '!' })).status).toBe(200);
    expect((await server.post(path, { headers: TEXT, body: 'nobody' })).status).toBe(204);
  });

  test('one more takes the place of the one that has been silent longest', async () => {
    const path = await fullStream();
    clock.step(57_500);
    expect((await server.post(path, { headers: by('four', 0, 0), body: '4' })).status).toBe(200);
    expect((await server.post(path, { headers: by('two', 0, 0), body: 'two' })).status).toBe(204);
    expect((await server.post(path, { headers: by('three', 0, 0), body: 'three' })).status).toBe(
      204,
    );
    const forgotten = await server.post(path, { headers: by('one', 0, 1), body: '!' });
    expect(forgotten.verdict).toBe('409 producer-gap');
    // `two` has been heard of meanwhile only in a retry, which writes nothing.
    const fifth = await server.post(path, { headers: by('five', 0, 0), body: '5' });
    expect(fifth.verdict).toBe('429 too-many-producers');
    clock.step(1000);
    expect((await server.post(path, { headers: by('five', 0, 0), body: '5' })).status).toBe(200);
    expect(await contentOf(server, path)).toBe('onetwothree45');
  });

  test('of several that have been silent long enough, the one silent longest goes', async () => {
    const path = await fullStream();
    await server.post(path, { headers: by('one', 0, 1), body: '!' });
    clock.step(600_000);
    expect((await server.post(path, { headers: by('four', 0, 0), body: '4' })).status).toBe(200);
    expect((await server.post(path, { headers: by('one', 0, 1), body: '!' })).status).toBe(204);
    expect((await server.post(path, { headers: by('three', 0, 0), body: 'three' })).status).toBe(
      204,
    );
    const forgotten = await server.post(path, { headers: by('two', 0, 1), body: '!' });
    expect(forgotten.verdict).toBe('409 producer-gap');
  });

  test('each stream has its own', async () => {
    await fullStream();
    await fullStream();
  });
});

describe('producers on disk', () => {
  const server = serve('embedded');

  test('are as they were after a restart', async () => {
    const path = '/demo/remembered';
    await server.put(path, { headers: by('p', 2, 0), body: 'a' });
    await server.post(path, { headers: by('p', 2, 1), body: 'b' });
    await server.restart();
    const retry = await server.post(path, { headers: by('p', 2, 1), body: 'b' });
    expect([retry.status, retry.header('producer-seq')]).toEqual([204, '1']);
    expect((await server.post(path, { headers: by('p', 1, 0), body: 'x' })).status).toBe(403);
    expect((await server.post(path, { headers: by('p', 2, 3), body: 'x' })).status).toBe(409);
    expect((await server.post(path, { headers: by('p', 2, 2), body: 'c' })).status).toBe(200);
    expect(await contentOf(server, path)).toBe('abc');
  });

  test('the closing request may be repeated after a restart', async () => {
    const path = '/demo/closed';
    await server.put(path, { headers: TEXT });
    const closing = { headers: { ...by('p', 0, 0), ...CLOSE, 'Stream-Seq': 's' }, body: 'last' };
    await server.post(path, closing);
    await server.restart();
    const retry = await server.post(path, closing);
    expect([retry.status, retry.isClosed]).toEqual([204, true]);
    expect(await contentOf(server, path)).toBe('last');
  });
});
