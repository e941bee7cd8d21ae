import { describe, expect, it } from 'vitest';
import { describeFailure } from './failure.ts';
import { simulate } from './simulation.ts';

const SEEDS = 200;

/** What has to happen in so many histories, or they would prove nothing. */
const HAPPENINGS = [
  'checkpoint failures',
  'checkpoints',
  'clean closes',
  'commits',
  'crashes while closing',
  'crashes while starting',
  'engine failures',
  'failures to start',
  'groups of several commits',
  'kill',
  'kill-and-power-loss',
  'managed conflict',
  'managed declined',
  'managed duplicate',
  'managed refused: failed',
  'managed refused: full',
  'managed: clear',
  'managed: configure',
  'managed: decided again',
  'managed: drop',
  'managed: enforce',
  'managed: publish',
  'managed: remove',
  'power-loss',
  'refused: failed',
  'refused: full',
  'refused: overloaded',
];

describe('the engine in simulated crashes', () => {
  it(`keeps its promises in ${SEEDS} histories`, { timeout: 180_000 }, async () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const report = await simulate(seed);
      if (report.violation !== undefined) throw new Error(describeFailure(report));
      for (const [what, count] of report.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    }
    expect(HAPPENINGS.filter((what) => !counts.has(what))).toEqual([]);
  });

  it('makes the same history of a seed each time', async () => {
    for (const seed of [1, 2, 3, 4, 5, 1_000_001]) {
      const once = await simulate(seed);
      const again = await simulate(seed);
      expect(again.lines).toEqual(once.lines);
      expect(once.lines.length).toBeGreaterThan(100);
    }
  });
});
