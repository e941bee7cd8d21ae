import { expect, test } from 'vitest';
import { StartFailed } from '../support/millrace.ts';
import { isBroken } from './support/broken.ts';
import { exitOf, type Mortal } from './support/mortal.ts';
import { mortalFolder } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';
import { shim } from './support/shim.ts';

const HEADERS = { 'Content-Type': 'text/plain' };
const WRITERS = 10;

/** Appends until the server is gone, and says what was acknowledged and what was refused. */
async function appendUntilGone(
  { client }: Mortal,
  name: string,
  countMax = Number.POSITIVE_INFINITY,
): Promise<{ acknowledged: string[]; verdicts: Set<string> }> {
  const acknowledged: string[] = [];
  const verdicts = new Set<string>();
  for (let count = 0; count < countMax; count += 1) {
    const body = `${name}.${count} ${'x'.repeat(500)}\n`;
    try {
      const answer = await client.post('/demo/stream', { headers: HEADERS, body });
      verdicts.add(answer.verdict);
      if (answer.status === 204) acknowledged.push(body);
    } catch (error) {
      if (isBroken(error)) return { acknowledged, verdicts };
      throw error;
    }
  }
  return { acknowledged, verdicts };
}

/** Each record is there once, and in the order in which its writer sent it. */
async function expectAll({ client }: Mortal, acknowledged: readonly string[]): Promise<void> {
  const text = await readAll(client, '/demo/stream');
  const lines = text.split('\n').map((line) => `${line}\n`);
  expect(lines.pop()).toBe('\n');
  expect(new Set(lines).size).toBe(lines.length);
  for (const line of lines) expect(line).toMatch(/^\w+\.\d+ x{500}\n$/);
  const found = new Set(lines);
  expect(acknowledged.filter((body) => !found.has(body))).toEqual([]);
}

test('D11: a sync of the log that fails is the end: nothing is acknowledged on it', async () => {
  const fault = await shim();
  const server = await mortalFolder({ env: fault.env });
  await server.start();
  await server.client.put('/demo/stream', { headers: HEADERS });
  const writers = Array.from({ length: WRITERS }, (_, index) =>
    appendUntilGone(server, `w${index}`),
  );
  // Once: a second sync would succeed, and what it says about the first one's bytes is not true.
  await fault.arm({ call: 'sync', effect: 'EIO', path: '.wal', skip: 20, times: 1 });
  const exitCode = await exitOf(server.server);
  const results = await Promise.all(writers);
  expect(exitCode).toBe(1);
  expect(await fault.hits()).toBe(1);
  expect(server.output).toContain('storing failed for good');
  const verdicts = new Set(results.flatMap((result) => [...result.verdicts]));
  expect([...verdicts].filter((each) => !/^(?:204|503 storage-failed)$/.test(each))).toEqual([]);

  await server.start({});
  await expectAll(
    server,
    results.flatMap((result) => result.acknowledged),
  );
});

test('D11: health is red from the first answer that tells of a failed sync', async () => {
  const fault = await shim();
  const server = await mortalFolder({ env: fault.env });
  await server.start();
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS });
  await fault.arm({ call: 'sync', effect: 'EIO', path: '.wal', times: 1 });
  const refusal = await client.post('/demo/stream', { headers: HEADERS, body: 'a' });
  expect(refusal.verdict).toBe('503 storage-failed');
  const health = await client.get('/-/healthy').catch((error: unknown) => {
    if (isBroken(error)) return undefined;
    throw error;
  });
  expect([503, undefined]).toContain(health?.status);
  expect(await exitOf(server.server)).toBe(1);
});

test('D11: a flush of the index that fails is the end too', async () => {
  const fault = await shim();
  const flags = ['--checkpoint-interval-ms', '50'];
  const server = await mortalFolder({ env: fault.env, flags });
  await server.start();
  await server.client.put('/demo/stream', { headers: HEADERS });
  const writers = Array.from({ length: WRITERS }, (_, index) =>
    appendUntilGone(server, `w${index}`),
  );
  await fault.arm({ call: 'sync', effect: 'EIO', path: 'data.mdb', skip: 3, times: 1 });
  expect(await exitOf(server.server)).toBe(1);
  const results = await Promise.all(writers);
  expect(await fault.hits()).toBe(1);
  await server.start({ flags });
  await expectAll(
    server,
    results.flatMap((result) => result.acknowledged),
  );
});

const CALLS = [0, 1, 2, 3, 4, 5, 6, 8, 11, 15];

test.each(CALLS)('D11: whichever sync fails, here number %i, nothing is lost', async (skip) => {
  const fault = await shim();
  const flags = ['--wal-segment-bytes', '16384', '--checkpoint-interval-ms', '50'];
  const server = await mortalFolder({ env: fault.env, flags });
  await fault.arm({ call: 'sync', effect: 'EIO', path: server.dataDir, skip, times: 1 });
  let acknowledged: string[] = [];
  try {
    await server.start();
    await server.client.put('/demo/stream', { headers: HEADERS });
    // A spare file that cannot be synced is done without: then the server lives on.
    ({ acknowledged } = await appendUntilGone(server, 'w', 200));
    await server.die();
  } catch (error) {
    if (!(error instanceof StartFailed) && !isBroken(error)) throw error;
  }
  expect(await fault.hits()).toBe(1);
  await server.start({ flags });
  await server.client.put('/demo/stream', { headers: HEADERS });
  await expectAll(server, acknowledged);
});
