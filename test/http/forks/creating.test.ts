import { describe, expect, test } from 'vitest';
import { freshName, onBothEngines, serve } from '../../support/http/engines.ts';
import { holdClock } from '../../support/http/held-clock.ts';
import type { Answer, Headers } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const BYTES = { 'Content-Type': 'application/octet-stream' };
const ZERO = '0000000000000000_0000000000000000';
const at = (count: number): string => `${ZERO.slice(0, 17)}${String(count).padStart(16, '0')}`;

onBothEngines('making forks', { forkDepthMax: 3 }, (server) => {
  async function source(headers: Headers = TEXT, ...bodies: readonly string[]): Promise<string> {
    const path = server.freshPath();
    await server.put(path, { headers });
    for (const body of bodies) await server.post(path, { headers, body });
    return path;
  }

  const fork = (path: string, from: string, headers: Headers = {}): Promise<Answer> =>
    server.put(path, { headers: { 'Stream-Forked-From': from, ...headers } });

  const freshFork = async (from: string, headers: Headers = {}): Promise<[string, Answer]> => {
    const path = server.freshPath();
    return [path, await fork(path, from, headers)];
  };

  describe('a sub-offset', () => {
    test.each([0, 1, 4, 5])('of %i bytes cuts a record there', async (sub) => {
      const from = await source(BYTES, 'first', 'second', 'third');
      const headers = { 'Stream-Fork-Offset': at(5), 'Stream-Fork-Sub-Offset': String(sub) };
      const [path, forked] = await freshFork(from, headers);
      expect([forked.status, forked.offset]).toEqual([201, at(5 + sub)]);
      await server.post(path, { headers: BYTES, body: '|own' });
      expect((await server.get(path)).text).toBe(`first${'second'.slice(0, sub)}|own`);
      const own = await server.get(`${path}?offset=${forked.offset}`);
      expect(own.text).toBe('|own');
    });

    test('of more bytes than were appended there is refused', async () => {
      const from = await source(BYTES, 'first', 'second');
      for (const [offset, sub] of [
        [at(0), '6'],
        [at(5), '7'],
        [at(11), '1'],
      ] as const) {
        const headers = { 'Stream-Fork-Offset': offset, 'Stream-Fork-Sub-Offset': sub };
        const [, refused] = await freshFork(from, headers);
        expect(refused.verdict).toBe('400 fork-sub-offset-invalid');
      }
    });

    test.each([
      [0, '[1]'],
      [1, '[1,[2]]'],
      [2, '[1,[2],{"three":3}]'],
      [3, '[1,[2],{"three":3},4]'],
      [4, '[1,[2],{"three":3},4,5]'],
    ])('of %i JSON messages inherits them whole, over batches: %s', async (sub, text) => {
      const from = await source(JSON_TYPE, '1', '[[2],{"three":3}]', '[4,5]');
      const headers = { 'Stream-Fork-Offset': at(2), 'Stream-Fork-Sub-Offset': String(sub) };
      const [path, forked] = await freshFork(from, headers);
      expect(forked.status).toBe(201);
      expect((await server.get(path)).text).toBe(text);
      await server.post(path, { headers: JSON_TYPE, body: '"own"' });
      expect((await server.get(path)).text).toBe(`${text.slice(0, -1)},"own"]`);
    });

    test('of more JSON messages than there are is refused', async () => {
      const from = await source(JSON_TYPE, '[1,2,3]');
      const headers = { 'Stream-Fork-Offset': at(0), 'Stream-Fork-Sub-Offset': '4' };
      const [, refused] = await freshFork(from, headers);
      expect(refused.verdict).toBe('400 fork-sub-offset-invalid');
      const huge = { ...headers, 'Stream-Fork-Sub-Offset': String(Number.MAX_SAFE_INTEGER) };
      expect((await freshFork(from, huge))[1].verdict).toBe('400 fork-sub-offset-invalid');
    });

    test('of a fork counts in what the fork inherited, and cut there', async () => {
      const from = await source(BYTES, 'abcdefgh');
      const half = { 'Stream-Fork-Offset': at(0), 'Stream-Fork-Sub-Offset': '6' };
      const [middle] = await freshFork(from, half);
      await server.post(middle, { headers: BYTES, body: 'XYZ' });
      const cut = (offset: string, sub: number): Promise<[string, Answer]> =>
        freshFork(middle, { 'Stream-Fork-Offset': offset, 'Stream-Fork-Sub-Offset': String(sub) });
      const [inherited] = await cut(at(0), 4);
      expect((await server.get(inherited)).text).toBe('abcd');
      const [whole] = await cut(at(0), 6);
      expect((await server.get(whole)).text).toBe('abcdef');
      expect((await cut(at(0), 7))[1].verdict).toBe('400 fork-sub-offset-invalid');
      const [own] = await cut(at(6), 2);
      expect((await server.get(own)).text).toBe('abcdefXY');
    });
  });

  describe('an offset', () => {
    test('inside a record or a message is none that was answered', async () => {
      for (const from of [await source(BYTES, 'abcdef'), await source(JSON_TYPE, '[11,22]')]) {
        const [, refused] = await freshFork(from, { 'Stream-Fork-Offset': at(2) });
        expect(refused.verdict).toBe('400 fork-offset-invalid');
      }
    });

    test.each(['-1', 'now', '', 'x', '5', `${ZERO},${ZERO}`])('"%s" is refused', async (offset) => {
      const from = await source(BYTES, 'abcdef');
      const [, refused] = await freshFork(from, { 'Stream-Fork-Offset': offset });
      expect(refused.verdict).toBe('400 invalid-header');
    });

    test('of the very tail is fine, one beyond it is not', async () => {
      const from = await source(BYTES, 'abcdef');
      expect((await freshFork(from, { 'Stream-Fork-Offset': at(6) }))[1].status).toBe(201);
      const [, beyond] = await freshFork(from, { 'Stream-Fork-Offset': at(7) });
      expect(beyond.verdict).toBe('400 fork-offset-invalid');
    });
  });

  describe('a body', () => {
    test('is appended behind what is inherited', async () => {
      const from = await source(JSON_TYPE, '[1,2]');
      const path = server.freshPath();
      const headers = { 'Stream-Forked-From': from, 'Stream-Fork-Offset': at(2) };
      const forked = await server.put(path, { headers, body: '[3,4]' });
      expect([forked.status, forked.offset]).toEqual([201, at(6)]);
      expect((await server.get(path)).text).toBe('[1,3,4]');
    });

    test('that is no JSON is refused, and leaves no reference', async () => {
      const from = await source(JSON_TYPE, '1');
      const path = server.freshPath();
      const message = { headers: { 'Stream-Forked-From': from }, body: '{' };
      expect((await server.put(path, message)).verdict).toBe('400 invalid-json');
      await server.delete(from);
      expect((await server.head(from)).status).toBe(404);
    });
  });

  describe('again', () => {
    test('with the same headers is 200, whatever has happened meanwhile', async () => {
      const from = await source(BYTES, 'abc', 'def');
      const headers = { 'Stream-Fork-Offset': at(3), 'Stream-Fork-Sub-Offset': '2' };
      const [path, made] = await freshFork(from, headers);
      expect((await fork(path, from, headers)).tag).toBe(made.tag);
      await server.post(from, { headers: BYTES, body: 'more' });
      await server.post(path, { headers: BYTES, body: 'own' });
      expect((await fork(path, from, headers)).status).toBe(200);
      await server.delete(from);
      expect((await fork(path, from, headers)).status).toBe(200);
      expect((await server.get(path)).text).toBe('abcdeown');
    });

    test('without an offset is 200 though the source has grown', async () => {
      const from = await source(BYTES, 'abc');
      const [path] = await freshFork(from);
      await server.post(from, { headers: BYTES, body: 'def' });
      expect((await fork(path, from)).status).toBe(200);
      expect((await server.get(path)).text).toBe('abc');
    });

    test('with another source, offset or sub-offset is 409', async () => {
      const from = await source(BYTES, 'abc', 'def');
      const other = await source(BYTES, 'abc', 'def');
      const headers = { 'Stream-Fork-Offset': at(3), 'Stream-Fork-Sub-Offset': '1' };
      const [path] = await freshFork(from, headers);
      for (const answer of [
        await fork(path, other, headers),
        await fork(path, from, { ...headers, 'Stream-Fork-Offset': at(0) }),
        await fork(path, from, { ...headers, 'Stream-Fork-Sub-Offset': '2' }),
        await fork(path, from, { 'Stream-Fork-Offset': at(3) }),
        await server.put(path, { headers: BYTES }),
      ]) {
        expect(answer.verdict).toBe('409 stream-differs');
      }
      // None of them took hold of its source.
      await server.delete(other);
      expect((await server.head(other)).status).toBe(404);
    });

    test('as a plain stream that is no fork is 409', async () => {
      const from = await source(BYTES, 'abc');
      const plain = await source(BYTES, 'abc');
      expect((await fork(plain, from)).verdict).toBe('409 stream-differs');
    });

    test('by many at once is made once, and holds its source once', async () => {
      const from = await source(BYTES, 'abc');
      const path = server.freshPath();
      const answers = await Promise.all(Array.from({ length: 15 }, () => fork(path, from)));
      const made = answers.filter(({ status }) => status === 201);
      expect(made).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(14);
      await server.delete(from);
      await server.delete(path);
      expect((await server.head(from)).status).toBe(404);
    });
  });

  describe('the two addresses', () => {
    test('fork from each other', async () => {
      const name = freshName();
      await server.put(`/demo/${name}`, { headers: TEXT, body: 'abc' });
      const [based] = await freshFork(`/demo/${name}`);
      await server.post(based, { headers: TEXT, body: 'def' });
      expect((await fork(`/demo/${name}-2`, based)).status).toBe(201);
      expect((await server.get(`/demo/${name}-2`)).text).toBe('abcdef');
      await server.delete(`/demo/${name}`);
      await server.delete(based);
      expect((await server.get(`/demo/${name}-2`)).text).toBe('abcdef');
      expect((await server.delete(`/demo/${name}-2`)).status).toBe(204);
      expect((await server.head(based)).status).toBe(404);
      expect((await server.head(`/demo/${name}`)).status).toBe(404);
    });

    test('are read after percent decoding, in the source as in the path', async () => {
      const name = freshName();
      await server.put(`/demo/${name}%20%C3%A4`, { headers: TEXT, body: 'abc' });
      const [path, forked] = await freshFork(`/demo/${name}%20%c3%a4`);
      expect(forked.status).toBe(201);
      expect((await fork(path, `/%64emo/${name}%20%C3%A4`)).status).toBe(200);
      await server.put('/v1/stream/deep/er/one', { headers: TEXT, body: 'deep' });
      expect((await freshFork('/v1/stream/deep%2Fer/%6Fne'))[1].status).toBe(201);
    });

    test.each([
      '/demo',
      '/demo/streams',
      '/',
      '/demo/%zz',
      '/-/healthy',
      'http://host/demo/x',
      'demo/x',
    ])('%s is no source', async (from) => {
      expect((await freshFork(from))[1].verdict).toBe('400 invalid-header');
    });

    test('a source that is not there is 404, as is a bucket for the fork', async () => {
      expect((await freshFork(server.freshPath()))[1].verdict).toBe('404 fork-source-not-found');
      const self = server.freshPath();
      expect((await fork(self, self)).verdict).toBe('404 fork-source-not-found');
      const from = await source();
      expect((await fork(`/${freshName()}/x`, from)).verdict).toBe('404 bucket-not-found');
      await server.delete(from);
      expect((await server.head(from)).status).toBe(404);
    });
  });

  test('forks of forks end at a depth that is told', async () => {
    const paths = [await source(TEXT, 'abc')];
    for (let depth = 1; depth <= 3; depth += 1) {
      const [path, forked] = await freshFork(paths.at(-1) ?? '');
      expect(forked.status).toBe(201);
      paths.push(path);
    }
    const [deepest = '', below = ''] = paths.slice(-1).concat(paths.slice(-2, -1));
    const [, refused] = await freshFork(deepest);
    expect(refused.verdict).toBe('400 fork-too-deep');
    expect(refused.text).toContain('3');
    expect((await fork(deepest, below)).status).toBe(200);
    // A sibling is as deep as the deepest, and the refused one holds nothing.
    expect((await freshFork(below))[1].status).toBe(201);
    await server.delete(deepest);
    expect((await server.head(deepest)).status).toBe(404);
  });
});

describe.each(['embedded', 'memory'] as const)('lifetimes of forks, %s engine', (engine) => {
  const clock = holdClock();
  const server = serve(engine);
  const ttl = { 'Stream-TTL': '100' };
  const otherTtl = { 'Stream-TTL': '200' };
  const end = { 'Stream-Expires-At': '2031-01-01T00:00:00Z' };
  const otherEnd = { 'Stream-Expires-At': '2032-01-01T00:00:00Z' };

  const table: readonly (readonly [string, Headers, Headers, Headers])[] = [
    ['none and none: none', {}, {}, {}],
    ['none and a TTL: its own', {}, ttl, ttl],
    ['none and an end: its own', {}, end, end],
    ['a TTL and none: the same, running on its own', ttl, {}, ttl],
    ['a TTL and a TTL: its own', ttl, otherTtl, otherTtl],
    ['a TTL and an end: its own', ttl, end, end],
    ['an end and none: the same', end, {}, end],
    ['an end and a TTL: its own', end, ttl, ttl],
    ['an end and an end: its own', end, otherEnd, otherEnd],
  ];

  test.each(table)('%s', async (_, ofSource, asked, expected) => {
    const [from, path] = [server.freshPath(), server.freshPath()];
    await server.put(from, { headers: { ...TEXT, ...ofSource } });
    const headers = { 'Stream-Forked-From': from, ...asked };
    expect((await server.put(path, { headers })).status).toBe(201);
    const head = await server.head(path);
    const lifetime = Object.fromEntries(
      ['Stream-TTL', 'Stream-Expires-At'].flatMap((name) => {
        const value = head.header(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    expect(lifetime).toEqual(expected);
    expect((await server.put(path, { headers })).status).toBe(200);
  });

  test("an inherited TTL runs by the fork's own reads and writes", async () => {
    const [from, path] = [server.freshPath(), server.freshPath()];
    await server.put(from, { headers: { ...TEXT, 'Stream-TTL': '10' }, body: 'abc' });
    clock.step(6000);
    await server.put(path, { headers: { 'Stream-Forked-From': from } });
    clock.step(6000);
    expect((await server.head(from)).status).toBe(410);
    expect((await server.get(path)).text).toBe('abc');
    clock.step(9999);
    expect((await server.head(path)).status).toBe(200);
    clock.step(1002);
    expect((await server.head(path)).status).toBe(404);
  });

  test('an expired stream cannot be forked: 404, or 409 while forks hold it', async () => {
    const [free, held] = [server.freshPath(), server.freshPath()];
    for (const from of [free, held]) {
      await server.put(from, { headers: { ...TEXT, 'Stream-TTL': '10' }, body: 'abc' });
    }
    const lasting = { 'Stream-Forked-From': held, 'Stream-TTL': '1000' };
    await server.put(server.freshPath(), { headers: lasting });
    clock.step(10_000);
    const fork = (from: string): Promise<Answer> =>
      server.put(server.freshPath(), { headers: { 'Stream-Forked-From': from } });
    expect((await fork(free)).verdict).toBe('404 fork-source-not-found');
    expect((await fork(held)).verdict).toBe('409 fork-source-gone');
  });

  test('an expired fork may be made again under its name, from the same source or another', async () => {
    const [from, other, path] = [server.freshPath(), server.freshPath(), server.freshPath()];
    await server.put(from, { headers: TEXT, body: 'abc' });
    await server.put(other, { headers: TEXT, body: 'xyz' });
    for (const source of [from, from, other]) {
      const headers = { 'Stream-Forked-From': source, 'Stream-TTL': '10' };
      expect((await server.put(path, { headers })).status).toBe(201);
      clock.step(10_000);
    }
    expect((await server.put(path, { headers: TEXT })).status).toBe(201);
    // All references are given back: nothing holds the sources.
    for (const source of [from, other]) {
      await server.delete(source);
      expect((await server.head(source)).status).toBe(404);
    }
  });
});
