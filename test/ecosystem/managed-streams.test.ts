import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DurableStream, FetchError, stream } from '@durable-streams/client';
import { startMillrace } from '../support/millrace.ts';
import { inbox, range } from './support.ts';
import type { LiveMode } from '@durable-streams/client';

const JSON_TYPE = 'application/json';

describe.each([{ memory: true }, { memory: false }])(
  'the client at /streams/{name}, in memory: $memory',
  ({ memory }) => {
    let server: Awaited<ReturnType<typeof startMillrace>>;
    beforeAll(async () => {
      // Small, so that reads take several responses.
      server = await startMillrace({ memory, longPollTimeoutMs: 1_000, pageBytes: 4 * 1024 });
    });
    afterAll(() => server.close());

    let streams = 0;
    async function managed(settings: object = {}): Promise<{ name: string; url: string }> {
      const name = `client-${streams++}`;
      const answer = await fetch(`${server.url}/storage/streams/${name}`, {
        method: 'PUT',
        headers: { 'Content-Type': JSON_TYPE },
        body: JSON.stringify({ subjects: [name, `${name}.>`], ...settings }),
      });
      expect(answer.status).toBe(200);
      return { name, url: `${server.url}/streams/${name}` };
    }

    test('describes it with HEAD, and connects to it', async () => {
      const { url } = await managed();
      const handle = await DurableStream.connect({ url });
      expect(handle.contentType).toBe(JSON_TYPE);
      const before = await handle.head();
      await handle.append('1');
      const after = await handle.head();
      expect([before.exists, after.exists]).toEqual([true, true]);
      expect(before).not.toEqual(after);
      expect(await new DurableStream({ url: `${url}-absent` }).head()).toEqual({ exists: false });
    });

    test('appends values and reads the same values, over several responses', async () => {
      const { url } = await managed();
      const handle = new DurableStream({ url, contentType: JSON_TYPE });
      const values = range(200).map((n) => ({ n, text: 'x'.repeat(100), list: [n, [n]] }));
      await Promise.all(values.map((value) => handle.append(JSON.stringify(value))));
      await handle.append('["an array is one value"]');
      const read = await handle.stream();
      expect(await read.json()).toEqual([...values, ['an array is one value']]);
      expect(read.upToDate).toBe(true);

      const now = await handle.stream({ offset: 'now', live: false });
      expect(await now.json()).toEqual([]);
      await handle.append('"next"');
      expect(await (await handle.stream({ offset: now.offset, live: false })).json()).toEqual([
        'next',
      ]);
    });

    describe.each<{ live: LiveMode }>([{ live: 'long-poll' }, { live: 'sse' }, { live: true }])(
      'tailing ($live)',
      ({ live }) => {
        test('brings what was there and what comes', async () => {
          const { url } = await managed();
          const handle = new DurableStream({ url, contentType: JSON_TYPE });
          await handle.append('{"n":0}');
          const read = await handle.stream<{ n: number }>({ live });
          const arrived = inbox<{ n: number }>();
          read.subscribeJson(({ items }) => {
            arrived.add(...items);
          });
          await arrived.until(({ length }) => length === 1);
          for (const n of range(5, 1)) {
            await handle.append(JSON.stringify({ n }));
            await arrived.until(({ length }) => length === n + 1);
          }
          expect(arrived.items).toEqual(range(6).map((n) => ({ n })));
          read.cancel();
        });

        test('brings only the subjects that are asked for, in envelopes', async () => {
          const { name, url } = await managed();
          const on = (rest: string): DurableStream =>
            new DurableStream({
              url,
              contentType: JSON_TYPE,
              headers: { 'Stream-Subject': `${name}.${rest}` },
            });
          await on('eu.new').append('1');
          await on('us.new').append('2');
          const read = await stream<{ seq: number; subject: string; body: number }>({
            url,
            live,
            params: { subject: `${name}.eu.>`, view: 'envelope' },
          });
          const arrived = inbox<{ seq: number; subject: string; body: number }>();
          read.subscribeJson(({ items }) => {
            arrived.add(...items);
          });
          await arrived.until(({ length }) => length === 1);
          for (const n of range(6, 3)) {
            await on(n % 2 === 0 ? 'us.new' : 'eu.paid').append(String(n));
          }
          await arrived.until(({ length }) => length === 4);
          expect(arrived.items).toMatchObject([
            { seq: 1, subject: `${name}.eu.new`, body: 1 },
            { seq: 3, subject: `${name}.eu.paid`, body: 3 },
            { seq: 5, subject: `${name}.eu.paid`, body: 5 },
            { seq: 7, subject: `${name}.eu.paid`, body: 7 },
          ]);
          read.cancel();
        });
      },
    );

    test('learns with 410 that retention has passed it, and from where to go on', async () => {
      const { url } = await managed({ max_msgs: 3 });
      const handle = new DurableStream({ url, contentType: JSON_TYPE });
      await handle.append('0');
      const { offset } = await handle.stream({ live: false });
      for (const n of range(5, 1)) await handle.append(String(n));
      const passed = await failureOf(handle.stream({ offset, live: false }));
      expect(passed.status).toBe(410);
      const earliest = passed.headers['stream-next-offset'] ?? 'none';
      expect(await (await handle.stream({ offset: earliest, live: false })).json()).toEqual([
        3, 4, 5,
      ]);
    });
  },
);

async function failureOf(attempt: Promise<unknown>): Promise<FetchError> {
  const outcome: unknown = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof FetchError) return outcome;
  throw new Error(`not refused by the server: ${String(outcome)}`);
}
