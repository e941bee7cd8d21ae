import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextCursor } from '../../src/protocol/cursor.ts';

const EPOCH_MS = Date.UTC(2024, 9, 9);
const at = (interval: number): number => EPOCH_MS + interval * 20_000;

const anyNow = fc.nat(10_000_000).map((seconds) => EPOCH_MS + seconds * 1000);
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a cursor', () => {
  it('is the number of the 20-second interval since October 9, 2024', () => {
    expect(nextCursor(undefined, EPOCH_MS, 0)).toBe('0');
    expect(nextCursor(undefined, at(1) - 1, 0)).toBe('0');
    expect(nextCursor(undefined, at(1), 0)).toBe('1');
    expect(nextCursor(undefined, at(1000) + 19_999, 0)).toBe('1000');
  });

  it('does not go below zero under a clock that is far behind', () => {
    expect(nextCursor(undefined, 0, 0)).toBe('0');
  });

  it('is the current interval for a client that is behind it', () => {
    expect(nextCursor('999', at(1000), 0.5)).toBe('1000');
    expect(nextCursor('0', at(1000), 0.5)).toBe('1000');
  });

  it.each(['', 'abc', '-1', '1.5', ' 7', '0x10', '1e3', '1234567890123456', '٣'])(
    'is the current interval for a client whose cursor is %j',
    (client) => {
      expect(nextCursor(client, at(1000), 0.5)).toBe('1000');
    },
  );

  it('is strictly greater than one that is not behind, by a jitter of at most an hour', () => {
    fc.assert(
      fc.property(anyNow, anyRandom, fc.nat(10_000_000), (nowMs, random, ahead) => {
        const current = Number(nextCursor(undefined, nowMs, random));
        const client = current + ahead;
        const next = Number(nextCursor(String(client), nowMs, random));
        expect(next).toBeGreaterThan(client);
        expect(next).toBeLessThanOrEqual(client + 3600 / 20);
      }),
    );
  });

  it('never goes backwards for a client that echoes it', () => {
    const anySteps = fc.array(fc.tuple(fc.nat(60_000), anyRandom));
    fc.assert(
      fc.property(anySteps, (steps) => {
        let nowMs = EPOCH_MS;
        let cursor: string | undefined;
        for (const [afterMs, random] of steps) {
          nowMs += afterMs;
          const next = nextCursor(cursor, nowMs, random);
          if (cursor !== undefined) expect(Number(next)).toBeGreaterThan(Number(cursor));
          expect(next).toMatch(/^\d+$/);
          cursor = next;
        }
      }),
    );
  });

  it('spreads clients of one interval', () => {
    const cursors = [0, 0.25, 0.5, 0.75, 0.999].map((random) => nextCursor('5', at(5), random));
    expect(new Set(cursors).size).toBe(5);
  });
});
