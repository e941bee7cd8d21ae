import { parseArgs } from 'node:util';
import { simulate, type Report } from './simulation.ts';

// Runs seeds by hand: npx tsx test/simulation/run.ts --seeds 5000 [--from N] [--verbose]

const LINES_SHOWN = 40;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const to = from + Number(values.seeds);
const totals = new Map<string, number>();
const failed: number[] = [];
const begunMs = performance.now();

for (let seed = from; seed < to; seed += 1) {
  const report = await simulate(seed);
  for (const [what, count] of report.counts) totals.set(what, (totals.get(what) ?? 0) + count);
  if (report.violation !== undefined) {
    failed.push(seed);
    show(report, values.verbose ? report.lines.length : LINES_SHOWN);
  } else if (values.verbose) {
    show(report, report.lines.length);
  }
}

const seconds = (performance.now() - begunMs) / 1000;
console.log(`\n${to - from} seeds in ${seconds.toFixed(1)} s, ${failed.length} failed`);
for (const [what, count] of [...totals].sort()) console.log(`  ${what}: ${count}`);
if (failed.length > 0) console.log(`failed seeds: ${failed.join(' ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;

function show({ seed, lines, violation }: Report, count: number): void {
  for (const line of lines.slice(-count)) console.log(line);
  if (violation === undefined) return;
  console.log(violation);
  console.log(`seed ${seed} failed; replay it with`);
  console.log(`  npx tsx test/simulation/run.ts --seeds 1 --from ${seed} --verbose`);
}
