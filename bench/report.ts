import type { Failure } from './bench.ts';
import { mebibytes, percent, short, whole } from './format.ts';
import type { Verdict } from './goals.ts';
import type { Options } from './options.ts';
import type { Machine } from './system/machine.ts';
import { medianOf, spreadOf, type Column, type Row, type Table } from './table.ts';
import type { Target } from './targets/target.ts';

// More than what a machine at rest does, and what reading CPU times in ticks misplaces.
const otherCpuMax = 0.2;

export interface Report {
  readonly machine: Machine;
  readonly options: Options;
  readonly targets: readonly Target[];
  readonly tables: readonly Table[];
  readonly verdicts: readonly Verdict[];
  readonly failures: readonly Failure[];
}

export function printHead(machine: Machine, options: Options, targets: readonly Target[]): string {
  const facts: [string, string][] = [
    ['date', machine.date],
    ['commit', machine.commit],
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${mebibytes(machine.memoryBytes)} MiB`],
    ['system', `${machine.system}, node ${machine.node}`],
    ['load before', short(machine.loadBefore)],
    ['data folders', `${machine.folder}, ${machine.fileSystem}`],
    ['fdatasync', `p50 ${short(machine.syncP50Ms)} ms, p99 ${short(machine.syncP99Ms)} ms (4 KiB)`],
    ['rounds', `${options.rounds}, interleaved; figures are medians over them`],
    ['measured', `${options.seconds} s a round after ${options.warmupMs} ms of warm-up`],
  ];
  if (options.quick) facts.push(['quick', 'a smoke run: too short and too small to compare']);
  return [
    'Millrace benchmark',
    ...align(facts),
    '',
    'Targets',
    ...align(targets.map(({ name, about }) => [name, about])),
  ].join('\n');
}

export function printTable(table: Table): string {
  const [first, ...others] = table.columns.map(({ head }) => head);
  const heads = ['', first ?? '', 'spread', ...others, ...table.ratios.map(({ head }) => head)];
  const rows = table.rows.map((row) => [
    row.target,
    ...table.columns.flatMap((column, i) =>
      i === 0 ? [cell(row, column), spread(row, column)] : [cell(row, column)],
    ),
    ...table.ratios.map(({ key, to }) => ratio(table, row, key, to)),
  ]);
  return [`\n${table.title}`, ...wrap(table.how), ...columns([heads, ...rows])].join('\n');
}

export function printEnd({ options, tables, verdicts, failures }: Report): string {
  const lines = verdicts.map(({ text, goal, shown, verdict }) => [verdict, text, shown, goal]);
  const title = options.quick ? '\nGoals (a smoke run decides none of them)' : '\nGoals';
  const parts = [title, ...columns(lines, 'start')];
  const other = highestMedian(tables, 'otherCpu');
  if (other > otherCpuMax) {
    parts.push(
      `\nDISTURBED: other processes used up to ${percent(other)} of a core during a target's turn.`,
    );
  }
  if (failures.length > 0) {
    parts.push('\nFAILED');
    for (const { measure, target, reason } of failures) {
      parts.push(`  ${measure}, ${target}: ${reason}`);
    }
  }
  return parts.join('\n');
}

/** Everything that was printed, and every round behind each median. */
export function toJson(report: Report): string {
  const { machine, options, targets, tables, verdicts, failures } = report;
  const plain = {
    machine,
    options,
    targets: targets.map(({ name, about, ceiling }) => ({ name, about, ceiling })),
    tables: tables.map(({ id, title, how, columns: shown, rows }) => ({
      ...{ id, title, how },
      rows: rows.map((row) => ({
        target: row.target,
        medians: Object.fromEntries(shown.map(({ key }) => [key, medianOf(row, key)])),
        rounds: row.rounds,
      })),
    })),
    goals: verdicts,
    failures,
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}

function highestMedian(tables: readonly Table[], key: string): number {
  const medians = tables.flatMap((table) => table.rows.map((row) => medianOf(row, key)));
  return Math.max(0, ...medians.filter((value) => !Number.isNaN(value)));
}

function cell(row: Row, { key, format }: Column): string {
  if (row.rounds.length === 0) return 'failed';
  const value = medianOf(row, key);
  return Number.isNaN(value) ? '-' : format(value);
}

function spread(row: Row, { key }: Column): string {
  const share = spreadOf(row, key);
  return Number.isNaN(share) ? '-' : percent(share);
}

function ratio(table: Table, row: Row, key: string, to: string): string {
  const base = table.rows.find((candidate) => candidate.target === to);
  if (base === undefined || base === row) return '-';
  const value = medianOf(row, key) / medianOf(base, key);
  return Number.isNaN(value) ? '-' : value >= 100 ? whole(value) : value.toFixed(2);
}

function align(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

/** Left-aligned names, right-aligned figures; or everything left-aligned. */
function columns(lines: readonly string[][], figures: 'end' | 'start' = 'end'): string[] {
  const widths: number[] = [];
  for (const line of lines) {
    line.forEach((text, i) => (widths[i] = Math.max(widths[i] ?? 0, text.length)));
  }
  return lines.map((line) => {
    const cells = line.map((text, i) => {
      const width = widths[i] ?? 0;
      return i === 0 || figures === 'start' ? text.padEnd(width) : text.padStart(width);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

function wrap(text: string, widthMax = 96): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > widthMax) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
