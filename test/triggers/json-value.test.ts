import { describe, expect, it } from 'vitest';
import { elementsOf, isObject, isScalar, memberOf } from '../../src/triggers/json-value.ts';

describe('a JSON value', () => {
  it.each(['', 'a', 0, -1.5, true, false, null])('without parts is %j', (value) => {
    expect(isScalar(value)).toBe(true);
    expect(isObject(value)).toBe(false);
    expect(elementsOf(value)).toBe(undefined);
  });

  it.each([Infinity, Number.NaN, JSON.parse('1e999'), undefined, 1n, Symbol('s')])(
    'is not %s',
    (value) => {
      expect(isScalar(value)).toBe(false);
      expect(isObject(value)).toBe(false);
      expect(elementsOf(value)).toBe(undefined);
    },
  );

  it('with parts is an array or an object', () => {
    expect(elementsOf([1, 2])).toEqual([1, 2]);
    expect(isObject([1])).toBe(false);
    expect(isObject({})).toBe(true);
    expect(elementsOf({ length: 0 })).toBe(undefined);
    expect(isScalar([])).toBe(false);
    expect(isScalar({})).toBe(false);
  });
});

describe('the place of a complaint', () => {
  it('begins with the first name', () => {
    expect(memberOf('', 'all')).toBe('all');
    expect(memberOf('filter.all[2]', 'gt')).toBe('filter.all[2].gt');
  });
});
