import { simulate, type Mutation } from './simulation.ts';

const SEEDS = 300;

/** The first seed whose history goes wrong with the mutation. */
export async function seedThatCatches(mutation: Mutation = {}): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    if ((await simulate(seed, mutation)).violation !== undefined) return seed;
  }
  return undefined;
}
