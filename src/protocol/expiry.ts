import type { LogState, StreamState } from './state.ts';

const RENEWAL_STEP_MIN_MS = 100;
const RENEWAL_STEP_MAX_MS = 60_000;

/**
 * The instant a stream expires, a function of its stored state alone: the same before and after a
 * restart, and the same on every process. Undefined: never.
 *
 * A write moves a sliding TTL exactly. A read moves it to `renewedLease`, which overshoots by up to
 * a tenth of the TTL so that the reads that follow cost no write; a stream may therefore outlive
 * its last read by that tenth (a minute at most), and never expires early.
 */
export function expiresAtMs(state: LogState): number | undefined {
  if (state.kind !== 'stream') return undefined;
  switch (state.expiry.kind) {
    case 'never':
      return undefined;
    case 'at':
      return state.expiry.atMs;
    case 'ttl':
      return Math.max(state.lastWriteAtMs + state.expiry.seconds * 1000, state.leaseUntilMs);
  }
}

export function isExpired(state: LogState, nowMs: number): boolean {
  const atMs = expiresAtMs(state);
  return atMs !== undefined && nowMs >= atMs;
}

/**
 * The lease to commit before a read at `nowMs` is answered, or undefined when the stored expiry
 * covers a full TTL from now already (protocol, "Stream-TTL": reads reset the countdown).
 */
export function renewedLease(state: StreamState, nowMs: number): number | undefined {
  if (state.expiry.kind !== 'ttl') return undefined;
  const ttlMs = state.expiry.seconds * 1000;
  const coveredUntilMs = expiresAtMs(state);
  if (coveredUntilMs !== undefined && coveredUntilMs >= nowMs + ttlMs) return undefined;
  const step = Math.min(Math.max(ttlMs / 10, RENEWAL_STEP_MIN_MS), RENEWAL_STEP_MAX_MS);
  return Math.floor(nowMs + ttlMs + step);
}

/** When somebody should look whether the stream can go. A soft-deleted one waits for its forks. */
export function dueAtMs(state: LogState): number | undefined {
  return state.kind === 'stream' && state.softDeleted ? undefined : expiresAtMs(state);
}
