import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { MessageDriver } from '../contract.ts';
import { anyStep } from '../steps.ts';
import { MessageTwins } from '../twins.ts';

const RUNS = 40;

/** Step by step the driver's engine does what the memory engine does, also after stops. */
export function describeSteps(driver: MessageDriver): void {
  describe('step by step', () => {
    it('does what the memory engine does', async () => {
      const anySteps = fc.array(anyStep, { minLength: 10, maxLength: 60, size: 'max' });
      await fc.assert(
        fc.asyncProperty(anySteps, async (steps) => {
          const twins = new MessageTwins(await driver.open());
          try {
            for (const step of steps) await twins.run(step);
            await twins.compareAll();
          } finally {
            await twins.close();
          }
        }),
        { numRuns: RUNS },
      );
    }, 120_000);
  });
}
