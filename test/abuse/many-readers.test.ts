import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnMillrace, type SpawnedMillrace } from '../support/millrace.ts';
import { residentBytes } from '../support/process-memory.ts';
import { exchange, RawConnection, requestBytes } from '../support/raw-http.ts';
import { append, createStream, eventually, expectProblem, metric } from './support.ts';

const KIB = 1024;
const PATH = '/v1/stream/crowded';
const READERS_MAX = 2000;

let server: SpawnedMillrace;
beforeAll(async () => {
  server = await spawnMillrace([
    ...['--memory', '--live-readers-max', String(READERS_MAX)],
    ...['--long-poll-timeout-ms', '120000', '--sse-duration-ms', '120000'],
  ]);
  await createStream(server.port, PATH);
});
afterAll(() => server.kill('SIGTERM'));

const liveReaders = (): Promise<number> => metric(server.port, 'millrace_live_readers');

/** Opens so many readers and waits until the server has them all. */
async function openReaders(count: number, live: 'sse' | 'long-poll'): Promise<RawConnection[]> {
  const readers: RawConnection[] = [];
  const before = await liveReaders();
  const request = requestBytes({ target: `${PATH}?offset=now&live=${live}` });
  while (readers.length < count) {
    const some = Math.min(100, count - readers.length);
    const opened = Array.from({ length: some }, () => RawConnection.open(server.port));
    for (const connection of await Promise.all(opened)) readers.push(connection.send(request));
    await eventually(async () => (await liveReaders()) === before + readers.length);
  }
  return readers;
}

describe('L3: many readers who wait', () => {
  it.each(['sse', 'long-poll'] as const)(
    'L3: with %s cost a fixed amount of memory each, and all get the news',
    { timeout: 120_000 },
    async (live) => {
      // The first thousand pay for what is shared.
      const readers = await openReaders(READERS_MAX / 2, live);
      const residentBefore = await residentBytes(server.pid);
      readers.push(...(await openReaders(READERS_MAX / 2, live)));
      const each = ((await residentBytes(server.pid)) - residentBefore) / (READERS_MAX / 2);
      expect(each).toBeLessThan(64 * KIB);

      const heads = live === 'sse' ? await Promise.all(readers.map((each) => each.head())) : [];
      await append(server.port, PATH, 'news');
      await Promise.all(
        readers.map(async (reader, index) => {
          if (heads[index] === undefined) {
            expect((await reader.answer()).body.toString()).toBe('news');
            return;
          }
          let text = '';
          for await (const chunk of reader.chunks()) {
            text += chunk.toString();
            if (text.includes('data:news')) return;
          }
        }),
      );
      for (const reader of readers) reader.close();
      await eventually(async () => (await liveReaders()) === 0);
    },
  );

  it('L3: over the cap are told to come back, others are served, and a place that is left is free', async () => {
    const readers = await openReaders(READERS_MAX, 'sse');
    for (const live of ['sse', 'long-poll']) {
      const target = `${PATH}?offset=now&live=${live}`;
      const answer = await exchange(server.port, { target });
      expectProblem(answer, 503, 'too-many-live-readers');
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    // Whom there is something to tell at once need not wait.
    const behind = await exchange(server.port, { target: `${PATH}?offset=-1&live=long-poll` });
    expect(behind.status).toBe(200);
    expect((await exchange(server.port, { target: PATH })).status).toBe(200);
    await append(server.port, PATH, 'more');

    readers.pop()?.close();
    await eventually(async () => (await liveReaders()) === READERS_MAX - 1);
    readers.push(...(await openReaders(1, 'long-poll')));
    for (const reader of readers) reader.reset();
    await eventually(async () => (await liveReaders()) === 0);
  });
});
