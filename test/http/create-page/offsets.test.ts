import { describe, expect, test } from 'vitest';
import { freshName, onBothEngines, serve } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { untilLiveReaders } from '../../support/http/until.ts';
import type { HttpClient } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MESSAGES = ['{"a":1}', '22', '"three"', '[4,[4]]', 'null', '{"long":"message"}'];

/** The offset that is `count` bytes behind the start. */
const offsetAt = (count: number): string => `${'0'.repeat(16)}_${String(count).padStart(16, '0')}`;

const numberIn = (offset: string): number => Number(offset.slice(17));

async function jsonStream(server: HttpClient): Promise<{ path: string; ends: number[] }> {
  const path = `/demo/${freshName()}`;
  await server.put(path, { headers: JSON_TYPE });
  const ends: number[] = [];
  for (const body of MESSAGES) {
    // An array of one, so that a message that is an array stays one.
    const { offset } = await server.post(path, { headers: JSON_TYPE, body: `[${body}]` });
    ends.push(numberIn(offset));
  }
  return { path, ends };
}

async function expectWholeMessages(
  server: HttpClient,
  path: string,
  ends: number[],
): Promise<void> {
  const tail = ends.at(-1) ?? 0;
  for (let at = 0; at <= tail; at += 1) {
    const first = ends.findIndex((end) => end > at);
    const expected = first < 0 ? [] : MESSAGES.slice(first);
    const read = await server.get(`${path}?offset=${offsetAt(at)}`);
    expect(read.text).toBe(`[${expected.join(',')}]`);
    expect(read.offset).toBe(offsetAt(tail));
  }
}

onBothEngines('offsets', {}, (server) => {
  test('are strictly increasing, as text and as numbers', async () => {
    const path = `/demo/${freshName()}`;
    const offsets = [(await server.put(path, { headers: TEXT })).offset];
    for (let count = 1; count <= 12; count += 1) {
      offsets.push((await server.post(path, { headers: TEXT, body: 'x'.repeat(count) })).offset);
    }
    expect(offsets).toEqual([...offsets].sort());
    expect(new Set(offsets).size).toBe(13);
    for (const offset of offsets) expect(offset).toMatch(/^[0-9_]{33}$/);
  });

  test('inside a JSON message read that whole message and what follows', async () => {
    const { path, ends } = await jsonStream(server);
    await expectWholeMessages(server, path, ends);
  });

  test('inside a JSON message do so over a long-poll and SSE, too', async () => {
    const { path, ends } = await jsonStream(server);
    const offset = offsetAt((ends[2] ?? 0) + 1);
    const expected = `[${MESSAGES.slice(3).join(',')}]`;
    expect((await server.get(`${path}?offset=${offset}&live=long-poll`)).text).toBe(expected);
    const reader = await EventStream.open(server, path, { offset });
    await reader.until(({ data }) => data.length > 0);
    expect(reader.data).toEqual([expected]);
    await reader.cut();
  });

  describe('past the tail', () => {
    const FAR = [offsetAt(4), offsetAt(1000), offsetAt(Number.MAX_SAFE_INTEGER)];

    test.each(FAR)('%s reads as the tail', async (offset) => {
      for (const [headers, body, empty] of [
        [TEXT, 'abc', ''],
        [JSON_TYPE, '12', '[]'],
      ] as const) {
        const path = `/demo/${freshName()}`;
        await server.put(path, { headers, body });
        const read = await server.get(`${path}?offset=${offset}`);
        expect([read.status, read.text]).toEqual([200, empty]);
        expect(read.offset).toBe(offsetAt(3));
        expect(read.header('stream-up-to-date')).toBe('true');
        const next = { headers, body: '34' };
        await server.post(path, next);
        expect((await server.get(`${path}?offset=${read.offset}`)).text).toContain('34');
      }
    });

    test('a long-poll waits, and gets what comes next', async () => {
      const path = `/demo/${freshName()}`;
      await server.put(path, { headers: TEXT, body: 'abc' });
      const polling = server.get(`${path}?offset=${offsetAt(1000)}&live=long-poll`);
      await untilLiveReaders(server, 1);
      await server.post(path, { headers: TEXT, body: 'def' });
      const { text, offset } = await polling;
      expect({ text, offset }).toEqual({ text: 'def', offset: offsetAt(6) });
    });

    test('SSE begins at the tail', async () => {
      const path = `/demo/${freshName()}`;
      await server.put(path, { headers: TEXT, body: 'abc' });
      const reader = await EventStream.open(server, path, { offset: offsetAt(1000) });
      await reader.until(({ controls }) => controls.length > 0);
      expect(reader.lastControl).toMatchObject({ streamNextOffset: offsetAt(3), upToDate: true });
      await server.post(path, { headers: TEXT, body: 'def' });
      await reader.until(({ data }) => data.length > 0);
      expect(reader.data).toEqual(['def']);
      await reader.cut();
    });
  });
});

onBothEngines('offsets in small pages', { pageBytes: 10 }, (server) => {
  test('lead through a JSON stream message by message, each page an array', async () => {
    const { path } = await jsonStream(server);
    const seen: unknown[] = [];
    let offset = '-1';
    for (let page = 0; page < 100; page += 1) {
      const read = await server.get(`${path}?offset=${offset}`);
      const { json } = read;
      expect(Array.isArray(json)).toBe(true);
      if (Array.isArray(json)) seen.push(...json.map((each: unknown) => JSON.stringify(each)));
      offset = read.offset;
      if (read.header('stream-up-to-date') === 'true') break;
    }
    expect(seen).toEqual(MESSAGES);
  });
});

describe('offsets on disk', () => {
  const server = serve('embedded');

  test('inside a JSON message mean the same before and after a restart', async () => {
    const { path, ends } = await jsonStream(server);
    await server.restart();
    await expectWholeMessages(server, path, ends);
    const more = await server.post(path, { headers: JSON_TYPE, body: '"more"' });
    expect(numberIn(more.offset)).toBeGreaterThan(ends.at(-1) ?? 0);
    const rest = await server.get(`${path}?offset=${offsetAt((ends.at(-1) ?? 0) - 1)}`);
    expect(rest.text).toBe(`[${MESSAGES.at(-1) ?? ''},"more"]`);
  });
});
