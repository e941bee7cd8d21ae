import type { Report } from './simulation.ts';

const LINES_SHOWN = 30;

/** What a failed seed looks like: the end of its history and how to see all of it. */
export function describeFailure({ seed, lines, violation }: Report, options = ''): string {
  const problem = violation instanceof Error ? (violation.stack ?? violation.message) : violation;
  return [
    ...lines.slice(-LINES_SHOWN),
    String(problem).replaceAll('\0', '/'),
    `seed ${seed} failed; replay it with`,
    `  npx tsx test/simulation/run.ts --seeds 1 --from ${seed}${options} --verbose`,
  ].join('\n');
}
