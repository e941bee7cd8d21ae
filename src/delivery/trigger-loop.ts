import type { TriggerEvent } from '../triggers/trigger-state.ts';
import type { StepOutcome } from './route.ts';
import { Waker } from '../managed/waker.ts';

/** What a loop drives: one source stream's way to a target. */
export interface Steps {
  step(): Promise<StepOutcome>;
}

export interface LoopParts {
  readonly steps: Steps;
  /** Calls back after each change of the source, until cancelled. */
  readonly watch: (onChange: () => void) => () => void;
  readonly onEvent: (event: TriggerEvent) => void;
  /** How long to wait before a target is tried again that has refused so often in a row, from 1. */
  readonly retryDelayMs: (attempt: number) => number;
  readonly onFailure: (error: unknown) => void;
}

/** Carries what is there, and then what comes, until it is stopped. */
export class TriggerLoop {
  readonly #parts: LoopParts;
  /** There is more to carry, or a reason to look again. */
  readonly #news = new Waker();
  /** A reason to look again; more of the source is none, where a target takes nothing. */
  readonly #reasons = new Waker();
  readonly #ended: Promise<void>;
  #isStopping = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#ended = this.#run().catch((error: unknown) => {
      parts.onEvent({ kind: 'crashed', reason: reasonOf(error) });
      parts.onFailure(error);
    });
  }

  /** Something has changed that it may have waited for. */
  lookAgain(): void {
    this.#news.wake();
    this.#reasons.wake();
  }

  /** Resolves when nothing is carried any more. */
  stop(): Promise<void> {
    this.#isStopping = true;
    this.lookAgain();
    return this.#ended;
  }

  async #run(): Promise<void> {
    const unwatch = this.#parts.watch(() => {
      this.#news.wake();
    });
    try {
      let refusals: number | undefined = 0;
      while (!this.#isStopping && refusals !== undefined) refusals = await this.#turn(refusals);
    } finally {
      unwatch();
    }
  }

  /**
   * Carries a part; answers with how often in a row it was refused now. Undefined: there is nothing
   * more to do, ever.
   */
  async #turn(refusals: number): Promise<number | undefined> {
    this.#news.forget();
    this.#reasons.forget();
    const outcome = await this.#parts.steps.step();
    // Whoever has stopped it wants to hear no more of it.
    if (this.#isStopping) return refusals;
    this.#parts.onEvent(eventOf(outcome));
    switch (outcome.kind) {
      case 'moved-on':
        return 0;
      case 'caught-up':
        await this.#news.rest();
        return 0;
      case 'gathering':
        await this.#news.rest(outcome.forMs);
        return 0;
      case 'completed':
        return undefined;
      case 'waiting':
      case 'fault':
        await this.#reasons.rest(this.#delayMs(outcome, refusals + 1));
        return refusals + 1;
    }
  }

  #delayMs(outcome: StepOutcome, attempt: number): number {
    const asked = outcome.kind === 'waiting' ? outcome.retryAfterMs : undefined;
    return asked ?? this.#parts.retryDelayMs(attempt);
  }
}

function eventOf(outcome: StepOutcome): TriggerEvent {
  switch (outcome.kind) {
    case 'moved-on':
    case 'caught-up':
    case 'gathering':
      return { kind: 'went-on' };
    case 'completed':
      return { kind: 'completed' };
    case 'waiting':
      return { kind: 'waits', reason: outcome.reason };
    case 'fault':
      return { kind: 'faulted', reason: outcome.reason, at: outcome.at };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
