import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metric, until } from '../support/http/until.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import { failureOf, Mortal } from './support/mortal.ts';
import { mortal, mortalFolder } from './support/mortals.ts';
import { canMount, namespace, setLimit } from './support/namespace.ts';
import { readAll } from './support/read-all.ts';
import { shim } from './support/shim.ts';

const HEADERS = { 'Content-Type': 'text/plain' };
const SMALL_SEGMENTS = ['--wal-segment-bytes', '16384', '--checkpoint-interval-ms', '50'];
const RECORD = 'x'.repeat(5000);

test('D14: without a file descriptor to spare writes are put off, and then go on', async () => {
  const server = await mortal({ flags: SMALL_SEGMENTS });
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS });
  let stored = '';
  const append = async (): Promise<string> => {
    const answer = await client.post('/demo/stream', { headers: HEADERS, body: RECORD });
    if (answer.status === 204) stored += RECORD;
    return answer.verdict;
  };
  expect(await append()).toBe('204');
  // The lowest numbers are all taken: no file can be opened and no connection accepted.
  await setLimit(server.server.pid, 'nofile', '10:');
  const verdicts = new Set<string>();
  for (let count = 0; count < 20; count += 1) verdicts.add(await append());
  expect(verdicts).toContain('503 overloaded');
  verdicts.delete('204');
  verdicts.delete('503 overloaded');
  expect([...verdicts]).toEqual([]);
  expect(await readAll(client, '/demo/stream')).toBe(stored);
  expect((await client.get('/-/healthy')).status).toBe(200);

  await setLimit(server.server.pid, 'nofile', '1024:');
  for (let count = 0; count < 20; count += 1) expect(await append()).toBe('204');
  await server.restart({ flags: SMALL_SEGMENTS });
  expect(await readAll(client, '/demo/stream')).toBe(stored);
});

const SKIPPED_OPENS = [0, 1, 2, 3, 4, 5];

test.each(SKIPPED_OPENS)(
  'D14: whichever open fails for want of descriptors, here number %i, nothing is lost',
  async (skip) => {
    const fault = await shim();
    const server = await mortalFolder({ env: fault.env, flags: SMALL_SEGMENTS });
    await server.start();
    const { client } = server;
    await client.put('/demo/stream', { headers: HEADERS });
    await fault.arm({ call: 'open', effect: 'EMFILE', path: server.dataDir, skip, times: 1 });
    let stored = '';
    for (let count = 0; (await fault.hits()) === 0 || count < 20; count += 1) {
      const answer = await client.post('/demo/stream', { headers: HEADERS, body: RECORD });
      if (answer.status === 204) stored += RECORD;
      else expect(answer.verdict).toBe('503 overloaded');
    }
    expect(await readAll(client, '/demo/stream')).toBe(stored);
    await server.restart({ flags: SMALL_SEGMENTS });
    expect(await readAll(client, '/demo/stream')).toBe(stored);
  },
);

test('D14: an index that cannot grow holds writes back, and nothing else', async () => {
  const fault = await shim();
  const flags = [...SMALL_SEGMENTS, '--unflushed-bytes-max', '1000000'];
  const server = await mortalFolder({ env: fault.env, flags });
  await server.start();
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS });
  await untilCheckpointed(client);
  await fault.arm({ call: 'write', effect: 'fixed', path: 'data.mdb' });
  let stored = '';
  let verdict = '204';
  for (let count = 0; count < 1000 && verdict === '204'; count += 1) {
    const body = `${count} `.padEnd(20_000, 'x');
    ({ verdict } = await client.post('/demo/stream', { headers: HEADERS, body }));
    if (verdict === '204') stored += body;
  }
  // More would wait in memory than may.
  expect(verdict).toBe('503 overloaded');
  expect(await metric(client, 'millrace_checkpoint_failures_total')).toBeGreaterThan(0);
  expect(await readAll(client, '/demo/stream')).toBe(stored);
  await fault.disarm();
  await until('writes are taken again', async () => {
    const answer = await client.post('/demo/stream', { headers: HEADERS, body: 'more' });
    if (answer.status === 204) stored += 'more';
    return answer.status === 204;
  });
  await untilCheckpointed(client);
  await server.restart({ flags });
  expect(await readAll(client, '/demo/stream')).toBe(stored);
});

const CAN_MOUNT = await canMount();

// Root may write where permissions say no; only a mount of our own is read-only for everybody.
test.skipIf(!CAN_MOUNT)('D14: a read-only folder is refused in one line', async () => {
  const folder = await mortalFolder();
  await folder.start();
  await folder.client.put('/demo/stream', { headers: HEADERS, body: 'there' });
  expect(await folder.stop()).toBe(0);
  const script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"';
  const { command } = await namespace(script, folder.dataDir);
  const { exitCode, output } = await failureOf(folder.start({ command }));
  expect(exitCode).toBe(1);
  expect(output).toMatch(/^The data folder \S+ cannot be used: .*read-only file system.*\n$/im);
  expect(output).toContain(folder.dataDir);
  expect(output).not.toContain('    at ');
  await folder.start();
  expect((await folder.client.get('/demo/stream')).text).toBe('there');
});

test('D14: a folder that is a file, or in one, is refused in one line', async () => {
  const folder = await mortalFolder();
  const file = join(folder.dataDir, 'file');
  await mkdir(folder.dataDir, { recursive: true });
  await writeFile(file, 'no folder');
  for (const path of [file, join(file, 'data')]) {
    const { exitCode, output } = await failureOf(new Mortal(path).start());
    expect(exitCode).toBe(1);
    expect(output).toContain(`the data folder ${path} cannot be used`);
    expect(output).not.toContain('    at ');
  }
});
