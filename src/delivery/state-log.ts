import type { TriggerState } from '../triggers/trigger-state.ts';
import { isPassing } from './advice.ts';
import type { TriggerIdentity } from './running.ts';

/** What an operator is told of a trigger. */
export interface StateChange {
  readonly account: string;
  readonly trigger: string;
  readonly state: Exclude<TriggerState['kind'], 'paused'>;
  readonly reason: string | undefined;
  /** Where it stands still, and what the other side said. */
  readonly source: string | undefined;
  readonly position: number | undefined;
  readonly detail: string | undefined;
}

/** Where a trigger stands still, as far as that is known. */
export type Standstill = Partial<Pick<StateChange, 'source' | 'position' | 'detail'>>;

interface Told {
  /** What it stands still for; undefined: it was told that it goes on. */
  readonly reason: string | undefined;
  readonly atMs: number;
}

const NO_STANDSTILL = {
  reason: undefined,
  source: undefined,
  position: undefined,
  detail: undefined,
};

/** A trigger that stops and goes on with each of its records says so once in this time. */
const TELL_AGAIN_AFTER_MS = 60_000;

/**
 * Tells when triggers come to stand still, and when those go on: once a change and never once a
 * record. What passes by itself is not told.
 */
export class StateLog {
  readonly #tell: (change: StateChange) => void;
  readonly #nowMs: () => number;
  readonly #told = new Map<string, Told>();

  constructor(tell: (change: StateChange) => void, nowMs: () => number) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  /** May be called with each attempt. */
  stoodStill(
    { account, id, definition }: TriggerIdentity,
    { kind: state, reason }: Extract<TriggerState, { reason: string }>,
    { source, position, detail }: Standstill = {},
  ): void {
    const told = this.#told.get(id);
    if (isPassing(reason) || told?.reason === reason) return;
    const atMs = this.#nowMs();
    const isTooSoon = told !== undefined && atMs - told.atMs < TELL_AGAIN_AFTER_MS;
    if (isTooSoon && state !== 'failed') return;
    this.#told.set(id, { reason, atMs });
    const trigger = definition.trigger.name;
    this.#tell({ account, trigger, state, reason, source, position, detail });
  }

  /** Nothing of it stands still. May be called with each record. */
  went({ account, id, definition }: TriggerIdentity, state: 'active' | 'completed'): void {
    const told = this.#told.get(id);
    if (told?.reason === undefined) return;
    this.#told.set(id, { reason: undefined, atMs: told.atMs });
    const trigger = definition.trigger.name;
    this.#tell({ account, trigger, state, ...NO_STANDSTILL });
  }

  /** It is no more, or somebody has stopped it. */
  forget(id: string): void {
    this.#told.delete(id);
  }
}
