import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { spawnMillrace, startMillrace } from '../support/millrace.ts';

/** What has arrived so far, and a way to await more of it. */
export interface Inbox<T> {
  readonly items: readonly T[];
  add: (...items: readonly T[]) => void;
  fail: (reason: unknown) => void;
  /** Resolves as soon as the condition holds, rejects once the source has failed. */
  until: (holds: (items: readonly T[]) => boolean) => Promise<readonly T[]>;
}

export function inbox<T>(): Inbox<T> {
  const items: T[] = [];
  const waiting = new Set<() => void>();
  let failure: { reason: unknown } | undefined;
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  return {
    items,
    add: (...more) => {
      items.push(...more);
      wake();
    },
    fail: (reason) => {
      failure ??= { reason };
      wake();
    },
    until: (holds) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (holds(items)) resolve(items);
          else if (failure !== undefined) reject(toError(failure.reason));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
  };
}

export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that a test stops and starts again on the same port and folder. */
export async function restartableMillrace() {
  const dataDir = await temporaryFolder();
  const first = await startMillrace({ dataDir });
  const port = Number(new URL(first.url).port);
  let running: typeof first | undefined = first;
  const stop = async () => {
    await running?.close();
    running = undefined;
  };
  onTestFinished(stop);
  return {
    url: first.url,
    stop,
    start: async () => {
      running = await startMillrace({ dataDir, port });
    },
  };
}

/** A server process on a folder of its own, which a test kills and starts again. */
export async function killableMillrace(...flags: readonly string[]) {
  const dataDir = await temporaryFolder();
  let running = await spawnMillrace([...flags, '--data-dir', dataDir]);
  const { url, port } = running;
  onTestFinished(async () => {
    await running.kill('SIGKILL');
  });
  return {
    url,
    killAndRestart: async () => {
      await running.kill('SIGKILL');
      running = await spawnMillrace([...flags, '--port', String(port), '--data-dir', dataDir]);
    },
  };
}

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
}

/** The platform's fetch, which also notes every exchange. */
export function recordingFetch(): { fetch: typeof fetch; exchanges: readonly Exchange[] } {
  const exchanges: Exchange[] = [];
  return {
    exchanges,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const response = await fetch(input, init);
      exchanges.push({
        method: request.method,
        url: new URL(request.url),
        status: response.status,
        headers: response.headers,
      });
      return response;
    },
  };
}

/**
 * A fetch that repeats what got no answer or a 5xx. Unlike the client's `createFetchWithBackoff` it
 * hands 4xx answers on, from which a producer with several batches in flight learns about gaps.
 */
export function persistent(base: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    for (;;) {
      try {
        const response = await base(input, init);
        if (response.status < 500) return response;
      } catch (reason) {
        if (init?.signal?.aborted === true) throw reason;
      }
      await setTimeout(20);
    }
  };
}

export async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

export function range(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}
