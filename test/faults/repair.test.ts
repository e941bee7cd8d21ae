import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureOf, type Mortal } from './support/mortal.ts';
import { mortal } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';

const HEADERS = { 'Content-Type': 'text/plain' };
const APPENDS = 24;
/** Nothing is taken into the index while appending, and a segment holds a few appends. */
const FLAGS = ['--checkpoint-interval-ms', '3600000', '--wal-segment-bytes', '8192'];
const BODY_BYTES = 1500;

function body(count: number): string {
  return `${count}.`.padEnd(BODY_BYTES, 'x');
}

function bodies(count: number): string {
  return Array.from({ length: count }, (_, at) => body(at)).join('');
}

/** A folder whose log holds everything, in several segments, and what was in it before the log. */
async function died(): Promise<Mortal> {
  const server = await mortal({ flags: FLAGS });
  const { client } = server;
  expect((await client.put('/demo/before', { headers: HEADERS, body: 'kept' })).status).toBe(201);
  expect((await client.put('/demo/stream', { headers: HEADERS })).status).toBe(201);
  for (let count = 0; count < APPENDS; count += 1) {
    const answer = await client.post('/demo/stream', { headers: HEADERS, body: body(count) });
    expect(answer.status).toBe(204);
  }
  await server.die();
  return server;
}

function walOf({ dataDir }: Mortal): string {
  return join(dataDir, 'wal');
}

async function segmentsOf(server: Mortal, folder = walOf(server)): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.wal')).sort();
}

/** Every file of the folder with its bytes. LMDB's lock file is nobody's data. */
async function bytesOf({ dataDir }: Mortal): Promise<Map<string, Buffer>> {
  const found = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && entry.name !== 'lock.mdb');
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const)),
  );
}

/** Flips a bit of the append's own bytes, and says where they stand. */
async function damage(server: Mortal, segment: string, append: number): Promise<number> {
  const path = join(walOf(server), segment);
  const bytes = await readFile(path);
  const at = bytes.indexOf(body(append));
  expect(at, `append ${append} is in ${segment}`).toBeGreaterThan(0);
  bytes[at + 700] = (bytes[at + 700] ?? 0) ^ 0x04;
  await writeFile(path, bytes);
  return at;
}

/** The appends that a segment holds. */
async function appendsIn(server: Mortal, segment: string): Promise<number[]> {
  const bytes = await readFile(join(walOf(server), segment));
  return Array.from({ length: APPENDS }, (_, count) => count).filter((count) =>
    bytes.includes(body(count)),
  );
}

interface Place {
  readonly what: string;
  /** Which of how many segments, and which of the appends in it. */
  readonly segmentAt: (count: number) => number;
  readonly appendAt: number;
}

const PLACES: readonly Place[] = [
  { what: 'of a sealed segment', segmentAt: (count) => Math.floor(count / 2), appendAt: 1 },
  { what: 'in the middle of the last segment', segmentAt: (count) => count - 1, appendAt: 0 },
];

describe.each(PLACES)('a damaged byte $what', ({ segmentAt, appendAt }) => {
  test('keeps the server from starting, until it is told to go on without the rest', async () => {
    const server = await died();
    const { client } = server;
    const segments = await segmentsOf(server);
    expect(segments.length).toBeGreaterThan(4);
    const at = segmentAt(segments.length);
    const segment = segments[at] ?? '';
    const append = (await appendsIn(server, segment))[appendAt] ?? -1;
    const byte = await damage(server, segment, append);
    const lost = segments.slice(at);
    const before = await bytesOf(server);

    const { exitCode, output } = await failureOf(server.start());
    expect(exitCode).toBe(1);
    const place = /, byte (\d+): a frame is damaged that had been acknowledged/.exec(output);
    expect(output).toContain(join(walOf(server), segment));
    // The frame begins a little before the append's own bytes.
    expect(byte - Number(place?.[1])).toBeGreaterThan(0);
    expect(byte - Number(place?.[1])).toBeLessThan(100);
    expect(output).toContain('Nothing was changed');
    expect(output).toMatch(/--repair, which keeps the commits up to \d+, gives up all after it/);
    for (const name of lost) expect(output).toContain(name);
    expect(await bytesOf(server)).toEqual(before);

    await server.start({ flags: [...FLAGS, '--repair'] });
    const kept = bodies(append);
    expect(await readAll(client, '/demo/before')).toBe('kept');
    expect(await readAll(client, '/demo/stream')).toBe(kept);
    expect(server.server.output()).toContain('repaired the log');
    const aside = join(walOf(server), 'lost', '0001');
    expect(await segmentsOf(server, aside)).toEqual(lost);
    for (const name of lost) {
      const bytes = await readFile(join(aside, name));
      expect(bytes.equals(before.get(join(walOf(server), name)) ?? Buffer.alloc(0))).toBe(true);
    }
    expect((await client.post('/demo/stream', { headers: HEADERS, body: 'new' })).status).toBe(204);
    await server.die();

    await server.start({ flags: FLAGS });
    expect(await readAll(client, '/demo/before')).toBe('kept');
    expect(await readAll(client, '/demo/stream')).toBe(`${kept}new`);
    expect(await server.stop()).toBe(0);
    expect(await segmentsOf(server, aside)).toEqual(lost);
  });
});

test('a damaged log whose index is gone too is repaired as long as it has its beginning', async () => {
  const server = await died();
  const segments = await segmentsOf(server);
  const second = segments[1] ?? '';
  const [append = -1] = await appendsIn(server, second);
  await damage(server, second, append);
  await rm(join(server.dataDir, 'index'), { recursive: true });
  expect((await failureOf(server.start())).output).toContain('--repair');
  await server.start({ flags: [...FLAGS, '--repair'] });
  await server.restart({ flags: FLAGS });
  expect(await readAll(server.client, '/demo/before')).toBe('kept');
  expect(await readAll(server.client, '/demo/stream')).toBe(bodies(append));
});

test('a log without its beginning is no use without an index, and a repair says so', async () => {
  const server = await died();
  const first = (await segmentsOf(server)).slice(0, 2);
  for (const name of first) await rm(join(walOf(server), name));
  await rm(join(server.dataDir, 'index'), { recursive: true });
  const wal = await segmentsOf(server);
  const { exitCode, output } = await failureOf(server.start({ flags: [...FLAGS, '--repair'] }));
  expect(exitCode).toBe(1);
  expect(output).toContain('the index is missing');
  expect(output).toContain('Restore the folder from a backup');
  expect(await segmentsOf(server)).toEqual(wal);
});

describe('after a repair', () => {
  test('no tag of a former answer fits what now stands at its offsets', async () => {
    const server = await died();
    const { client } = server;
    await server.start({ flags: FLAGS });
    const offset = '0000000000000000_0000000000000000';
    const path = `/demo/stream?offset=${offset}`;
    const tag = (await client.get(path)).headers.etag ?? '';
    expect((await client.get(path, { 'If-None-Match': tag })).status).toBe(304);
    await server.die();
    const segments = await segmentsOf(server);
    const last = segments.find((_, at) => at === segments.length - 2) ?? '';
    const [append = -1] = await appendsIn(server, last);
    await damage(server, last, append);
    await server.start({ flags: [...FLAGS, '--repair'] });
    for (let count = append; count < APPENDS; count += 1) {
      const other = body(count).replaceAll('x', 'y');
      await client.post('/demo/stream', { headers: HEADERS, body: other });
    }
    const now = await client.get(path, { 'If-None-Match': tag });
    expect(now.status).toBe(200);
    expect(now.text.endsWith('y')).toBe(true);
  });

  test('another one, of a folder that is well, does nothing and says so', async () => {
    const server = await died();
    await server.start({ env: { MILLRACE_REPAIR: 'true' }, flags: FLAGS });
    expect(server.server.output()).toContain('needs no repair');
    expect(await readAll(server.client, '/demo/stream')).toBe(bodies(APPENDS));
    expect(await readdir(walOf(server))).not.toContain('lost');
  });
});
