import { describe, expect, test } from 'vitest';
import { onBothEngines, serve } from '../../support/http/engines.ts';
import { ManagedStreams, messagesOf, offsetBehind } from '../../support/http/managed-streams.ts';

onBothEngines('a managed stream, read as a durable one', {}, (served) => {
  const streams = new ManagedStreams(served);

  test('brings all its messages as one array, from the start and without saying where', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1', '"two"');
    await streams.publish(name, 'b', '[3]', 'null');
    for (const query of ['offset=-1', '', `offset=${offsetBehind(0)}`]) {
      const read = await streams.read(name, query);
      expect(read.status).toBe(200);
      expect(read.text).toBe('[1,"two",[3],null]');
      expect(read.header('content-type')).toBe('application/json');
      expect(read.offset).toBe(offsetBehind(4));
      expect(read.header('stream-up-to-date')).toBe('true');
      expect(read.isClosed).toBe(false);
    }
  });

  test('goes on from an offset, and from the tail brings nothing', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1', '2');
    const first = await streams.read(name);
    await streams.publish(name, 'a', '3');
    const second = await streams.read(name, `offset=${first.offset}`);
    expect([second.text, second.offset]).toEqual(['[3]', offsetBehind(3)]);
    for (const offset of [second.offset, 'now', offsetBehind(100)]) {
      const none = await streams.read(name, `offset=${offset}`);
      expect([none.status, none.text, none.offset]).toEqual([200, '[]', offsetBehind(3)]);
      expect(none.header('stream-up-to-date')).toBe('true');
    }
  });

  test('brings an empty array of an empty stream', async () => {
    const name = await streams.create();
    const read = await streams.read(name);
    expect([read.status, read.text, read.offset]).toEqual([200, '[]', offsetBehind(0)]);
  });

  test('brings bodies byte for byte as they were published', async () => {
    const name = await streams.create();
    const bodies = [
      '123456789012345678901234567890.10e+5',
      '{"z": 1, "a" :2,"10":3,"9":4, "z":5}',
      '"\\u00e9 \\/ é\u2028"',
      '[ ]',
      '-0.0',
    ];
    await streams.publish(name, 'a', ...bodies);
    expect((await streams.read(name)).text).toBe(`[${bodies.join(',')}]`);
    const reader = await streams.follow(name);
    await reader.until(({ data }) => data.length === 1);
    expect(reader.data).toEqual([`[${bodies.join(',')}]`]);
    await reader.cut();
  });

  test('brings in pages what is more than a page, and says when that was all', async () => {
    const name = await streams.create();
    const count = 40;
    const long = 'x'.repeat(64 * 1024);
    for (let from = 0; from < count; from += 10) {
      const bodies = Array.from({ length: 10 }, (_, index) => `"${from + index}${long}"`);
      await streams.publish(name, 'a', ...bodies);
    }
    const seen: string[] = [];
    const isUpToDate: boolean[] = [];
    for (let offset = '-1'; isUpToDate.at(-1) !== true;) {
      const page = await streams.read(name, `offset=${offset}`);
      expect(page.body.length).toBeLessThan(1.1 * 1024 * 1024);
      seen.push(...page.text.slice(2, -2).split('","'));
      isUpToDate.push(page.header('stream-up-to-date') === 'true');
      offset = page.offset;
    }
    expect(isUpToDate).toEqual([false, false, true]);
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `${index}${long}`));
  });

  test('is not kept by caches, and answered for again only when it differs', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1', '2', '3');
    const read = await streams.read(name);
    expect(read.header('cache-control')).toBe('no-cache');
    expect(read.header('vary')).toBe('Origin');
    const ifNoneMatch = { 'If-None-Match': read.tag };
    const again = await streams.read(name, 'offset=-1', ifNoneMatch);
    expect([again.status, again.text]).toEqual([304, '']);
    expect([again.tag, again.offset]).toEqual([read.tag, read.offset]);

    await streams.removeMessages(name, '2');
    const shorter = await streams.read(name, 'offset=-1', ifNoneMatch);
    expect([shorter.status, shorter.text]).toEqual([200, '[1,3]']);
    expect(shorter.tag).not.toBe(read.tag);

    await streams.publish(name, 'a', '4');
    const longer = await streams.read(name, 'offset=-1', { 'If-None-Match': shorter.tag });
    expect([longer.status, longer.text]).toEqual([200, '[1,3,4]']);
  });

  test('has another tag for another choice and another view', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1');
    const queries = ['', `subject=${name}.*`, `subject=${name}.%3E`, 'view=envelope'];
    const tags = await Promise.all(
      queries.map(async (query) => (await streams.read(name, `offset=-1&${query}`)).tag),
    );
    expect(new Set(tags).size).toBe(queries.length);
    for (const tag of tags) expect(tag).toMatch(/^"[!#-~]+"$/);
  });

  test('made anew under its name has other tags', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '"old"');
    const old = await streams.read(name);
    await streams.remove(name);
    expect((await streams.read(name)).verdict).toBe('404 stream-not-found');
    await streams.create({}, name);
    await streams.publish(name, 'a', '"new"');
    const read = await streams.read(name, 'offset=-1', { 'If-None-Match': old.tag });
    expect([read.status, read.text]).toEqual([200, '["new"]']);
    expect((await streams.head(name)).tag).not.toBe(old.tag);
  });

  test('tells with HEAD what it is, where it ends and how to name its state', async () => {
    const name = await streams.create();
    const empty = await streams.head(name);
    expect([empty.status, empty.offset]).toEqual([200, offsetBehind(0)]);
    await streams.publish(name, 'a', '1', '2');
    const head = await streams.head(name);
    expect(head.status).toBe(200);
    expect(head.header('content-type')).toBe('application/json');
    expect(head.offset).toBe(offsetBehind(2));
    expect(head.header('cache-control')).toBe('no-store');
    expect(head.tag).not.toBe(empty.tag);
    expect(head.body).toHaveLength(0);
  });

  test('is not found where there is none, whatever its name', async () => {
    for (const name of ['absent', 'a.b', 'a%20b', '%2e%2e', 'x'.repeat(256), '%00', '', 'a%2Fb']) {
      for (const query of ['offset=-1', 'offset=now&live=long-poll', 'offset=-1&live=sse']) {
        expect((await streams.read(name, query)).verdict, name).toBe('404 stream-not-found');
      }
      expect((await streams.head(name)).status, name).toBe(404);
    }
    expect((await streams.append('absent', '1')).verdict).toBe('404 stream-not-found');
  });

  test('says of what is not there where it is made', async () => {
    const there = 'create it with PUT /storage/streams/{name}.';
    expect((await streams.read('absent')).text).toContain(there);
    expect((await streams.append('absent', '1')).text).toContain(there);
    expect((await served.get('/demo/absent')).text).toContain('create it with PUT.');
  });

  test('is created and deleted with the storage API alone', async () => {
    const name = await streams.create();
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = await served.send(method, `/streams/${name}`);
      expect(answer.verdict).toBe('405 method-not-allowed');
      expect(answer.header('allow')).toBe('GET, HEAD, POST, OPTIONS');
    }
    const options = await served.send('OPTIONS', `/streams/${name}`);
    expect([options.status, options.header('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    expect(options.header('access-control-allow-headers')).toContain('Stream-Subject');
  });

  test.each([
    'offset=abc',
    'offset=12',
    'live=sse',
    'live=long-poll',
    'offset=-1&live=forever',
    'offset=-1&subject=',
    'offset=-1&subject=a..b',
    'offset=-1&subject=a%20b',
    'offset=-1&subject=%3E.a',
    'offset=-1&subject=a&subject=b',
    'offset=-1&view=other',
    'offset=-1&view=',
  ])('refuses ?%s', async (query) => {
    const name = await streams.create();
    expect((await streams.read(name, query)).verdict).toBe('400 invalid-query');
  });
});

describe('a managed stream on disk', () => {
  const served = serve('embedded');
  const streams = new ManagedStreams(served);

  test('is read on from where it was after a restart', async () => {
    const name = await streams.create();
    await streams.publish(name, 'a', '1', '2');
    const before = await streams.read(name);
    const reader = await streams.follow(name);
    await reader.until(({ data }) => data.length === 1);
    await served.restart();
    await reader.ended;
    expect((await streams.read(name, 'offset=-1')).text).toBe('[1,2]');
    const head = await streams.head(name);
    expect(head.offset).toBe(before.offset);
    await streams.publish(name, 'a', '3');
    expect((await streams.read(name, `offset=${before.offset}`)).text).toBe('[3]');
    const offset = reader.lastControl?.streamNextOffset ?? '';
    const next = await streams.follow(name, `offset=${offset}`);
    await next.until(({ data }) => data.length === 1);
    expect(messagesOf(next)).toEqual([3]);
    await next.cut();
  });
});
