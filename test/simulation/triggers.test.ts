import { describe, expect, it } from 'vitest';
import { describeFailure } from './failure.ts';
import { simulateTriggers } from './triggers/simulation.ts';

const SEEDS = 40;

/** What has to happen in so many histories, or they would prove nothing. */
const HAPPENINGS = [
  'clean closes',
  'crashes while starting',
  'create: created',
  'create: name-in-use',
  'delivered',
  'engine failures',
  'filtered out',
  'kill',
  'missed',
  'pause: done',
  'power-loss',
  'remove: done',
  'resume: done',
];

describe('triggers in simulated crashes', () => {
  it(`carry everything once in ${SEEDS} histories`, { timeout: 180_000 }, async () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const report = await simulateTriggers(seed);
      if (report.violation !== undefined) throw new Error(describeFailure(report, ' --triggers'));
      for (const [what, count] of report.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    }
    expect(HAPPENINGS.filter((what) => !counts.has(what))).toEqual([]);
  });

  it('make the same history of a seed each time', async () => {
    for (const seed of [1, 2, 1_000_001]) {
      const once = await simulateTriggers(seed);
      const again = await simulateTriggers(seed);
      expect(again.lines).toEqual(once.lines);
      expect(once.lines.length).toBeGreaterThan(100);
    }
  });
});
