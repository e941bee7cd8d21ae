import { expect, test } from 'vitest';
import { isBroken } from './support/broken.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import { mortalFolder } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';
import { shim } from './support/shim.ts';

const HEADERS = { 'Content-Type': 'text/plain' };

/** Bodies of all sizes, from one byte to more than a segment. */
const BODIES = [1, 2, 63, 500, 4096, 40_000, 100_000].flatMap((length, index) =>
  Array.from({ length: 4 }, (_, count) => `${index}.${count}.`.padEnd(length, 'x') + '\n'),
);

test('D13: what a short write leaves out is written after it', async () => {
  const fault = await shim();
  const flags = ['--wal-segment-bytes', '65536'];
  const server = await mortalFolder({ env: fault.env, flags });
  // Every write of the log, the header of a segment included, stops half way.
  await fault.arm({ call: 'write', effect: 'short', path: '/wal/' });
  await server.start();
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS });
  const answers = await Promise.all(
    BODIES.map((body) => client.post('/demo/stream', { headers: HEADERS, body })),
  );
  expect(new Set(answers.map(({ verdict }) => verdict))).toEqual(new Set(['204']));
  expect(await fault.hits()).toBeGreaterThan(BODIES.length);
  const before = await readAll(client, '/demo/stream');
  await server.restart({ flags });
  const after = await readAll(client, '/demo/stream');
  expect(after).toBe(before);
  expect([...after.split('\n')].sort()).toEqual(['', ...BODIES.map((body) => body.trim())].sort());
});

const CHECKPOINTS = ['--checkpoint-interval-ms', '50'];

test.each([0, 1, 2, 3, 4, 5])(
  'D13: whichever write of a checkpoint stops short, here number %i, nothing is lost',
  async (skip) => {
    const fault = await shim();
    const server = await mortalFolder({ env: fault.env, flags: CHECKPOINTS });
    await server.start();
    const { client } = server;
    await client.put('/demo/stream', { headers: HEADERS, body: 'first\n' });
    await untilCheckpointed(client);
    await fault.arm({ call: 'write', effect: 'short', path: 'data.mdb', skip, times: 1 });
    let acknowledged = 'first\n';
    let pending = '';
    try {
      for (let count = 0; (await fault.hits()) === 0; count += 1) {
        pending = `record ${count}\n`;
        const { status } = await client.post('/demo/stream', { headers: HEADERS, body: pending });
        expect(status).toBe(204);
        acknowledged += pending;
        pending = '';
        await untilCheckpointed(client);
      }
    } catch (error) {
      if (!isBroken(error)) throw error;
    }
    // A transaction is made again. But when it was told of the last one by half, the index is done.
    const { process } = server.server;
    if (process.exitCode !== null) expect(process.exitCode).toBe(1);
    await server.restart({ flags: CHECKPOINTS });
    expect([acknowledged, acknowledged + pending]).toContain(await readAll(client, '/demo/stream'));
  },
);
