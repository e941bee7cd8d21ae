import { describe, expect, test } from 'vitest';
import { DurableStream } from '@durable-streams/client';
import { killableMillrace } from '../ecosystem/support.ts';
import { runExample } from './support.ts';

const AMOUNTS = [120, 40, 300, 99, 100, 75, 250, 60, 180, 500];
const ORDERS = AMOUNTS.map((amount, index) => JSON.stringify({ order: index + 1, amount }));
const LARGE = [
  '{"order":1,"amount":120}',
  '{"order":3,"amount":300}',
  '{"order":5,"amount":100}',
  '{"order":7,"amount":250}',
  '{"order":9,"amount":180}',
  '{"order":10,"amount":500}',
];

describe('examples/order-fulfilment.ts', () => {
  test('brings every large order to the stream and to the webhook, in order', async () => {
    const millrace = await killableMillrace('--services-allow-loopback');
    const program = runExample('order-fulfilment.ts', millrace.url);
    await program.success();
    const printed = program.stdout.text();
    expect(linesAfter(printed, 'published')).toEqual(ORDERS);
    expect(linesAfter(printed, 'streamed')).toEqual(LARGE);
    expect(printed).toContain('forged, and answered 401');
    expect(await stored(printed)).toEqual(LARGE);

    // Two are taken, the third request fails, and its order comes again before any other.
    expect(attempts(printed).map(({ told, attempt }) => `${told} in attempt ${attempt}`)).toEqual([
      `received ${LARGE[0]} in attempt 1`,
      `received ${LARGE[1]} in attempt 1`,
      `failed ${LARGE[2]} in attempt 1`,
      `received ${LARGE[2]} in attempt 2`,
      `received ${LARGE[3]} in attempt 1`,
      `failed ${LARGE[4]} in attempt 1`,
      `received ${LARGE[4]} in attempt 2`,
      `received ${LARGE[5]} in attempt 1`,
    ]);
    expect(idsByOrder(printed)).toHaveLength(LARGE.length);
  });

  test('brings them all although the server is killed in between', async () => {
    const millrace = await killableMillrace('--services-allow-loopback');
    const program = runExample('order-fulfilment.ts', millrace.url);
    await program.stdout.until((text) => text.includes('failed'));
    await millrace.killAndRestart();
    await program.success();
    const printed = program.stdout.text();
    expect(linesAfter(printed, 'streamed')).toEqual(LARGE);
    expect(await stored(printed)).toEqual(LARGE);
    const received = attempts(printed).filter(({ told }) => told.startsWith('received'));
    expect(received.map(({ told }) => told)).toEqual(LARGE.map((order) => `received ${order}`));
    expect(idsByOrder(printed)).toHaveLength(LARGE.length);
  });
});

function linesAfter(printed: string, word: string): string[] {
  return [...printed.matchAll(new RegExp(`^${word} (.+)$`, 'gm'))].map(([, line = '']) => line);
}

/** What the webhook told of each request, in their order. */
function attempts(printed: string) {
  const line = /^((?:received|failed) \{.*\}) as (\S+), attempt (\d+)$/gm;
  return [...printed.matchAll(line)].map(([, told = '', id = '', attempt = '']) => {
    return { told, id, attempt };
  });
}

/** Pairs of an order and the id it was sent under, each pair once. */
function idsByOrder(printed: string): string[] {
  const pairs = attempts(printed).map(({ told, id }) => `${told.replace(/^\w+ /, '')} as ${id}`);
  expect(new Set(attempts(printed).map(({ id }) => id)).size).toBe(LARGE.length);
  return [...new Set(pairs)];
}

/** What the durable stream holds, as it is stored. */
async function stored(printed: string): Promise<string[]> {
  const [url = ''] = /http:\S+/.exec(printed) ?? [];
  const response = await new DurableStream({ url }).stream({ live: false });
  return (await response.json()).map((each) => JSON.stringify(each));
}
