import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CowMap } from '../../src/lib/cow-map.ts';

const anyKey = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.string({ maxLength: 3, unit: 'binary' }),
  fc.integer({ min: 0, max: 400 }).map((number) => `producer-${number}`),
);

const anyStep = fc.record({
  kind: fc.constantFrom('with', 'with', 'with', 'without'),
  key: anyKey,
  value: fc.nat(),
});

function contents(map: CowMap<number>): Map<string, number> {
  return new Map(map.entries());
}

describe('a copy-on-write map', () => {
  it('holds what a Map holds after the same steps', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 600, size: 'max' }), (steps) => {
        let map = CowMap.empty<number>();
        const model = new Map<string, number>();
        for (const { kind, key, value } of steps) {
          if (kind === 'with') {
            map = map.with(key, value);
            model.set(key, value);
          } else {
            map = map.without(key);
            model.delete(key);
          }
          expect(map.size).toBe(model.size);
          expect(map.get(key)).toBe(model.get(key));
        }
        expect(contents(map)).toEqual(model);
        expect([...map.entries()]).toHaveLength(model.size);
        for (const [key, value] of model) expect(map.get(key)).toBe(value);
      }),
      { numRuns: 50 },
    );
  });

  it('is never changed by what is made of it', () => {
    const first = CowMap.empty<number>().with('a', 1);
    const changed = first.with('a', 2).with('b', 3).without('a');
    expect(contents(first)).toEqual(new Map([['a', 1]]));
    expect(contents(changed)).toEqual(new Map([['b', 3]]));
  });

  it('keeps every version that it grew through, across the growth of its shards', () => {
    const versions = [CowMap.empty<number>()];
    for (let number = 0; number < 1500; number += 1) {
      const last = versions.at(-1) ?? CowMap.empty<number>();
      versions.push(last.with(`key-${number}`, number));
    }
    for (const [size, version] of versions.entries()) {
      expect(version.size).toBe(size);
      expect(version.get(`key-${size - 1}`)).toBe(size === 0 ? undefined : size - 1);
      expect(version.get(`key-${size}`)).toBe(undefined);
    }
    expect(versions.at(-1) && contents(versions.at(-1) ?? CowMap.empty()).size).toBe(1500);
  });

  it('is itself when a key that it does not hold is taken out', () => {
    const map = CowMap.empty<number>().with('a', 1);
    expect(map.without('b')).toBe(map);
  });
});
