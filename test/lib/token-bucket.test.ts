import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/lib/token-bucket.ts';

/** How many of so many takes at this time get a token. */
function taken(bucket: TokenBucket, takes: number, nowMs: number): number {
  return Array.from({ length: takes }, () => bucket.take(nowMs)).filter((wait) => wait === 0)
    .length;
}

describe('a bucket of tokens', () => {
  it('is full at first, and fills at an even pace', () => {
    const bucket = new TokenBucket(4, 2000, 10_000);
    expect(taken(bucket, 9, 10_000)).toBe(4);
    expect(taken(bucket, 9, 10_499)).toBe(0);
    expect(taken(bucket, 9, 10_500)).toBe(1);
    expect(taken(bucket, 9, 11_500)).toBe(2);
  });

  it('holds no more than the tokens of one span', () => {
    const bucket = new TokenBucket(3, 1000, 0);
    taken(bucket, 3, 0);
    expect(taken(bucket, 9, 1_000_000)).toBe(3);
  });

  it('says how long it is until the next token', () => {
    const bucket = new TokenBucket(2, 3000, 0);
    taken(bucket, 2, 0);
    expect(bucket.take(0)).toBe(1500);
    expect(bucket.take(1000)).toBe(500);
    expect(bucket.take(1500)).toBe(0);
  });

  it('is as good as a new one when a span has passed', () => {
    const bucket = new TokenBucket(2, 3000, 0);
    bucket.take(500);
    expect([bucket.isFull(3499), bucket.isFull(3500)]).toEqual([false, true]);
  });
});
