/** Where the time comes from, so that tests can hold it still or step it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May step either way. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
