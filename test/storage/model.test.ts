import { join } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { temporaryFolder } from '../support/millrace.ts';
import { anyCommand, NAMES } from './commands.ts';
import { EngineFolder, TINY, TINY_CHECKPOINT } from './engine-folder.ts';
import { Twins } from './twins.ts';

describe('the embedded engine', () => {
  it.each([
    { name: 'with plenty of room', specials: {} },
    { name: 'cut small', specials: { settings: TINY, checkpoint: TINY_CHECKPOINT } },
  ])(
    'does what the memory engine does, $name',
    async ({ specials }) => {
      const temporary = await temporaryFolder();
      let runs = 0;
      try {
        await fc.assert(
          fc.asyncProperty(
            fc.array(anyCommand, { maxLength: 40, size: 'max' }),
            async (commands) => {
              runs += 1;
              const twins = await Twins.open(
                new EngineFolder(join(temporary.path, String(runs)), specials),
              );
              try {
                for (const command of commands) await twins.run(command);
                await twins.compareAll(NAMES);
              } finally {
                await twins.close();
              }
            },
          ),
          { numRuns: 30 },
        );
      } finally {
        await temporary.remove();
      }
    },
    120_000,
  );
});
