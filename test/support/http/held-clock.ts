import { afterAll, beforeAll, vi } from 'vitest';

/** The wall clock of this process, which moves only when a test moves it. Timers run on. */
export interface HeldClock {
  nowMs(): number;
  /** Negative steps back, as clocks do that are set. */
  step(ms: number): void;
  /** That many milliseconds from now, as RFC 3339 writes it. */
  inMs(ms: number): string;
}

/**
 * Holds the clock for the describe block it is called in. Called before the server is started there,
 * so that the server knows no other time.
 */
export function holdClock(): HeldClock {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2030, 0, 1) });
  });
  afterAll(() => {
    vi.useRealTimers();
  });
  return {
    nowMs: () => Date.now(),
    step: (ms) => {
      vi.setSystemTime(Date.now() + ms);
    },
    inMs: (ms) => new Date(Date.now() + ms).toISOString(),
  };
}
