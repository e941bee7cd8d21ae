import { randomBytes } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chunkKey, META_KEY, nameKey } from '../../src/storage/embedded/index/keys.ts';
import { decodeHead } from '../../src/storage/embedded/index/values.ts';
import { position } from '../../src/protocol/offset.ts';
import { streamPrefix } from '../../src/streams/names.ts';
import type { Answer } from '../support/http/client.ts';
import { metric, until } from '../support/http/until.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import { failureOf, type Mortal } from './support/mortal.ts';
import { mortal } from './support/mortals.ts';
import { flipBit, withIndex } from './support/index-surgery.ts';
import { readAll } from './support/read-all.ts';

const HEADERS = { 'Content-Type': 'text/plain' };
const CHECKPOINTS = ['--checkpoint-interval-ms', '50'];
const RECORD = 'x'.repeat(50_000);

function headKey(stream: string): Buffer {
  return nameKey('head', streamPrefix('default', 'demo') + stream);
}

/** The key of the chunk that begins at a position of a stream. */
function chunkOf(server: Mortal, stream: string, at: number): Promise<Buffer> {
  return withIndex(server.dataDir, (index) => {
    const head = index.get(headKey(stream));
    if (head === undefined) throw new Error('the stream is not in the index');
    return chunkKey(decodeHead(head).id, position(at));
  });
}

/** A stopped server whose index holds a stream of several chunks, one of a single chunk, and another. */
async function stoppedServer(flags: readonly string[] = []): Promise<Mortal> {
  const server = await mortal({ flags: [...CHECKPOINTS, ...flags] });
  const { client } = server;
  for (const stream of ['long', 'short', 'other']) {
    expect((await client.put(`/demo/${stream}`, { headers: HEADERS })).status).toBe(201);
    expect(
      (await client.post(`/demo/${stream}`, { headers: HEADERS, body: 'first\n' })).status,
    ).toBe(204);
  }
  await untilCheckpointed(client);
  for (let count = 0; count < 4; count += 1) {
    expect((await client.post('/demo/long', { headers: HEADERS, body: RECORD })).status).toBe(204);
    await untilCheckpointed(client);
  }
  expect(await server.stop()).toBe(0);
  return server;
}

describe('D7, D8: a flipped bit in the index', () => {
  test('in a chunk: that range is answered 500, and everything else is well', async () => {
    const server = await stoppedServer();
    const { client } = server;
    await flipBit(server.dataDir, await chunkOf(server, 'long', 0), 20);
    await server.start();
    expect((await client.get('/demo/long')).verdict).toBe('500 data-corrupt');
    const live = await client.get(`/demo/long?offset=-1&live=long-poll`);
    expect(live.verdict).toBe('500 data-corrupt');
    // The same stream, behind the damage.
    const head = await client.head('/demo/long');
    expect(head.status).toBe(200);
    const tail = Number(head.offset.split('_')[1]);
    const last = `0000000000000000_${String(tail - RECORD.length).padStart(16, '0')}`;
    expect((await client.get(`/demo/long?offset=${last}`)).text).toBe(RECORD);
    expect((await client.post('/demo/long', { headers: HEADERS, body: 'more' })).status).toBe(204);
    expect(await readAll(client, '/demo/short')).toBe('first\n');
    expect(await readAll(client, '/demo/other')).toBe('first\n');
  });

  test('in a head: nobody takes the stream for one that is not there', async () => {
    const server = await stoppedServer();
    const { client } = server;
    await flipBit(server.dataDir, headKey('short'), 8);
    await server.start();
    const answers: Answer[] = [
      await client.get('/demo/short'),
      await client.get('/demo/short?offset=now&live=long-poll'),
      await client.post('/demo/short', { headers: HEADERS, body: 'more' }),
      await client.put('/demo/short', { headers: HEADERS, body: 'anew' }),
      await client.put('/demo/fork', { headers: { 'Stream-Forked-From': '/demo/short' } }),
      await client.delete('/demo/short'),
    ];
    expect(answers.map(({ verdict }) => verdict)).toEqual(answers.map(() => '500 data-corrupt'));
    expect((await client.head('/demo/short')).status).toBe(500);
    await until('somebody is told of it', () => {
      return Promise.resolve(server.output.includes('stored data is damaged'));
    });
    // A list must not seem to be without it.
    expect((await client.get('/demo/streams')).verdict).toBe('500 data-corrupt');
    expect((await client.get('/demo/streams?prefix=other')).status).toBe(200);
    expect((await client.get('/-/healthy')).status).toBe(200);
    expect(await readAll(client, '/demo/other')).toBe('first\n');
    expect((await client.post('/demo/other', { headers: HEADERS, body: 'more' })).status).toBe(204);
    // Nothing has been written over: with the bit put right, the stream is as it was.
    expect(await server.stop()).toBe(0);
    await flipBit(server.dataDir, headKey('short'), 8);
    await server.start();
    expect(await readAll(client, '/demo/short')).toBe('first\n');
    expect((await client.get('/demo/fork')).status).toBe(404);
  });

  test('in a head: the other streams of a limited account are counted', async () => {
    const server = await stoppedServer(['--account-streams-max', '4']);
    const { client } = server;
    await flipBit(server.dataDir, headKey('other'), 8);
    await server.start();
    const statuses: number[] = [];
    for (const stream of ['new-1', 'new-2', 'new-3']) {
      statuses.push((await client.put(`/demo/${stream}`, { headers: HEADERS })).status);
    }
    expect(statuses).toEqual([201, 201, 429]);
  });

  test('in the last chunk of a stream: its checkpoint keeps no other stream from its own', async () => {
    const server = await stoppedServer();
    const { client } = server;
    await flipBit(server.dataDir, await chunkOf(server, 'short', 0), 6);
    await server.start();
    for (const stream of ['short', 'other', 'long']) {
      expect(
        (await client.post(`/demo/${stream}`, { headers: HEADERS, body: 'more\n' })).status,
      ).toBe(204);
    }
    await untilCheckpointed(client);
    await server.restart();
    for (const stream of ['other', 'long']) {
      expect((await readAll(client, `/demo/${stream}`)).endsWith('more\n')).toBe(true);
    }
    // What came behind the damage is whole.
    const behind = '0000000000000000_0000000000000006';
    expect((await client.get(`/demo/short?offset=${behind}`)).text).toBe('more\n');
    expect((await client.get('/demo/short')).verdict).toBe('500 data-corrupt');
  });

  test('in a head that the log goes on from: the server does not start, and says where', async () => {
    const server = await stoppedServer();
    await server.start({ flags: ['--checkpoint-interval-ms', '3600000'] });
    await server.client.post('/demo/short', { headers: HEADERS, body: 'more\n' });
    await server.die();
    await flipBit(server.dataDir, headKey('short'), 8);
    const { exitCode, output } = await failureOf(server.start());
    expect(exitCode).toBe(1);
    expect(output).toContain('The data folder is damaged');
    expect(output).toContain('index');
    expect(output).not.toContain('.wal');
    await flipBit(server.dataDir, headKey('short'), 8);
    await server.start();
    expect(await readAll(server.client, '/demo/short')).toBe('first\nmore\n');
  });

  test('in what it says of itself: the server does not start, and says where', async () => {
    const server = await stoppedServer();
    await flipBit(server.dataDir, META_KEY, 7);
    const { exitCode, output } = await failureOf(server.start());
    expect(exitCode).toBe(1);
    expect(output).toContain('The data folder is damaged');
    expect(output).toContain('index');
  });
});

const DAMAGES: readonly {
  readonly what: string;
  readonly inflict: (file: string) => Promise<void>;
}[] = [
  { what: 'is cut to nothing', inflict: (file) => truncate(file, 0) },
  { what: 'is cut within its first page', inflict: (file) => truncate(file, 100) },
  { what: 'is cut to its first page', inflict: (file) => truncate(file, 4096) },
  { what: 'is cut to two pages', inflict: (file) => truncate(file, 8192) },
  { what: 'is cut in the middle', inflict: (file) => truncate(file, 10 * 4096) },
  { what: 'has garbage for its first page', inflict: (file) => overwrite(file, 0) },
  { what: 'has garbage for its second page', inflict: (file) => overwrite(file, 4096) },
  { what: 'is all garbage', inflict: (file) => writeFile(file, randomBytes(200_000)) },
  { what: 'is all zeros', inflict: (file) => writeFile(file, Buffer.alloc(200_000)) },
  { what: 'is missing', inflict: (file) => rm(file) },
];

async function overwrite(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  randomBytes(4096).copy(bytes, at);
  await writeFile(file, bytes);
}

test.each(DAMAGES)('D8: an index that $what is refused with its name', async ({ inflict }) => {
  const server = await mortal({ flags: [...CHECKPOINTS, '--wal-segment-bytes', '65536'] });
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS });
  // Enough to let go of the beginning of the log: the index cannot be made again from the rest.
  for (let count = 0; count < 6; count += 1) {
    await client.post('/demo/stream', { headers: HEADERS, body: RECORD });
  }
  await until('the log has let go of its beginning', async () => {
    return (await metric(client, 'millrace_wal_bytes')) < 3 * 65_536;
  });
  await server.stop();
  const before = await readFile(join(server.dataDir, 'index/data.mdb'));
  await inflict(join(server.dataDir, 'index/data.mdb'));
  const { exitCode, output } = await failureOf(server.start());
  expect(exitCode).toBe(1);
  expect(output).toContain('The data folder is damaged');
  expect(output).toMatch(/index/);
  // Nothing was cleaned up: with the file put back, everything is there.
  await writeFile(join(server.dataDir, 'index/data.mdb'), before);
  await server.start();
  expect(await readAll(client, '/demo/stream')).toBe(RECORD.repeat(6));
});
