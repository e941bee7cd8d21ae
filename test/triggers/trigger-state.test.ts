import { describe, expect, it } from 'vitest';
import {
  afterEvent,
  type TriggerEvent,
  type TriggerState,
} from '../../src/triggers/trigger-state.ts';

const THEN = 1000;
const NOW = 2000;

const STATES: Readonly<Record<TriggerState['kind'], TriggerState>> = {
  active: { kind: 'active', sinceMs: THEN },
  waiting: { kind: 'waiting', sinceMs: THEN, reason: 'target-missing' },
  blocked: { kind: 'blocked', sinceMs: THEN, reason: 'record-too-large', at: 7 },
  paused: { kind: 'paused', sinceMs: THEN },
  completed: { kind: 'completed', sinceMs: THEN },
  failed: { kind: 'failed', sinceMs: THEN, reason: 'bug' },
};

const EVENTS: Readonly<Record<TriggerEvent['kind'], TriggerEvent>> = {
  'went-on': { kind: 'went-on' },
  waits: { kind: 'waits', reason: 'target-full' },
  faulted: { kind: 'faulted', reason: 'record-unfit', at: 9 },
  paused: { kind: 'paused' },
  resumed: { kind: 'resumed' },
  completed: { kind: 'completed' },
  crashed: { kind: 'crashed', reason: 'oops' },
};

const ORDER = Object.values(EVENTS).map(({ kind }) => kind);

/** From each state, what each event leads to, in the order of the events above; `=`: it stays. */
const TABLE: readonly (readonly [TriggerState['kind'], string])[] = [
  ['active', '= waiting blocked paused = completed failed'],
  ['waiting', 'active waiting blocked paused active completed failed'],
  ['blocked', 'active waiting blocked paused active completed failed'],
  ['paused', '= = = = active completed ='],
  ['completed', '= = = = = = ='],
  ['failed', '= = = paused active completed ='],
];

describe('a trigger', () => {
  it.each(
    TABLE.flatMap(([from, row]) =>
      row.split(' ').map((to, index) => [from, ORDER[index] ?? 'went-on', to] as const),
    ),
  )('that is %s is, when it %s, %s', (from, on, to) => {
    const after = afterEvent(STATES[from], EVENTS[on], NOW);
    if (to === '=') expect(after).toBe(STATES[from]);
    else expect(after).toMatchObject({ kind: to, sinceMs: NOW });
  });

  it('has a row for every state, and a column for every event', () => {
    expect(TABLE.map(([from]) => from).sort()).toEqual(Object.keys(STATES).sort());
    for (const [, row] of TABLE) expect(row.split(' ')).toHaveLength(ORDER.length);
  });

  it('waits and is blocked since the first time that it was for the same reason', () => {
    const { waiting, blocked } = STATES;
    expect(afterEvent(waiting, { kind: 'waits', reason: 'target-missing' }, NOW)).toBe(waiting);
    const again = { kind: 'faulted', reason: 'record-too-large', at: 7 } as const;
    expect(afterEvent(blocked, again, NOW)).toBe(blocked);
    expect(afterEvent(blocked, { ...again, at: 8 }, NOW)).toMatchObject({ sinceMs: NOW, at: 8 });
  });
});
