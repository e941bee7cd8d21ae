import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { simulate, type Mutation } from './simulation.ts';

const SEEDS = 60;

/** The first seed whose history goes wrong with the mutation. */
export async function seedThatCatches(mutation: Mutation): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    if ((await simulate(seed, mutation)).violation !== undefined) return seed;
  }
  return undefined;
}

describe('the simulator catches an engine that', () => {
  it.each(Object.entries(MUTANTS))('%s', { timeout: 60_000 }, async (_what, mutation) => {
    expect(await seedThatCatches(mutation)).toBeDefined();
  });
});
