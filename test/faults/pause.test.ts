import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SseReader } from '../support/sse-reader.ts';
import { mortal } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';

const PAUSE_MS = 5000;
const WRITERS = 8;
const HEADERS = { 'Content-Type': 'text/plain' };

test('D17: what was under way when the process was frozen goes on when it thaws', async () => {
  const server = await mortal();
  const { client } = server;
  await client.put('/demo/stream', { headers: HEADERS });
  const reader = await SseReader.open(server.server.port, '/demo/stream');
  const poll = client.get('/demo/stream?offset=now&live=long-poll');

  const acknowledged: string[] = [];
  const progress = { isOver: false };
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let count = 0; !progress.isOver; count += 1) {
      const body = `${writer}.${count}\n`;
      const { status } = await client.post('/demo/stream', { headers: HEADERS, body });
      expect(status).toBe(204);
      acknowledged.push(body);
    }
  });
  const until = async (count: number): Promise<void> => {
    while (acknowledged.length < count) await setTimeout(5);
  };
  await until(100);
  server.server.process.kill('SIGSTOP');
  // The pause is the fault itself.
  await setTimeout(PAUSE_MS);
  const before = acknowledged.length;
  server.server.process.kill('SIGCONT');
  await until(before + 100);
  progress.isOver = true;
  await Promise.all(writers);

  const text = await readAll(client, '/demo/stream');
  expect(text.split('\n').sort()).toEqual(['', ...acknowledged.map((line) => line.trim())].sort());
  await reader.until((each) => each.text.length >= text.length);
  expect(reader.text).toBe(text);
  reader.close();
  expect((await poll).status).toBe(200);
});

test('D17: a frozen server lets nobody live longer: time to live goes by the clock', async () => {
  const server = await mortal();
  const { client } = server;
  const ttl = (seconds: string): Record<string, string> => ({ ...HEADERS, 'Stream-TTL': seconds });
  await client.put('/demo/brief', { headers: ttl('4'), body: 'brief' });
  await client.put('/demo/followed', { headers: ttl('4'), body: 'followed' });
  await client.put('/demo/lasting', { headers: ttl('3600'), body: 'lasting' });
  const at = new Date(Date.now() + 4000).toISOString();
  await client.put('/demo/dated', { headers: { ...HEADERS, 'Stream-Expires-At': at } });
  const reader = await SseReader.open(server.server.port, '/demo/followed');
  await reader.untilUpToDate();

  server.server.process.kill('SIGSTOP');
  await setTimeout(PAUSE_MS);
  server.server.process.kill('SIGCONT');

  expect((await client.get('/demo/brief')).verdict).toBe('404 stream-not-found');
  expect((await client.get('/demo/dated')).verdict).toBe('404 stream-not-found');
  // Nobody was there to count the reader's attendance: the stream is over, and its reader is told.
  expect((await client.get('/demo/followed')).verdict).toBe('404 stream-not-found');
  await reader.untilOver();
  expect((await client.get('/demo/lasting')).text).toBe('lasting');
  expect((await client.put('/demo/brief', { headers: HEADERS })).status).toBe(201);
});
