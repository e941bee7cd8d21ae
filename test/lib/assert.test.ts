import { describe, expect, it } from 'vitest';
import { assert, must } from '../../src/lib/assert.ts';

describe('an invariant', () => {
  it('that holds is silent', () => {
    expect(() => {
      assert(true, 'one is one');
    }).not.toThrow();
  });

  it('that is broken says which', () => {
    expect(() => {
      assert(false, 'one is two');
    }).toThrow('invariant broken: one is two');
  });

  it('of presence hands the value on, be it falsy', () => {
    expect(must(0, 'there is a number')).toBe(0);
    expect(must(null, 'null is a value')).toBe(null);
    expect(() => {
      must(undefined, 'there is a number');
    }).toThrow('there is a number');
  });
});
