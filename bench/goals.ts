import { mebibytes, short, whole } from './format.ts';
import type { Options } from './options.ts';
import { SEARCHES } from './load/searches.ts';
import { figure, type Table } from './table.ts';

interface Goal {
  readonly text: string;
  /** Figure of `target` in `table`; divided by the one of `over`, if that is given. */
  readonly table: string;
  readonly key: string;
  readonly target: string;
  readonly over?: string;
  /** What the figure is multiplied by before it is compared, to reach the goal's unit. */
  readonly scale?: number;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  readonly unit: string;
}

const target = 'millrace';
const mebibyte = 1 / 2 ** 20;

const goalsFor = (options: Options): readonly Goal[] => [
  ...logGoals(options),
  {
    text: 'publishes/s at 100 connections, share of the no-op ceiling',
    ...{ table: 'publish', key: 'rate', target, over: 'no-op', bound: { atLeast: 0.5 }, unit: '' },
  },
  {
    text: 'messages/s published in batches of 100',
    ...{ table: 'publish-batch', key: 'rate', target, bound: { atLeast: 150_000 }, unit: '/s' },
  },
  ...['millrace-token', 'millrace-key'].map((name): Goal => ({
    text: `durable appends/s with credentials, ${name}, share of those without`,
    ...{ table: 'auth', key: 'rate', target: name, over: target },
    ...{ bound: { atLeast: 0.95 }, unit: '' },
  })),
  ...triggerGoals,
  ...['search-1', 'search-8'].flatMap((table) =>
    SEARCHES.map(({ name }): Goal => ({
      text: `p99 of a search, ${name}, ${table.replace('search-', '')} at a time`,
      ...{ table, key: 'p99Ms', target: name, bound: { atMost: 5 }, unit: ' ms' },
    })),
  ),
];

const triggerGoals: readonly Goal[] = [
  {
    text: 'records/s that one trigger carries in bulk',
    ...{ table: 'triggers-bulk', key: 'rate', target: '1 trigger' },
    ...{ bound: { atLeast: 50_000 }, unit: '/s' },
  },
  {
    text: 'p99 from an append to its receipt behind a trigger, at 1,000 records/s',
    ...{ table: 'triggers-live', key: 'p99Ms', target, bound: { atMost: 10 }, unit: ' ms' },
  },
  {
    text: 'appends/s beside 1,000 triggers at rest, share of those without',
    ...{ table: 'triggers-idle', key: 'rate', target: 'millrace-triggers', over: target },
    ...{ bound: { atLeast: 0.95 }, unit: '' },
  },
];

const logGoals = ({ idleStreams, walBytes, sseReaders }: Options): readonly Goal[] => [
  ...[100, 500].flatMap((connections): Goal[] => [
    {
      text: `appends/s at ${connections} connections, share of the no-op ceiling`,
      ...{ table: `appends-${connections}`, key: 'rate', target, over: 'no-op' },
      ...{ bound: { atLeast: 0.75 }, unit: '' },
    },
    {
      text: `appends/s at ${connections} connections, times the reference with a folder`,
      ...{ table: `appends-${connections}`, key: 'rate', target, over: 'reference' },
      ...{ bound: { atLeast: 10 }, unit: 'x' },
    },
  ]),
  {
    text: `fan-out p99 to ${whole(sseReaders)} readers, times the bare fan-out`,
    ...{ table: 'fan-out', key: 'p99Ms', target, over: 'bare-fan-out' },
    ...{ bound: { atMost: 2 }, unit: 'x' },
  },
  {
    text: 'fan-out events that never arrived',
    ...{ table: 'fan-out', key: 'undelivered', target, bound: { atMost: 0 }, unit: '' },
  },
  {
    text: 'catch-up MB/s, share of the bare answer',
    ...{ table: 'catch-up', key: 'rate', target, over: 'bare-catch-up' },
    ...{ bound: { atLeast: 0.85 }, unit: '' },
  },
  {
    text: `RSS with ${whole(idleStreams)} idle streams, after creating them`,
    ...{ table: 'idle', key: 'totalBytes', target: 'after creating them' },
    ...{ scale: mebibyte, bound: { atMost: 300 }, unit: ' MiB' },
  },
  {
    text: `RSS with ${whole(idleStreams)} idle streams, after a restart`,
    ...{ table: 'idle', key: 'totalBytes', target: 'after a restart' },
    ...{ scale: mebibyte, bound: { atMost: 300 }, unit: ' MiB' },
  },
  {
    text: `ready with ${whole(idleStreams)} idle streams`,
    ...{ table: 'idle', key: 'readySeconds', target: 'after a restart' },
    ...{ bound: { atMost: 2 }, unit: ' s' },
  },
  {
    text: `ready after kill -9 with ${mebibytes(walBytes)} MiB in the log`,
    ...{ table: 'replay', key: 'readySeconds', target },
    ...{ bound: { atMost: 10 }, unit: ' s' },
  },
];

export interface Verdict {
  readonly text: string;
  readonly goal: string;
  readonly value: number;
  readonly shown: string;
  readonly verdict: 'met' | 'not met' | 'not measured';
}

export function judge(tables: readonly Table[], options: Options): Verdict[] {
  return goalsFor(options).map((goal) => {
    const own = figure(tables, goal.table, goal.target, goal.key) * (goal.scale ?? 1);
    const over = goal.over === undefined ? 1 : figure(tables, goal.table, goal.over, goal.key);
    const value = own / over;
    const measured = !Number.isNaN(value);
    return {
      text: goal.text,
      goal: describeBound(goal),
      value,
      shown: measured ? `${decimal(value)}${goal.unit}` : '',
      verdict: measured ? (holds(goal, value) ? 'met' : 'not met') : 'not measured',
    };
  });
}

function holds({ bound }: Goal, value: number): boolean {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

function describeBound({ bound, unit }: Goal): string {
  return 'atLeast' in bound
    ? `at least ${decimal(bound.atLeast)}${unit}`
    : `at most ${decimal(bound.atMost)}${unit}`;
}

/** Three places below ten: a value just past its bound must not be shown as the bound. */
function decimal(value: number): string {
  if (Number.isInteger(value)) return whole(value);
  return value < 10 ? String(Number(value.toFixed(3))) : short(value);
}
