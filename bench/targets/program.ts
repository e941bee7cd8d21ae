import type { Workspace } from '../system/workspace.ts';
import { addressOf } from './address.ts';
import type { Running } from './target.ts';

/** A target that is one of our own small programs. */
export async function startProgram(
  workspace: Workspace,
  file: string,
  flags: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = workspace.spawnProgram(new URL(`./programs/${file}`, import.meta.url), flags);
  const url = await addressOf(child);
  return {
    url,
    pid: child.pid,
    stop: async () => {
      child.kill();
      await child.exited;
    },
  };
}
