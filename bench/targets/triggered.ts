import { runLoad } from '../load/run.ts';
import type { Workspace } from '../system/workspace.ts';
import { startMillrace } from './millrace.ts';
import type { Target } from './target.ts';

export const IDLE_TRIGGERS = 1000;

/** Millrace with triggers that have nothing to carry: what they cost is its distance to the one without. */
export const triggered: Target = {
  name: 'millrace-triggers',
  about: `Millrace with ${IDLE_TRIGGERS} triggers at rest`,
  ceiling: false,
  comparisons: ['idle-triggers'],
  start: async (workspace) => {
    const folder = await workspace.folder();
    const server = await startMillrace(workspace, folder);
    await furnish(workspace, server.url);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await workspace.removeFolder(folder);
      },
    };
  },
};

async function furnish(workspace: Workspace, url: string): Promise<void> {
  const streams = { url, 'content-type': 'text/plain', connections: 50 };
  await runLoad(workspace, 'create', { ...streams, group: 'resting', count: IDLE_TRIGGERS });
  await runLoad(workspace, 'create', { ...streams, group: 'carried', count: 1 });
  const group = 'resting';
  const made = { url, group, count: IDLE_TRIGGERS, target: 'carried-0' };
  await runLoad(workspace, 'create-triggers', made);
}
