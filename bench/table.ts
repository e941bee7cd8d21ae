import type { Metrics } from './load/run.ts';
import { median } from './stats.ts';

export interface Column {
  /** Name of the metric in each round. */
  readonly key: string;
  readonly head: string;
  readonly format: (value: number) => string;
}

/** A further column: a row's figure divided by another target's. */
export interface Ratio {
  readonly key: string;
  readonly to: string;
  readonly head: string;
}

export interface Row {
  readonly target: string;
  /** One entry a round; none when the target failed. */
  readonly rounds: readonly Metrics[];
}

export interface Table {
  readonly id: string;
  readonly title: string;
  /** How it was measured: what a reader must know to repeat or to doubt it. */
  readonly how: string;
  readonly columns: readonly Column[];
  readonly ratios: readonly Ratio[];
  readonly rows: readonly Row[];
}

export function medianOf(row: Row, key: string): number {
  return median(row.rounds.map((metrics) => metrics[key] ?? NaN));
}

/** How far the rounds lie apart, as a share of their median. */
export function spreadOf(row: Row, key: string): number {
  const values = row.rounds.map((metrics) => metrics[key] ?? NaN);
  return values.length < 2 ? NaN : (Math.max(...values) - Math.min(...values)) / median(values);
}

/** The median of a metric in a table, NaN when it was not measured. */
export function figure(tables: readonly Table[], id: string, target: string, key: string): number {
  const row = tables
    .find((table) => table.id === id)
    ?.rows.find((candidate) => candidate.target === target);
  return row === undefined ? NaN : medianOf(row, key);
}
