import { startProgram } from './program.ts';
import { protocolComparisons, type Target } from './target.ts';

export const references: readonly Target[] = [
  {
    name: 'reference',
    about: 'the reference server of the protocol with a data folder (and 4096 open files)',
    ceiling: false,
    comparisons: protocolComparisons,
    start: async (workspace) => {
      const folder = await workspace.folder();
      const running = await startProgram(workspace, 'reference.ts', { 'data-dir': folder });
      return {
        ...running,
        stop: async () => {
          await running.stop();
          await workspace.removeFolder(folder);
        },
      };
    },
  },
  {
    name: 'reference-memory',
    about: 'the reference server of the protocol, in memory only',
    ceiling: false,
    comparisons: protocolComparisons,
    start: (workspace) => startProgram(workspace, 'reference.ts', { 'data-dir': '' }),
  },
];
