import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Answer, HttpClient } from '../../support/http/client.ts';
import { onBothEngines } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { seeded } from '../../support/http/seeded.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const CLOSE = { 'Stream-Closed': 'true' };
const ROUNDS = 40;
const READERS = 6;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
}

interface Seen {
  readonly messages: unknown[];
  /** How often the reader heard that the stream is closed, and whether data came after that. */
  readonly closings: number;
  readonly dataAfterClosing: boolean;
}

async function followSse(client: HttpClient, path: string, offset: string): Promise<Seen> {
  const reader = await EventStream.open(client, path, { offset });
  await reader.ended;
  const closing = reader.events.findIndex(({ data }) => data.includes('"streamClosed":true'));
  return {
    messages: reader.data.flatMap((data): unknown => JSON.parse(data)),
    closings: reader.controls.filter(({ streamClosed }) => streamClosed).length,
    dataAfterClosing: closing !== reader.events.length - 1,
  };
}

function messagesIn({ json }: Answer): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

async function followByPolls(client: HttpClient, path: string, start: string): Promise<Seen> {
  const messages: unknown[] = [];
  for (let offset = start; ;) {
    const poll = await client.get(`${path}?offset=${offset}&live=long-poll`);
    expect([200, 204]).toContain(poll.status);
    if (poll.status === 200) messages.push(...messagesIn(poll));
    offset = poll.offset;
    if (poll.isClosed) return { messages, closings: 1, dataAfterClosing: false };
  }
}

async function followByPages(client: HttpClient, path: string, start: string): Promise<Seen> {
  const messages: unknown[] = [];
  for (let offset = start; ;) {
    const page = await client.get(`${path}?offset=${offset}`);
    messages.push(...messagesIn(page));
    offset = page.offset;
    if (page.isClosed) return { messages, closings: 1, dataAfterClosing: false };
  }
}

const WAYS = [followSse, followByPolls, followByPages];

// Two messages a page, so that the end is often pages away.
onBothEngines('the end of a stream', { pageBytes: 4 }, (server) => {
  test.each([
    ['closed with its last data', true],
    ['closed after its last data', false],
  ])('%s, is seen by every reader behind all data, at any timing', async (_, atOnce) => {
    for (let seed = 0; seed < ROUNDS; seed += 1) {
      const random = seeded(seed);
      const pick = (below: number): number => Math.floor(random() * below);
      const path = server.freshPath();
      const { offset: start } = await server.put(path, { headers: JSON_TYPE });
      const count = 1 + pick(8);
      const expected = Array.from({ length: count }, (__, index) => index);
      const reading = Array.from({ length: READERS }, async () => {
        const follow = WAYS[pick(WAYS.length)] ?? followSse;
        await turns(pick(30));
        return follow(server, path, start);
      });
      for (const index of expected) {
        await turns(pick(8));
        const isLast = index === count - 1;
        const headers = isLast && atOnce ? { ...JSON_TYPE, ...CLOSE } : JSON_TYPE;
        await server.post(path, { headers, body: String(index) });
      }
      if (!atOnce) {
        await turns(pick(8));
        await server.post(path, { headers: CLOSE });
      }
      for (const seen of await Promise.all(reading)) {
        const good = { messages: expected, closings: 1, dataAfterClosing: false };
        expect({ seed, ...seen }).toEqual({ seed, ...good });
      }
    }
  });

  test('is seen by readers who come while it is closed by many at once', async () => {
    for (let seed = 0; seed < 15; seed += 1) {
      const path = server.freshPath();
      await server.put(path, { headers: JSON_TYPE, body: '0' });
      const closings = await Promise.all([
        ...[1, 2, 3].map((body) =>
          server.post(path, { headers: { ...JSON_TYPE, ...CLOSE }, body: String(body) }),
        ),
        server.post(path, { headers: CLOSE }),
      ]);
      const seen = await Promise.all(WAYS.map((follow) => follow(server, path, '-1')));
      const [first] = seen;
      // One of the three, or none when the bare closing came first.
      expect(closings.slice(0, 3).filter(({ status }) => status === 204)).toHaveLength(
        (first?.messages.length ?? 0) - 1,
      );
      for (const each of seen) expect(each.messages).toEqual(first?.messages);
    }
  });
});
