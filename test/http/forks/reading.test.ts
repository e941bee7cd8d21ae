import { describe, expect, test } from 'vitest';
import { onBothEngines, serve, type Served } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import type { Headers } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CLOSE = { 'Stream-Closed': 'true' };

/** What a fork inherits, and what it adds. */
interface Branch {
  readonly path: string;
  /** Each append's body, inherited ones included and cut where the fork cuts them. */
  readonly records: readonly string[];
  /** The offset before each record, and the tail. */
  readonly offsets: readonly string[];
}

async function root(server: Served, headers: Headers, bodies: readonly string[]): Promise<Branch> {
  const path = server.freshPath();
  const { offset } = await server.put(path, { headers });
  return grow(server, { path, records: [], offsets: [offset] }, headers, bodies);
}

async function grow(
  server: Served,
  branch: Branch,
  headers: Headers,
  bodies: readonly string[],
): Promise<Branch> {
  const offsets = [...branch.offsets];
  for (const body of bodies) {
    offsets.push((await server.post(branch.path, { headers, body })).offset);
  }
  return { path: branch.path, records: [...branch.records, ...bodies], offsets };
}

/** A fork that inherits that many records of its source. */
async function fork(server: Served, source: Branch, inherited: number): Promise<Branch> {
  const path = server.freshPath();
  const at = source.offsets[inherited] ?? 'no such offset';
  const headers = { 'Stream-Forked-From': source.path, 'Stream-Fork-Offset': at };
  const forked = await server.put(path, { headers });
  expect([forked.status, forked.offset]).toEqual([201, at]);
  return {
    path,
    records: source.records.slice(0, inherited),
    offsets: source.offsets.slice(0, inherited + 1),
  };
}

/** Reads from every offset to the end, page after page, and compares. */
async function expectReads(server: Served, branch: Branch, isJson: boolean): Promise<void> {
  for (const [index, from] of branch.offsets.entries()) {
    const expected = branch.records.slice(index);
    let got = '';
    const messages: unknown[] = [];
    let offset = from;
    for (let pages = 0; pages <= expected.length + 1; pages += 1) {
      const page = await server.get(`${branch.path}?offset=${offset}`);
      expect(page.status).toBe(200);
      const json = isJson ? page.json : undefined;
      if (Array.isArray(json)) messages.push(...json.map((each: unknown) => JSON.stringify(each)));
      else got += page.text;
      expect(branch.offsets).toContain(page.offset);
      offset = page.offset;
      if (page.header('stream-up-to-date') === 'true') break;
    }
    expect(isJson ? messages : got).toEqual(isJson ? expected : expected.join(''));
    expect(offset).toBe(branch.offsets.at(-1));
  }
}

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));

describe.each([
  ['pages of 1 byte', 1],
  ['pages of 5 bytes', 5],
  ['pages of 12 bytes', 12],
  ['large pages', 1 << 20],
])('forks of forks in %s', (name, pageBytes) => {
  onBothEngines(name, { pageBytes }, (server) => {
    test.each([
      ['text', TEXT, false],
      ['JSON', JSON_TYPE, true],
    ] as const)('are read over all boundaries: %s', async (_, headers, isJson) => {
      const a = await root(server, headers, numbers(1, 5));
      const b = await grow(server, await fork(server, a, 3), headers, numbers(200, 3));
      const c = await grow(server, await fork(server, b, 5), headers, numbers(3000, 2));
      // Of what it inherits, nothing is of its own source.
      const d = await grow(server, await fork(server, c, 2), headers, numbers(40_000, 2));
      const e = await fork(server, d, 4);
      const atRoot = await grow(server, await fork(server, c, 0), headers, ['7']);
      const aGrown = await grow(server, a, headers, numbers(90, 2));
      for (const branch of [aGrown, b, c, d, e, atRoot]) {
        await expectReads(server, branch, isJson);
      }
    });
  });
});

onBothEngines('reading forks', { pageBytes: 64 }, (server) => {
  test('what the source gets later is never seen', async () => {
    const a = await root(server, TEXT, ['one']);
    const b = await fork(server, a, 1);
    await server.post(a.path, { headers: { ...TEXT, ...CLOSE }, body: 'two' });
    const read = await server.get(b.path);
    expect([read.text, read.isClosed]).toEqual(['one', false]);
    expect((await server.post(b.path, { headers: TEXT, body: 'three' })).status).toBe(204);
    expect((await server.get(b.path)).text).toBe('onethree');
    expect((await server.get(a.path)).text).toBe('onetwo');
  });

  test('a JSON page over a boundary is one array', async () => {
    const a = await root(server, JSON_TYPE, ['1', '[2,3]']);
    const b = await fork(server, a, 2);
    await server.post(b.path, { headers: JSON_TYPE, body: '[4,5]' });
    expect((await server.get(b.path)).text).toBe('[1,2,3,4,5]');
  });

  test('a fork closes for itself, and only its last page says so', async () => {
    const a = await root(server, TEXT, ['x'.repeat(60)]);
    const b = await fork(server, a, 1);
    await server.post(b.path, { headers: { ...TEXT, ...CLOSE }, body: 'y'.repeat(60) });
    const first = await server.get(b.path);
    expect([first.text.length, first.isClosed]).toEqual([60, false]);
    const last = await server.get(`${b.path}?offset=${first.offset}`);
    expect([last.text.length, last.isClosed]).toEqual([60, true]);
    expect((await server.head(a.path)).isClosed).toBe(false);
  });

  test('SSE brings the inherited, then its own, and ends with its own closing', async () => {
    const a = await root(server, JSON_TYPE, numbers(1, 30));
    const b = await fork(server, a, 30);
    const c = await grow(server, await fork(server, b, 20), JSON_TYPE, ['"own"']);
    const reader = await EventStream.open(server, c.path);
    await server.post(a.path, { headers: JSON_TYPE, body: '"not mine"' });
    await server.post(b.path, { headers: JSON_TYPE, body: '"not mine either"' });
    await server.post(c.path, { headers: { ...JSON_TYPE, ...CLOSE }, body: '"last"' });
    await reader.ended;
    const seen = reader.data.flatMap((data): unknown => JSON.parse(data));
    expect(seen).toEqual([...numbers(1, 20).map(Number), 'own', 'last']);
    expect(reader.lastControl?.streamClosed).toBe(true);
  });

  test('tags of a source and its fork differ, and each matches its own', async () => {
    const a = await root(server, TEXT, ['one']);
    const b = await fork(server, a, 1);
    const [ofA, ofB] = [await server.get(a.path), await server.get(b.path)];
    expect(ofA.tag).not.toBe(ofB.tag);
    expect((await server.get(b.path, { 'If-None-Match': ofB.tag })).status).toBe(304);
    expect((await server.get(b.path, { 'If-None-Match': ofA.tag })).status).toBe(200);
  });

  test('an offset beyond the fork point is read from the fork, not from the source', async () => {
    const a = await root(server, TEXT, ['one', 'two', 'three']);
    const b = await fork(server, a, 1);
    for (const offset of a.offsets.slice(1)) {
      expect((await server.get(`${b.path}?offset=${offset}`)).text).toBe('');
    }
  });
});

describe('forks on disk', () => {
  const server = serve('embedded', { pageBytes: 5 });

  test('are read the same after a restart, and after more was appended', async () => {
    const a = await root(server, JSON_TYPE, numbers(1, 5));
    const b = await grow(server, await fork(server, a, 3), JSON_TYPE, numbers(20, 3));
    const c = await grow(server, await fork(server, b, 5), JSON_TYPE, numbers(300, 3));
    await server.restart();
    for (const branch of [a, b, c]) await expectReads(server, branch, true);
    const cGrown = await grow(server, c, JSON_TYPE, numbers(4000, 2));
    const d = await grow(server, await fork(server, cGrown, 9), JSON_TYPE, ['5']);
    for (const branch of [a, b, cGrown, d]) await expectReads(server, branch, true);
    await server.restart();
    for (const branch of [a, b, cGrown, d]) await expectReads(server, branch, true);
  });
});
