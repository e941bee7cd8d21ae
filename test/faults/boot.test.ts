import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { mortalFolder } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';

const BOOTS = 50;
const STREAMS = 20;
const APPENDS = 1000;
const HEADERS = { 'Content-Type': 'application/octet-stream' };
const MAIN = join(import.meta.dirname, '../../dist/main.js');

test('D10: kill -9 at any moment of the boot, again and again, loses nothing', async () => {
  const server = await mortalFolder();
  // Nothing is taken into the index: the log has it all.
  await server.start({ flags: ['--checkpoint-interval-ms', '3600000'] });
  const expected = new Map<string, string>();
  for (let index = 0; index < STREAMS; index += 1) {
    expect((await server.client.put(`/demo/stream-${index}`, { headers: HEADERS })).status).toBe(
      201,
    );
  }
  await Promise.all(
    Array.from({ length: STREAMS }, async (_, index) => {
      const path = `/demo/stream-${index}`;
      const bodies: string[] = [];
      for (let count = 0; count < APPENDS / STREAMS; count += 1) {
        const body = `${index}.${count} `.padEnd(count % 10 === 0 ? 100_000 : 8000, 'x');
        expect((await server.client.post(path, { headers: HEADERS, body })).status).toBe(204);
        bodies.push(body);
      }
      expected.set(path, bodies.join(''));
    }),
  );
  await server.die();

  // Now checkpoints begin as soon as the log is replayed, in many steps.
  const flags = [
    '--unflushed-bytes-max',
    String(16 * 1024 * 1024),
    '--checkpoint-interval-ms',
    '50',
  ];
  const begunMs = performance.now();
  await server.start({ flags });
  const bootMs = performance.now() - begunMs;
  await server.die();

  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const args = [MAIN, '--port', '0', '--wal-segment-bytes', '1048576', ...flags];
  for (let boot = 0; boot < BOOTS; boot += 1) {
    const child = spawn(process.execPath, [...args, '--data-dir', server.dataDir], {
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    // The moment is the fault: anywhere from the first instruction to a little after the boot.
    await setTimeout(random.next() * bootMs * 1.3);
    child.kill('SIGKILL');
    await exited;
    expect(child.signalCode, `it has ended by itself, seed ${seed}`).toBe('SIGKILL');
  }

  await server.start({ flags });
  for (const [path, content] of expected) {
    expect((await readAll(server.client, path)) === content, `${path}, seed ${seed}`).toBe(true);
  }
  await server.stop();
  await server.start({ flags });
  for (const [path, content] of expected) {
    expect((await readAll(server.client, path)) === content, `${path}, seed ${seed}`).toBe(true);
  }
}, 180_000);
