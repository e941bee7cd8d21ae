import { cp } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { META_KEY } from '../../src/storage/embedded/index/keys.ts';
import { decodeMeta } from '../../src/storage/embedded/index/values.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { until } from '../support/http/until.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import { withIndex } from './support/index-surgery.ts';
import { mortalFolder } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';
import { shim } from './support/shim.ts';

const HEADERS = { 'Content-Type': 'text/plain' };

/** How far a copy of the folder's index has come, opened so. */
async function highLsn(dataDir: string, safeRestore: boolean): Promise<number> {
  const copy = await temporaryFolder();
  onTestFinished(() => copy.remove());
  await cp(dataDir, copy.path, { recursive: true });
  const value = await withIndex(copy.path, (index) => index.get(META_KEY), safeRestore);
  return value === undefined ? 0 : decodeMeta(value).highLsn;
}

test('D3: what the index had not flushed is taken from the log again', async () => {
  const fault = await shim();
  const flags = ['--checkpoint-interval-ms', '50'];
  const server = await mortalFolder({ env: fault.env, flags });
  await server.start();
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS, body: 'flushed\n' });
  await client.put('/demo/deleted', { headers: HEADERS, body: 'flushed\n' });
  await untilCheckpointed(client);
  // From here on a checkpoint is committed, and never comes back from its flush.
  await fault.arm({ call: 'sync', effect: 'hang', path: 'data.mdb' });
  await client.post('/demo/stream', { headers: HEADERS, body: 'committed\n' });
  await client.delete('/demo/deleted');
  await client.put('/demo/created', { headers: HEADERS, body: 'committed\n' });
  await until('a checkpoint hangs', async () => (await fault.hits()) > 0);
  await client.post('/demo/stream', { headers: HEADERS, body: 'in the log alone\n' });
  await server.die();

  // The flushed transaction and the committed one are not the same, so this shows something.
  const flushed = await highLsn(server.dataDir, true);
  expect(flushed).toBeLessThan(await highLsn(server.dataDir, false));

  const check = async (): Promise<void> => {
    expect(await readAll(client, '/demo/stream')).toBe('flushed\ncommitted\nin the log alone\n');
    expect(await readAll(client, '/demo/created')).toBe('committed\n');
    expect((await client.get('/demo/deleted')).status).toBe(404);
  };
  await server.start({ flags });
  await check();
  await untilCheckpointed(client);
  await server.restart({ flags });
  await check();
});
