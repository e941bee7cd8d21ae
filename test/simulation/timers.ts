import type { Clock } from '../../src/lib/clock.ts';

/**
 * Keeps intervals from ever firing while something runs: the simulation calls for checkpoints and
 * syncs itself, and an engine that it abandons must neither act nor be kept in memory.
 */
export async function withoutIntervals<T>(run: () => Promise<T>): Promise<T> {
  const original = globalThis.setInterval;
  const inert = {
    ref: () => inert,
    unref: () => inert,
    hasRef: () => false,
  };
  globalThis.setInterval = new Proxy(original, { apply: () => inert });
  try {
    return await run();
  } finally {
    globalThis.setInterval = original;
  }
}

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

const BEGUN_MS = 1_700_000_000_000;

/** Time that passes when the simulation says so, and what is to happen after some of it. */
export class SimulatedTime implements Clock {
  #nowMs = BEGUN_MS;
  #timers: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#nextBy(untilMs); next !== undefined; next = this.#nextBy(untilMs)) {
      this.#forget(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fire();
    }
    this.#nowMs = untilMs;
  }

  #nextBy(untilMs: number): Timer | undefined {
    const due = this.#timers.filter(({ dueMs }) => dueMs <= untilMs);
    return due.sort((one, other) => one.dueMs - other.dueMs)[0];
  }

  #forget(timer: unknown): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
  }

  /** Nobody is there any more who waits. */
  forgetAll(): void {
    this.#timers = [];
  }

  /** All that waits for a time while something runs waits for this time. */
  async governs<T>(run: () => Promise<T>): Promise<T> {
    const { setTimeout, clearTimeout } = globalThis;
    globalThis.setTimeout = new Proxy(setTimeout, {
      apply: (_target, _this, [fire, delayMs]: [() => void, number]) => {
        const timer = { dueMs: this.#nowMs + delayMs, fire, unref: () => timer };
        this.#timers.push(timer);
        return timer;
      },
    });
    globalThis.clearTimeout = new Proxy(clearTimeout, {
      apply: (_target, _this, [timer]: [unknown]) => {
        this.#forget(timer);
      },
    });
    try {
      return await run();
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    }
  }
}
