import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exchange } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import { untilLiveReaders } from '../support/http/until.ts';
import { isBroken } from './support/broken.ts';
import { mortal } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';

const WRITERS = 10;

test('D16: SIGTERM under load ends every reader cleanly and loses nothing', async () => {
  // Nothing is cut off for being late: what does not end by itself makes the test fail.
  const flags = ['--wal-segment-bytes', '65536', '--shutdown-timeout-ms', '3600000'];
  const server = await mortal({ flags });
  const { client } = server;
  const headers = { 'Content-Type': 'text/plain' };
  await client.put('/demo/busy', { headers });
  await client.put('/demo/quiet', { headers });

  const { port } = server.server;
  const busy = await Promise.all([1, 2, 3].map(() => SseReader.open(port, '/demo/busy')));
  const quiet = await Promise.all([1, 2, 3].map(() => SseReader.open(port, '/demo/quiet')));
  const polls = [1, 2, 3].map(() =>
    exchange(port, { target: '/demo/quiet?offset=now&live=long-poll' }),
  );
  await untilLiveReaders(client, 9);
  const ended = [...busy, ...quiet].map((reader) => reader.untilOver());

  const acknowledged: string[] = [];
  let isStopping = false;
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let count = 0; ; count += 1) {
      const body = `${writer}.${count} ${'x'.repeat(100)}\n`;
      try {
        const answer = await client.post('/demo/busy', { headers, body });
        if (answer.status !== 204) return answer.verdict;
        acknowledged.push(body);
      } catch (error) {
        // A connection may end between two requests, but not before the stop.
        if (isStopping && isBroken(error)) return 'ended';
        throw error;
      }
    }
  });
  while (acknowledged.length < 500) await setTimeout(5);
  isStopping = true;
  expect(await server.stop()).toBe(0);

  // untilOver resolves only for a body that came to its proper end, at the end of an event.
  for (const reader of await Promise.all(ended)) expect(reader.isOver).toBe(true);
  for (const poll of await Promise.all(polls)) expect(poll.status).toBe(204);
  const lastWords = new Set(await Promise.all(writers));
  lastWords.delete('ended');
  lastWords.delete('503 shutting-down');
  expect(lastWords).toEqual(new Set());

  await server.start();
  const text = await readAll(server.client, '/demo/busy');
  const found = new Set(text.split('\n').map((line) => `${line}\n`));
  expect(acknowledged.filter((body) => !found.has(body))).toEqual([]);
  for (const reader of busy) expect(text.startsWith(reader.text)).toBe(true);
});
