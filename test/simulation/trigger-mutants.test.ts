import { describe, expect, it } from 'vitest';
import { TRIGGER_MUTANTS } from './triggers/mutants.ts';
import { simulateTriggers, type TriggerMutation } from './triggers/simulation.ts';

const SEEDS = 30;

/** The first seed whose history goes wrong with the mutation. */
async function seedThatCatches(mutate: TriggerMutation): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    if ((await simulateTriggers(seed, mutate)).violation !== undefined) return seed;
  }
  return undefined;
}

describe('the simulator catches triggers whose store', () => {
  it.each(Object.entries(TRIGGER_MUTANTS))('%s', { timeout: 60_000 }, async (_what, mutate) => {
    expect(await seedThatCatches(mutate)).toBeDefined();
  });
});
