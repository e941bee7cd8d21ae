import { describe, expect, it, vi } from 'vitest';
import type { StepOutcome } from '../../src/delivery/route.ts';
import { TriggerLoop } from '../../src/delivery/trigger-loop.ts';

const CAUGHT_UP: StepOutcome = { kind: 'caught-up' };
const FULL: StepOutcome = { kind: 'waiting', reason: 'target-full' };
const TOO_LARGE: StepOutcome = { kind: 'fault', reason: 'record-too-large', at: 3 };

/** A loop over steps that end as a test says, and what is told of it. */
class Driven {
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  readonly delays: number[] = [];
  steps = 0;
  isWatched = false;
  onChange: () => void = () => undefined;
  readonly loop: TriggerLoop;
  readonly #outcomes: (StepOutcome | Error)[];

  constructor(retryDelayMs: number, ...outcomes: (StepOutcome | Error)[]) {
    this.#outcomes = outcomes;
    this.loop = new TriggerLoop({
      steps: { step: () => this.#step() },
      watch: (onChange) => {
        this.onChange = onChange;
        this.isWatched = true;
        return () => {
          this.isWatched = false;
        };
      },
      onEvent: (event) => {
        this.told.push('reason' in event ? `${event.kind}: ${event.reason}` : event.kind);
      },
      retryDelayMs: (attempt) => {
        this.delays.push(attempt);
        return retryDelayMs;
      },
      onFailure: (error) => {
        this.failures.push(error);
      },
    });
  }

  #step(): Promise<StepOutcome> {
    this.steps += 1;
    const outcome = this.#outcomes.shift() ?? CAUGHT_UP;
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  }

  /** Until it rests after so many steps. */
  async after(steps: number): Promise<void> {
    await vi.waitUntil(() => this.steps >= steps, { timeout: 20_000, interval: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(this.steps).toBe(steps);
  }
}

const NEVER_MS = 2 ** 30;

describe('the loop of a trigger', () => {
  it('goes on until there is no more, and again when something comes', async () => {
    const driven = new Driven(NEVER_MS, { kind: 'moved-on' }, { kind: 'moved-on' }, CAUGHT_UP);
    await driven.after(3);
    driven.onChange();
    await driven.after(4);
    await driven.loop.stop();
    expect(new Set(driven.told)).toEqual(new Set(['went-on']));
    expect(driven.isWatched).toBe(false);
  });

  it('leaves a target that takes nothing alone, whatever comes, until it is time', async () => {
    const driven = new Driven(NEVER_MS, FULL, FULL);
    await driven.after(1);
    driven.onChange();
    await driven.after(1);
    driven.loop.lookAgain();
    await driven.after(2);
    expect(driven.told).toEqual(['waits: target-full', 'waits: target-full']);
    expect(driven.delays).toEqual([1, 2]);
    await driven.loop.stop();
  });

  it('tries again by itself when the time has passed, and counts anew once it went on', async () => {
    const driven = new Driven(1, FULL, TOO_LARGE, { kind: 'moved-on' }, FULL, CAUGHT_UP);
    await driven.after(5);
    expect(driven.delays).toEqual([1, 2, 1]);
    expect(driven.told).toContain('faulted: record-too-large');
    await driven.loop.stop();
  });

  it('ends when it is stopped, wherever it rests, and tells nothing more', async () => {
    for (const outcome of [CAUGHT_UP, FULL]) {
      const driven = new Driven(NEVER_MS, outcome);
      await driven.after(1);
      await driven.loop.stop();
      driven.onChange();
      expect(driven.told).toHaveLength(1);
      expect(driven.steps).toBe(1);
    }
  });

  it('tells of an error that nobody has foreseen, and carries nothing more', async () => {
    const driven = new Driven(NEVER_MS, new Error('a bug'));
    await driven.after(1);
    await driven.loop.stop();
    expect(driven.told).toEqual(['crashed: a bug']);
    expect(driven.failures).toEqual([new Error('a bug')]);
    expect(driven.isWatched).toBe(false);
  });
});
