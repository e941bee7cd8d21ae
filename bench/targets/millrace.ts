import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Child } from '../system/child.ts';
import type { Workspace } from '../system/workspace.ts';
import { addressOf } from './address.ts';
import { protocolComparisons, type Running, type Target } from './target.ts';

export const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const readyTimeoutMs = 180_000;

export const millrace: Target = {
  name: 'millrace',
  about: 'Millrace with a data folder, every append synced to disk',
  ceiling: false,
  comparisons: [...protocolComparisons, 'publish', 'publish-batch', 'auth', 'idle-triggers'],
  start: async (workspace) => {
    const folder = await workspace.folder();
    const server = await startMillrace(workspace, folder);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await workspace.removeFolder(folder);
      },
    };
  },
};

export interface Millrace extends Running {
  readonly pid: number;
  /** From the spawn to the first 200 of `/-/ready`, the runtime's own start included. */
  readonly readySeconds: number;
  readonly kill: () => Promise<void>;
}

export async function startMillrace(
  workspace: Workspace,
  folder: string,
  flags: readonly string[] = [],
): Promise<Millrace> {
  if (!existsSync(main)) throw new Error('millrace is not built: npm run build');
  const startedAt = performance.now();
  const child = workspace.spawn('millrace', process.execPath, [
    main,
    ...['--port', '0', '--data-dir', folder],
    ...flags,
  ]);
  const url = await addressOf(child);
  await untilReady(url);
  return {
    url,
    pid: child.pid,
    readySeconds: (performance.now() - startedAt) / 1000,
    stop: () => stopCleanly(child),
    kill: async () => {
      child.kill();
      await child.exited;
    },
  };
}

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    const status = await fetch(`${url}/-/ready`).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    await sleep(2);
  }
  throw new Error(`millrace: /-/ready did not answer 200 within ${readyTimeoutMs} ms`);
}

async function stopCleanly(child: Child): Promise<void> {
  // A checkpoint of everything still in memory may have to finish first.
  const { code, signal } = await child.stop(120_000);
  if (code !== 0) throw new Error(`millrace: SIGTERM ended it with ${code ?? signal ?? 'nothing'}`);
}
