import { parseArgs } from 'node:util';
import { describeFailure } from './failure.ts';
import { simulate } from './simulation.ts';
import { simulateTriggers } from './triggers/simulation.ts';

// Runs seeds by hand: npx tsx test/simulation/run.ts --seeds 5000 [--from N] [--triggers] [--verbose]

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    triggers: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const to = from + Number(values.seeds);
const totals = new Map<string, number>();
const failed: number[] = [];
const begunMs = performance.now();

for (let seed = from; seed < to; seed += 1) {
  const report = await (values.triggers ? simulateTriggers(seed) : simulate(seed));
  for (const [what, count] of report.counts) totals.set(what, (totals.get(what) ?? 0) + count);
  if (values.verbose) for (const line of report.lines) console.log(line);
  if (report.violation === undefined) continue;
  failed.push(seed);
  console.log(describeFailure(report, values.triggers ? ' --triggers' : ''));
}

const seconds = (performance.now() - begunMs) / 1000;
console.log(`\n${to - from} seeds in ${seconds.toFixed(1)} s, ${failed.length} failed`);
for (const [what, count] of [...totals].sort()) console.log(`  ${what}: ${count}`);
if (failed.length > 0) console.log(`failed seeds: ${failed.join(' ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
