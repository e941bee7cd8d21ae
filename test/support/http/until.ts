import { setTimeout } from 'node:timers/promises';
import type { HttpClient } from './client.ts';
import type { HeldClock } from './held-clock.ts';

const DEADLINE_MS = 20_000;
const PAUSE_MS = 5;

/** Asks again and again until the answer is yes. For what has no event to await. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  pauseMs = PAUSE_MS,
): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`);
    await setTimeout(pauseMs);
  }
}

/** The value of a metric that has no labels. */
export async function metric(client: HttpClient, name: string): Promise<number> {
  const { text } = await client.get('/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** Waits until the server counts this many long-polls and SSE readers. */
export function untilLiveReaders(client: HttpClient, count: number): Promise<void> {
  return until(`${count} readers are live`, async () => {
    return (await metric(client, 'millrace_live_readers')) === count;
  });
}

/**
 * Waits until an expired stream has been removed, and not only counts as absent: it is asked for
 * with the clock set back to when it lived, `agoMs`.
 */
export function untilSwept(
  client: HttpClient,
  clock: HeldClock,
  path: string,
  agoMs: number,
): Promise<void> {
  const isRemoved = async (): Promise<boolean> => {
    clock.step(-agoMs);
    const { status } = await client.head(path);
    clock.step(agoMs);
    return status !== 200;
  };
  // Nothing is removed while the clock is set back: it must be the exception.
  return until(`${path} is removed`, isRemoved, 200);
}
