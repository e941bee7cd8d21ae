import { unreachable } from '../lib/assert.ts';
import type { Answer, UnreachableReason } from './answer.ts';
import { parseHttpDate } from './http-date.ts';

export type Verdict =
  | 'done'
  | 'try-again'
  /** It will be answered the same way however often it is sent. */
  | 'records-fault';

const DELAY_MIN_MS = 1000;
const DELAY_MAX_MS = 60_000;
const JITTER = 0.2;
/** No service puts a trigger off for longer than this. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** What the end of a call says of the record that was sent. */
export function classify(outcome: Answer): Verdict {
  switch (outcome.kind) {
    case 'answered':
      return ofStatus(outcome.status);
    // What a name leads to may be put right while the record waits.
    case 'refused-address':
    case 'timed-out':
      return 'try-again';
    case 'unreachable':
      return ofReason(outcome.reason);
    case 'too-large':
    case 'invalid-url':
    case 'invalid-header':
      return 'records-fault';
  }
}

function ofStatus(status: number): Verdict {
  if (status >= 200 && status <= 299) return 'done';
  if (status >= 500 && status <= 599) return 'try-again';
  return status === 408 || status === 425 || status === 429 ? 'try-again' : 'records-fault';
}

function ofReason(reason: UnreachableReason): Verdict {
  switch (reason) {
    case 'name-unknown':
    case 'connection-refused':
    case 'connection-lost':
    case 'no-route':
    case 'tls':
    case 'not-http':
    case 'busy':
    case 'stopped':
      return 'try-again';
    // As an answer that redirects, and is not followed.
    case 'too-many-redirects':
    case 'redirect-downgrade':
      return 'records-fault';
    default:
      return unreachable(reason);
  }
}

/**
 * How long to wait after the attempt of this number, the first being 1. `random` gives numbers in
 * [0, 1). What the service asks for counts where it is longer.
 */
export function nextDelayMs(
  attempt: number,
  outcome: Answer,
  random: () => number,
  nowMs: number,
): number {
  const doubled = Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** Math.max(0, attempt - 1));
  const jittered = Math.round(doubled * (1 + JITTER * (2 * random() - 1)));
  return Math.max(jittered, retryAfterMs(outcome, nowMs) ?? 0);
}

/** `Retry-After` of an answer, up to the bound; undefined when there is none that can be read. */
export function retryAfterMs(outcome: Answer, nowMs: number): number | undefined {
  if (outcome.kind !== 'answered') return undefined;
  const text = outcome.headers.get('retry-after')?.trim();
  if (text === undefined) return undefined;
  const atMs = parseHttpDate(text);
  const askedMs = /^\d+$/.test(text)
    ? Number(text) * 1000
    : atMs === undefined
      ? undefined
      : atMs - nowMs;
  return askedMs === undefined ? undefined : Math.min(Math.max(0, askedMs), RETRY_AFTER_MS_MAX);
}
