import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCache } from '../../src/lib/byte-cache.ts';

const BYTES_MAX = 100;

describe('a cache bounded by bytes', () => {
  it('lets go of what has not been used for longest', () => {
    const cache = new ByteCache<string>(BYTES_MAX);
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, key.toUpperCase(), 25);
    expect(cache.get('a')).toBe('A');
    cache.set('e', 'E', 25);
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => cache.get(key))).toEqual([
      'A',
      undefined,
      'C',
      'D',
      'E',
    ]);
  });

  it('keeps nothing that would fill more than a quarter of it', () => {
    const cache = new ByteCache<string>(BYTES_MAX);
    cache.set('a', 'A', 25);
    cache.set('b', 'B', 26);
    expect(cache.get('a')).toBe('A');
    expect(cache.get('b')).toBe(undefined);
  });

  it('forgets the old value when the new one is too large to keep', () => {
    const cache = new ByteCache<string>(BYTES_MAX);
    cache.set('a', 'old', 10);
    cache.set('a', 'new', 26);
    expect(cache.get('a')).toBe(undefined);
    expect(cache.bytes).toBe(0);
  });

  it('counts its bytes, never holds more than it may, and is never wrong', () => {
    const anyStep = fc.record({
      kind: fc.constantFrom('set', 'set', 'get', 'delete'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      value: fc.nat(),
      bytes: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(anyStep), (steps) => {
        const cache = new ByteCache<number>(BYTES_MAX);
        const newest = new Map<string, { value: number; bytes: number }>();
        for (const { kind, key, value, bytes } of steps) {
          if (kind === 'set') {
            cache.set(key, value, bytes);
            newest.set(key, { value, bytes });
          } else if (kind === 'delete') {
            cache.delete(key);
            newest.delete(key);
          } else {
            expect([undefined, newest.get(key)?.value]).toContain(cache.get(key));
          }
          let held = 0;
          for (const [each, entry] of newest) {
            if (cache.get(each) !== undefined) held += entry.bytes;
          }
          expect(cache.bytes).toBe(held);
          expect(held).toBeLessThanOrEqual(BYTES_MAX);
        }
      }),
    );
  });
});
