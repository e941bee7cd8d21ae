import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { StartFailed } from '../support/millrace.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import type { Mortal } from './support/mortal.ts';
import { mortal } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';

const HEADERS = { 'Content-Type': 'text/plain' };

/** What a start that must fail ends with. */
async function failureOf(server: Mortal): Promise<StartFailed> {
  const failure: unknown = await server.start().catch((error: unknown) => error);
  if (failure instanceof StartFailed) return failure;
  throw new Error('the server has started');
}

// As when a disk is not mounted: what is not there must not be taken for what never was.
test('D9: without the folder of its log a server does not start, and says why', async () => {
  const server = await mortal({ flags: ['--checkpoint-interval-ms', '50'] });
  await server.client.put('/demo/stream', { headers: HEADERS, body: 'first' });
  await untilCheckpointed(server.client);
  await server.client.post('/demo/stream', { headers: HEADERS, body: ', second' });
  await server.die();
  const wal = `${server.dataDir}/wal`;
  await rename(wal, `${server.dataDir}/elsewhere`);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { exitCode, output } = await failureOf(server);
    expect(exitCode).toBe(1);
    expect(output).toContain('The data folder is damaged');
    expect(output).toContain('wal');
  }
  // Nothing has been put into the folder that a start makes, so it can be replaced.
  await rename(`${server.dataDir}/elsewhere`, wal);
  await server.start();
  expect(await readAll(server.client, '/demo/stream')).toBe('first, second');
});
