import { describe, expect, it } from 'vitest';
import { anyone } from '../../src/accounts/caller.ts';
import { known, unauthorized, type Identified } from '../../src/accounts/identified.ts';
import { RecentCallers } from '../../src/accounts/recent-callers.ts';

function caller(expiresAtMs?: number, onRevoked = (): (() => void) => () => undefined): Identified {
  return known({ ...anyone(false), expiresAtMs, onRevoked });
}

describe('recent callers', () => {
  it('are known for a minute, or until they expire', () => {
    const recent = new RecentCallers();
    recent.remember('a', caller(), 0);
    recent.remember('b', caller(1000), 0);
    expect(recent.get('a', 59_999)?.ok).toBe(true);
    expect(recent.get('b', 999)?.ok).toBe(true);
    expect(recent.get('b', 1000)).toBeUndefined();
    expect(recent.get('a', 60_000)).toBeUndefined();
    expect(recent.size).toBe(0);
  });

  it('are told apart by more than the end of what they show', () => {
    const recent = new RecentCallers();
    const end = 'x'.repeat(100);
    recent.remember(`a${end}`, caller(), 0);
    expect(recent.get(`b${end}`, 0)).toBeUndefined();
    expect(recent.get(end, 0)).toBeUndefined();
    recent.remember(`b${end}`, caller(), 0);
    expect(recent.get(`b${end}`, 0)?.ok).toBe(true);
    expect(recent.get(`a${end}`, 0)).toBeUndefined();
    expect(recent.size).toBe(1);
  });

  it('are only those who were let in, by credentials of a usual length', () => {
    const recent = new RecentCallers();
    recent.remember('a', unauthorized('invalid'), 0);
    recent.remember('b'.repeat(4097), caller(), 0);
    expect(recent.size).toBe(0);
  });

  it('are ten thousand at most, and nobody watches over those who are forgotten', () => {
    const recent = new RecentCallers();
    let watched = 0;
    const onRevoked = (): (() => void) => {
      watched += 1;
      return () => {
        watched -= 1;
      };
    };
    for (let each = 0; each < 10_005; each += 1) {
      recent.remember(`credential ${each}`, caller(undefined, onRevoked), 0);
    }
    expect([recent.size, watched]).toEqual([10_000, 10_000]);
    expect(recent.get('credential 4', 0)).toBeUndefined();
    expect(recent.get('credential 5', 0)?.ok).toBe(true);
    recent.clear();
    expect([recent.size, watched]).toEqual([0, 0]);
  });
});
