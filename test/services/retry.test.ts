import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, UnreachableReason, UrlFault } from '../../src/services/answer.ts';
import {
  classify,
  nextDelayMs,
  retryAfterMs,
  RETRY_AFTER_MS_MAX,
  type Verdict,
} from '../../src/services/retry.ts';

const NOW_MS = Date.UTC(2030, 0, 1);

function answered(status: number, retryAfter?: string): Answer {
  const headers = new Map(retryAfter === undefined ? [] : [['retry-after', retryAfter]]);
  const url = new URL('http://service.example/');
  return { kind: 'answered', status, headers, url, body: Buffer.alloc(0) };
}

describe('what an end of a call says of the record', () => {
  it('is told by the status, all of them', () => {
    const again = new Set([408, 425, 429]);
    for (let status = 0; status <= 999; status += 1) {
      const expected: Verdict =
        status >= 200 && status < 300
          ? 'done'
          : again.has(status) || (status >= 500 && status < 600)
            ? 'try-again'
            : 'records-fault';
      expect([status, classify(answered(status))]).toEqual([status, expected]);
    }
  });

  // Records, so that a reason that is added has to be given its place here.
  const REASONS: Readonly<Record<UnreachableReason, Verdict>> = {
    'name-unknown': 'try-again',
    'connection-refused': 'try-again',
    'connection-lost': 'try-again',
    'no-route': 'try-again',
    tls: 'try-again',
    'not-http': 'try-again',
    'too-many-redirects': 'records-fault',
    'redirect-downgrade': 'records-fault',
    busy: 'try-again',
    stopped: 'try-again',
  };
  const FAULTS: Readonly<Record<UrlFault, Verdict>> = {
    malformed: 'records-fault',
    'too-long': 'records-fault',
    scheme: 'records-fault',
    credentials: 'records-fault',
    fragment: 'records-fault',
  };
  const KINDS: Readonly<
    Record<Exclude<Answer['kind'], 'answered'>, readonly (readonly [Answer, Verdict])[]>
  > = {
    'refused-address': [[{ kind: 'refused-address', address: '10.0.0.1' }, 'try-again']],
    'timed-out': [[{ kind: 'timed-out' }, 'try-again']],
    'too-large': [[{ kind: 'too-large' }, 'records-fault']],
    'invalid-header': [[{ kind: 'invalid-header', name: 'host' }, 'records-fault']],
    unreachable: typed(REASONS).map(([reason, verdict]) => [
      { kind: 'unreachable', reason },
      verdict,
    ]),
    'invalid-url': typed(FAULTS).map(([reason, verdict]) => [
      { kind: 'invalid-url', reason },
      verdict,
    ]),
  };

  it.each(Object.values(KINDS).flat())('is told without an answer: %j', (outcome, verdict) => {
    expect(classify(outcome)).toBe(verdict);
  });
});

function typed<Key extends string>(
  table: Readonly<Record<Key, Verdict>>,
): readonly (readonly [Key, Verdict])[] {
  const isKey = (key: string): key is Key => key in table;
  return Object.keys(table)
    .filter(isKey)
    .map((key) => [key, table[key]]);
}

describe('the wait before the next attempt', () => {
  const lost: Answer = { kind: 'unreachable', reason: 'connection-lost' };

  it('doubles from a second to a minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((attempt) =>
      nextDelayMs(attempt, lost, () => 0.5, NOW_MS),
    );
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('varies by a fifth either way', () => {
    expect(nextDelayMs(1, lost, () => 0, NOW_MS)).toBe(800);
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), dice, (attempt, die) => {
        const middle = nextDelayMs(attempt, lost, () => 0.5, NOW_MS);
        const wait = nextDelayMs(attempt, lost, () => die, NOW_MS);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(middle * 0.8));
        expect(wait).toBeLessThanOrEqual(Math.ceil(middle * 1.2));
      }),
    );
  });

  it.each([
    { asked: '7', ms: 7000 },
    { asked: ' 0 ', ms: 0 },
    { asked: '999999999999999999999', ms: RETRY_AFTER_MS_MAX },
    { asked: new Date(NOW_MS + 90_000).toUTCString(), ms: 90_000 },
    { asked: new Date(NOW_MS - 90_000).toUTCString(), ms: 0 },
    { asked: new Date(NOW_MS + 86_400_000).toUTCString(), ms: RETRY_AFTER_MS_MAX },
    { asked: '-1', ms: undefined },
    { asked: '1.5', ms: undefined },
    { asked: 'soon', ms: undefined },
    { asked: '2030-01-01T00:00:10Z', ms: undefined },
    { asked: 'Mon, 01 Jan 2030 00:00:10 GMT', ms: undefined },
    { asked: 'Thu, 31 Feb 2030 00:00:10 GMT', ms: undefined },
    { asked: '', ms: undefined },
  ])('is asked for by Retry-After: $asked', ({ asked, ms }) => {
    const outcome = answered(503, asked);
    expect(retryAfterMs(outcome, NOW_MS)).toBe(ms);
    expect(nextDelayMs(1, outcome, () => 0.5, NOW_MS)).toBe(Math.max(1000, ms ?? 0));
  });
});
