import { createHmac, randomBytes } from 'node:crypto';
import type { Workspace } from '../system/workspace.ts';
import { main, startMillrace } from './millrace.ts';
import type { Target } from './target.ts';

const keyTimeoutMs = 30_000;

/** Millrace as it is with credentials configured: what they cost is its distance to the open one. */
export const guarded: readonly Target[] = [
  guardedTarget('millrace-token', 'Millrace that asks for a token, HS256', () => {
    const secret = randomBytes(32).toString('hex');
    const credential = `Authorization: Bearer ${sign(secret)}`;
    return Promise.resolve({ flags: ['--jwt-secret', secret], credential });
  }),
  guardedTarget('millrace-key', 'Millrace that asks for an API key', async (workspace, folder) => {
    const key = await createKey(workspace, folder);
    return { flags: [], credential: `X-Api-Key: ${key}` };
  }),
];

type Prepare = (
  workspace: Workspace,
  folder: string,
) => Promise<{ readonly flags: readonly string[]; readonly credential: string }>;

function guardedTarget(name: string, about: string, prepare: Prepare): Target {
  return {
    ...{ name, about, ceiling: false, comparisons: ['auth'] },
    start: async (workspace) => {
      const folder = await workspace.folder();
      const { flags, credential } = await prepare(workspace, folder);
      const server = await startMillrace(workspace, folder, flags);
      return {
        ...{ ...server, credential },
        stop: async () => {
          await server.stop();
          await workspace.removeFolder(folder);
        },
      };
    },
  };
}

function sign(secret: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { account: 'bench', scope: 'streams:read streams:write', exp };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function createKey(workspace: Workspace, folder: string): Promise<string> {
  const child = workspace.spawn('millrace keys', process.execPath, [
    ...[main, 'keys', 'create', '--data-dir', folder, '--name', 'bench'],
    ...['--scope', 'streams:read streams:write'],
  ]);
  const key = await child.waitFor('key', keyTimeoutMs, (line) => /mk_\S+/.exec(line)?.[0]);
  await child.exited;
  return key;
}
