import { rm, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { metric, until } from '../support/http/until.ts';
import { untilCheckpointed } from './support/checkpoint.ts';
import type { Mortal } from './support/mortal.ts';
import { mortal, mortalFolder } from './support/mortals.ts';
import { canMount, namespace, setLimit } from './support/namespace.ts';
import { readAll } from './support/read-all.ts';

const HEADERS = { 'Content-Type': 'text/plain' };
const FLAGS = ['--wal-segment-bytes', '262144', '--checkpoint-interval-ms', '50'];

/** An idempotent producer that sends what was refused again, and nothing twice. */
class Producer {
  readonly id: string;
  readonly path: string;
  readonly records: string[] = [];
  readonly #server: Mortal;

  constructor(id: string, server: Mortal) {
    this.id = id;
    this.path = `/demo/stream-${id}`;
    this.#server = server;
  }

  async create(): Promise<void> {
    const { status } = await this.#server.client.put(this.path, { headers: HEADERS });
    expect(status).toBe(201);
  }

  /** Sends the next record and answers with the verdict. One that is refused comes next again. */
  async send(length: number): Promise<string> {
    const seq = this.records.length;
    const body = `${this.id}.${seq} `.padEnd(length, 'x') + '\n';
    const answer = await this.#server.client.post(this.path, {
      headers: {
        ...HEADERS,
        ...{ 'Producer-Id': this.id, 'Producer-Epoch': '0', 'Producer-Seq': String(seq) },
      },
      body,
    });
    if (answer.status === 200) this.records.push(body);
    return answer.verdict;
  }

  /** Sends until there is no room, and answers with how that was said. */
  async sendUntilRefused(length: number): Promise<string> {
    for (;;) {
      const verdict = await this.send(length);
      if (verdict !== '200') return verdict;
    }
  }

  async expectAll(): Promise<void> {
    expect(await readAll(this.#server.client, this.path)).toBe(this.records.join(''));
  }
}

async function producersOf(server: Mortal, count: number): Promise<Producer[]> {
  const producers = Array.from({ length: count }, (_, index) => new Producer(`p${index}`, server));
  for (const producer of producers) await producer.create();
  return producers;
}

const CAN_MOUNT = await canMount();

// Needs mounts of its own, which not every machine permits; the tests below do without.
test.skipIf(!CAN_MOUNT)(
  'D12: on a full disk writes are refused, reads go on, and space is all that it takes',
  async () => {
    const folder = await mortalFolder();
    const space = await namespace('mount -t tmpfs -o size=16m tmpfs "$1"', folder.dataDir);
    const options = { flags: FLAGS, command: space.command };
    await folder.start(options);
    const { client } = folder;
    const producers = await producersOf(folder, 10);
    for (const producer of producers) expect(await producer.send(1000)).toBe('200');

    // Something else takes most of the disk, and the server the rest of it. What is there has to be
    // copied into the index before the log lets go of it, so there must be much more room later.
    const ballast = space.path(`${folder.dataDir}/ballast`);
    await writeFile(ballast, Buffer.alloc(13 * 1024 * 1024, 'b'));
    const refusals = await Promise.all(producers.map((each) => each.sendUntilRefused(5000)));
    expect(new Set(refusals)).toEqual(new Set(['507 storage-full']));
    // The index has no room either: that is a checkpoint that waits, not the end.
    await until('a checkpoint has failed', async () => {
      return (await metric(client, 'millrace_checkpoint_failures_total')) > 0;
    });
    // A checkpoint that had room may have made some for the log: that is used, and then no more.
    for (const producer of producers) {
      expect(await producer.sendUntilRefused(5000)).toBe('507 storage-full');
    }
    for (const producer of producers) await producer.expectAll();
    expect((await client.get('/-/healthy')).status).toBe(200);

    // Not even a death on a full disk is more than that.
    await folder.restart(options);
    for (const producer of producers) await producer.expectAll();

    await rm(ballast);
    for (const producer of producers) expect(await producer.send(5000)).toBe('200');
    for (const producer of producers) await producer.expectAll();
    await untilCheckpointed(client);
    await folder.restart(options);
    for (const producer of producers) await producer.expectAll();
  },
);

test('D12: at the limit of a file size writes are refused, and go on when it is lifted', async () => {
  const server = await mortal({ flags: ['--checkpoint-interval-ms', '50'] });
  const [producer] = await producersOf(server, 1);
  if (producer === undefined) throw new Error('there is no producer');
  expect(await producer.send(1000)).toBe('200');
  const { pid } = server.server;
  // Below the size of a segment: the log cannot grow to where it would begin another.
  await setLimit(pid, 'fsize', `${600 * 1024}:`);
  expect(await producer.sendUntilRefused(50_000)).toBe('507 storage-full');
  expect(await producer.send(50_000)).toBe('507 storage-full');
  await producer.expectAll();
  expect((await server.client.get('/-/healthy')).status).toBe(200);
  const { size } = await stat(`${server.dataDir}/wal/0000000000000002.wal`);
  expect(size).toBe(600 * 1024);

  await setLimit(pid, 'fsize', 'unlimited:');
  expect(await producer.send(50_000)).toBe('200');
  await producer.expectAll();
  await untilCheckpointed(server.client);
  await server.restart({});
  expect(await producer.send(10)).toBe('200');
  await producer.expectAll();
});

test('D12: a stop while the disk is full ends well, and nothing is lost', async () => {
  const server = await mortal({ flags: ['--checkpoint-interval-ms', '50'] });
  const producers = await producersOf(server, 3);
  await setLimit(server.server.pid, 'fsize', `${450 * 1024}:`);
  const refusals = await Promise.all(producers.map((each) => each.sendUntilRefused(20_000)));
  expect(new Set(refusals)).toEqual(new Set(['507 storage-full']));
  expect(await server.stop()).toBe(0);
  await server.start({});
  for (const producer of producers) await producer.expectAll();
  for (const producer of producers) expect(await producer.send(10)).toBe('200');
});
