import { describe, expect, it } from 'vitest';
import { seedThatCatches } from './catching.ts';
import { MUTANTS } from './mutants.ts';

describe('the simulator catches an engine that', () => {
  it.each(Object.entries(MUTANTS))('%s', { timeout: 120_000 }, async (_what, mutation) => {
    expect(await seedThatCatches(mutation)).toBeDefined();
  });
});
