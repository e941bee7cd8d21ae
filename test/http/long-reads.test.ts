import { describe, expect, test } from 'vitest';
import { onBothEngines, serve, type Served } from '../support/http/engines.ts';
import type { Answer } from '../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MIB = 1024 * 1024;

/** Three times what is read at once: records of very different sizes. */
function manyRecords(): string[] {
  const records: string[] = [];
  let bytes = 0;
  for (let index = 0; bytes < 3 * MIB; index += 1) {
    const record = JSON.stringify({ index, padding: 'x'.repeat((index * 7919) % 40_000) });
    records.push(record);
    bytes += record.length;
  }
  return records;
}

const RECORDS = manyRecords();

async function fill(
  server: Served,
  path: string,
  headers: Record<string, string>,
): Promise<string[]> {
  const offsets = [(await server.put(path, { headers })).offset];
  for (const body of RECORDS) offsets.push((await server.post(path, { headers, body })).offset);
  return offsets;
}

function expectWhole(answer: Answer, text: string, offset: string | undefined): void {
  expect(answer.status).toBe(200);
  expect(answer.body.length).toBe(text.length);
  expect(answer.text === text).toBe(true);
  expect(answer.header('content-length')).toBe(String(text.length));
  expect(answer.offset).toBe(offset);
  expect(answer.header('stream-up-to-date')).toBe('true');
}

async function expectReads(
  server: Served,
  path: string,
  offsets: string[],
  isJson: boolean,
): Promise<void> {
  for (const from of [0, 1, 40, RECORDS.length - 2]) {
    const rest = RECORDS.slice(from);
    const text = isJson ? `[${rest.join(',')}]` : rest.join('');
    const answer = await server.get(`${path}?offset=${offsets[from] ?? ''}`);
    expectWhole(answer, text, offsets.at(-1));
  }
}

onBothEngines('reads of more than is read at once', {}, (server) => {
  test.each([
    ['text', TEXT, false],
    ['JSON', JSON_TYPE, true],
  ] as const)('are answered whole: %s', async (_, headers, isJson) => {
    const path = server.freshPath();
    const offsets = await fill(server, path, headers);
    await expectReads(server, path, offsets, isJson);
    const fork = server.freshPath();
    const middle = offsets[60] ?? '';
    await server.put(fork, {
      headers: { 'Stream-Forked-From': path, 'Stream-Fork-Offset': middle },
    });
    const { offset } = await server.post(fork, { headers, body: '"own"' });
    const inherited = RECORDS.slice(0, 60);
    const text = isJson ? `[${[...inherited, '"own"'].join(',')}]` : `${inherited.join('')}"own"`;
    expectWhole(await server.get(fork), text, offset);
  });

  test('say that the stream is closed, carry a tag, and need not be sent again', async () => {
    const path = server.freshPath();
    await fill(server, path, TEXT);
    const open = await server.get(path);
    expect(open.isClosed).toBe(false);
    await server.post(path, { headers: { 'Stream-Closed': 'true' } });
    const closed = await server.get(path, { 'If-None-Match': open.tag });
    expect([closed.status, closed.isClosed]).toEqual([200, true]);
    expect(closed.tag).not.toBe(open.tag);
    const again = await server.get(path, { 'If-None-Match': closed.tag });
    expect([again.status, again.text]).toEqual([304, '']);
    const poll = await server.get(`${path}?offset=-1&live=long-poll`);
    expect([poll.status, poll.text === closed.text]).toEqual([200, true]);
  });

  test('end at the tail as it was, whatever is appended while they are sent', async () => {
    const path = server.freshPath();
    const offsets = await fill(server, path, JSON_TYPE);
    const { incoming } = await server.open('GET', path);
    const more = await server.post(path, { headers: JSON_TYPE, body: '"more"' });
    const pieces: Buffer[] = [];
    for await (const piece of incoming) if (Buffer.isBuffer(piece)) pieces.push(piece);
    expect(incoming.headers['stream-next-offset']).toBe(offsets.at(-1));
    expect(Buffer.concat(pieces).toString() === `[${RECORDS.join(',')}]`).toBe(true);
    const rest = await server.get(`${path}?offset=${offsets.at(-1) ?? ''}`);
    expect([rest.text, rest.offset]).toEqual(['["more"]', more.offset]);
  });

  test('break off when the stream is deleted meanwhile, and never end as if whole', async () => {
    const path = server.freshPath();
    await fill(server, path, TEXT);
    const { incoming } = await server.open('GET', path);
    // Nothing is taken off the connection until the stream is another one.
    await server.delete(path);
    await server.put(path, { headers: TEXT, body: 'another stream' });
    const pieces: Buffer[] = [];
    const reading = (async () => {
      for await (const piece of incoming) if (Buffer.isBuffer(piece)) pieces.push(piece);
    })();
    const isWhole = await reading.then(
      () => true,
      () => false,
    );
    const text = Buffer.concat(pieces).toString();
    const all = RECORDS.join('');
    if (isWhole) expect(text === all).toBe(true);
    else expect(all.startsWith(text)).toBe(true);
  });
});

onBothEngines('reads of more than a page may have', { pageBytes: 2 * MIB }, (server) => {
  test('get a first part, and go on from its end', async () => {
    const path = server.freshPath();
    await fill(server, path, JSON_TYPE);
    const seen: unknown[] = [];
    let offset = '-1';
    let pages = 0;
    for (;;) {
      const page = await server.get(`${path}?offset=${offset}`);
      expect(page.body.length).toBeLessThanOrEqual(2 * MIB + 1);
      if (Array.isArray(page.json))
        seen.push(...page.json.map((each: unknown) => JSON.stringify(each)));
      offset = page.offset;
      pages += 1;
      if (page.header('stream-up-to-date') === 'true') break;
    }
    expect(pages).toBeGreaterThan(1);
    expect(seen).toEqual(RECORDS);
  });
});

describe('long reads on disk', () => {
  const server = serve('embedded');

  test('are the same after a restart', async () => {
    const offsets = await fill(server, '/demo/long', JSON_TYPE);
    await server.restart();
    await expectReads(server, '/demo/long', offsets, true);
  });
});
