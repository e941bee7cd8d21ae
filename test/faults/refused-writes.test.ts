import { expect, test } from 'vitest';
import type { Answer } from '../support/http/client.ts';
import type { Mortal } from './support/mortal.ts';
import { mortalFolder } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';
import { shim, type Shim } from './support/shim.ts';

const TEXT = { 'Content-Type': 'text/plain' };

/** A server whose log has no room from now on: half of a write goes in, and no more. */
async function fullServer(): Promise<{ server: Mortal; fault: Shim }> {
  const fault = await shim();
  const server = await mortalFolder({ env: fault.env });
  await server.start();
  const { client } = server;
  await client.put('/demo/stream', { headers: TEXT, body: 'first\n' });
  await client.put('/demo/doomed', { headers: TEXT, body: 'doomed\n' });
  await client.put('/demo/source', { headers: TEXT, body: 'source\n' });
  await fault.arm({ call: 'write', effect: 'full', path: '.wal' });
  return { server, fault };
}

function append(
  { client }: Mortal,
  seq: number,
  more: Record<string, string> = {},
): Promise<Answer> {
  return client.post('/demo/stream', {
    headers: {
      ...TEXT,
      ...{ 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': String(seq) },
      ...more,
    },
    body: `record ${seq}\n`,
  });
}

test('D18: an append that was decided and not stored leaves no trace in the state', async () => {
  const { server, fault } = await fullServer();
  const { client } = server;
  const seq = { 'Stream-Seq': 'b' };
  const before = await client.head('/demo/stream');
  expect((await append(server, 0, seq)).verdict).toBe('507 storage-full');
  // The retry is refused as the first attempt was: it is no duplicate of what never happened.
  expect((await append(server, 0, seq)).verdict).toBe('507 storage-full');
  const after = await client.head('/demo/stream');
  expect([after.offset, after.tag, after.isClosed]).toEqual([before.offset, before.tag, false]);
  expect(await readAll(client, '/demo/stream')).toBe('first\n');

  await fault.disarm();
  expect((await append(server, 0, seq)).status).toBe(200);
  expect((await append(server, 0, seq)).status).toBe(204);
  expect(await readAll(client, '/demo/stream')).toBe('first\nrecord 0\n');
  await server.restart({});
  expect((await append(server, 0, seq)).status).toBe(204);
  expect(await readAll(client, '/demo/stream')).toBe('first\nrecord 0\n');
});

test('D18: what gathered on top of a refused append is refused with it', async () => {
  const { server, fault } = await fullServer();
  // All in one go: each builds on the one before it, and the retries on their first attempts.
  const sequence = [0, 1, 2, 3, 3, 2, 1, 0];
  const answers = await Promise.all(sequence.map((seq) => append(server, seq)));
  // Connections may overtake each other, and then a number comes too early for its turn.
  for (const { verdict } of answers) {
    expect(['507 storage-full', '409 producer-gap']).toContain(verdict);
  }
  await fault.disarm();
  for (const seq of [0, 1, 2, 3]) expect((await append(server, seq)).status).toBe(200);
  const expected = 'first\nrecord 0\nrecord 1\nrecord 2\nrecord 3\n';
  expect(await readAll(server.client, '/demo/stream')).toBe(expected);
  await server.restart({});
  expect(await readAll(server.client, '/demo/stream')).toBe(expected);
});

test('D18: a refused close, PUT, fork and DELETE have not happened', async () => {
  const { server, fault } = await fullServer();
  const { client } = server;
  const refused = await Promise.all([
    client.post('/demo/stream', { headers: { 'Stream-Closed': 'true' } }),
    client.put('/demo/new', { headers: TEXT }),
    client.put('/demo/fork', { headers: { 'Stream-Forked-From': '/demo/source' } }),
    client.delete('/demo/doomed'),
    client.put('/newbucket'),
  ]);
  expect(refused.map(({ verdict }) => verdict)).toEqual(refused.map(() => '507 storage-full'));
  const check = async (): Promise<void> => {
    expect((await client.head('/demo/stream')).isClosed).toBe(false);
    expect((await client.get('/demo/new')).status).toBe(404);
    expect((await client.get('/demo/fork')).status).toBe(404);
    expect((await client.get('/demo/doomed')).text).toBe('doomed\n');
    expect((await client.get('/newbucket')).status).toBe(404);
  };
  await check();
  // A half written group stands at the end of the log.
  await server.restart({});
  await check();
  await fault.disarm();
  // The refused fork holds nothing of its source: it goes for good.
  expect((await client.delete('/demo/source')).status).toBe(204);
  expect((await client.get('/demo/source')).status).toBe(404);
});

test('D12: readers go on while nothing can be written, live ones included', async () => {
  const { server, fault } = await fullServer();
  const { client } = server;
  const poll = client.get('/demo/stream?offset=now&live=long-poll');
  expect((await append(server, 0)).verdict).toBe('507 storage-full');
  expect(await readAll(client, '/demo/stream')).toBe('first\n');
  expect((await client.get('/-/healthy')).status).toBe(200);
  await fault.disarm();
  expect((await append(server, 0)).status).toBe(200);
  expect((await poll).text).toBe('record 0\n');
});
