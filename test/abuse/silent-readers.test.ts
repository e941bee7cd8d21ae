import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnMillrace, temporaryFolder, type SpawnedMillrace } from '../support/millrace.ts';
import { MemoryWatch, residentBytes } from '../support/process-memory.ts';
import { exchange, RawConnection, requestBytes } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import { append, createStream, eventually, metric, shareMillrace } from './support.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PATH = '/v1/stream/silent';

async function spawn(...args: string[]): Promise<SpawnedMillrace> {
  const folder = await temporaryFolder();
  const server = await spawnMillrace(['--data-dir', folder.path, ...args]);
  onTestFinished(async () => {
    await server.kill('SIGKILL');
    await folder.remove();
  });
  return server;
}

/** Asks, and never takes a byte of the answer. */
async function askAndNeverRead(port: number, ...requests: Buffer[]): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  onTestFinished(() => {
    connection.close();
  });
  connection.socket.pause();
  await connection.sendAll(Buffer.concat(requests));
  return connection;
}

const followRequest = requestBytes({ target: `${PATH}?offset=-1&live=sse` });

/** A record that no other is like, of so many bytes. */
function record(index: number, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${index};`);
}

/** Appends with patience: a server that has too much to store says so. */
async function appendAll(port: number, count: number, bytes: number): Promise<void> {
  const connection = await RawConnection.open(port);
  const fields = ['Content-Type: text/plain'];
  for (let index = 0; index < count;) {
    const body = record(index, bytes);
    connection.send(requestBytes({ method: 'POST', target: PATH, fields, body }));
    const { status } = await connection.answer();
    if (status === 204) index += 1;
    else expect(status).toBe(503);
  }
  connection.close();
}

describe('L1: readers that ask for events and never read', () => {
  it('L1: cost the server no memory, however much is appended', { timeout: 120_000 }, async () => {
    const server = await spawn('--unflushed-bytes-max', String(32 * MIB));
    await createStream(server.port, PATH);
    await appendAll(server.port, 100, 256 * KIB);
    const residentBefore = await residentBytes(server.pid);
    for (let reader = 0; reader < 20; reader += 1)
      await askAndNeverRead(server.port, followRequest);
    await eventually(async () => (await metric(server.port, 'millrace_live_readers')) === 20);
    const watch = new MemoryWatch(server.pid);
    await appendAll(server.port, 880, 256 * KIB);
    // Were it kept for them it would be 20 × 220 MiB; what is not yet in the index is bounded.
    expect((await watch.stop()) - residentBefore).toBeLessThan(300 * MIB);
    expect((await exchange(server.port, { target: '/-/healthy' })).status).toBe(200);
  });

  it('L1: are cut off, and go on where they were without a gap', async () => {
    const server = await spawn('--sse-duration-ms', '1000', '--request-timeout-ms', '2000');
    await createStream(server.port, PATH);
    const ended = ['method="GET"', 'route="stream"'];
    const followersEnded = (): Promise<number> =>
      metric(server.port, 'millrace_http_request_seconds_count', ...ended);
    const before = await followersEnded();
    const reader = await SseReader.open(server.port, PATH);
    await reader.untilUpToDate();
    reader.connection.socket.pause();
    const count = 64;
    await appendAll(server.port, count, 256 * KIB);
    await eventually(async () => (await followersEnded()) > before);
    expect(await metric(server.port, 'millrace_live_readers')).toBe(0);

    reader.connection.socket.resume();
    await expect(reader.untilOver()).rejects.toThrow('the server ended');
    expect(reader.isOver).toBe(false);
    const sha = createHash('sha256').update(reader.settledText);
    let { offset } = reader;
    for (let isUpToDate = false; !isUpToDate;) {
      const page = await exchange(server.port, { target: `${PATH}?offset=${offset}` });
      sha.update(page.body);
      offset = page.headers.get('stream-next-offset') ?? '';
      isUpToDate = page.headers.has('stream-up-to-date');
    }
    const all = createHash('sha256');
    for (let index = 0; index < count; index += 1) all.update(record(index, 256 * KIB));
    expect(sha.digest('hex')).toBe(all.digest('hex'));
  });
});

describe('L1: readers that ask for a page and never read', () => {
  const millrace = shareMillrace({ memory: true, requestTimeoutMs: 1000, sseKeepAliveMs: 60_000 });
  const target = '/v1/stream/page';
  const body = Buffer.alloc(16 * MIB, 'x');

  const getsEnded = (): Promise<number> =>
    metric(millrace.port, 'millrace_http_request_seconds_count', 'method="GET"', 'stream');

  it('L1: are cut off', async () => {
    await createStream(millrace.port, target, { body });
    const before = await getsEnded();
    const connection = await askAndNeverRead(millrace.port, requestBytes({ target }));
    await eventually(async () => (await getsEnded()) > before);
    connection.socket.resume();
    expect((await connection.rest()).length).toBeLessThan(body.length);
  });

  /** Takes a little, rests, takes a little more. */
  function readSlowly({ socket }: RawConnection): void {
    socket.on('data', () => socket.pause());
    const rest = setInterval(() => {
      socket.resume();
    }, 10);
    onTestFinished(() => {
      clearInterval(rest);
    });
  }

  it('L1: but only slowly are served to the end', async () => {
    const connection = await askAndNeverRead(millrace.port, requestBytes({ target }));
    const answered = connection.answer();
    readSlowly(connection);
    expect((await answered).body.equals(body)).toBe(true);
  });

  it('L1: but only slowly, and then wait for news, get them', async () => {
    const reader = await SseReader.open(millrace.port, target);
    readSlowly(reader.connection);
    await reader.untilUpToDate();
    // Longer than an answer may be stuck: nothing is stuck here, there is just nothing to send.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await append(millrace.port, target, 'news');
    await reader.until(({ text }) => text.endsWith('news'));
    reader.close();
  });

  it('L1: a thousand times in one go cost the server one of the answers', async () => {
    const server = await spawn();
    await createStream(server.port, PATH);
    await appendAll(server.port, 8, 256 * KIB);
    const request = requestBytes({ target: PATH });
    const residentBefore = await residentBytes(server.pid);
    const watch = new MemoryWatch(server.pid);
    for (let reader = 0; reader < 4; reader += 1) {
      await askAndNeverRead(server.port, ...Array.from({ length: 1000 }, () => request));
    }
    const done = await exchange(server.port, { target: PATH });
    expect(done.body).toHaveLength(2 * MIB);
    expect((await watch.stop()) - residentBefore).toBeLessThan(150 * MIB);
  });
});
