import { describe, expect, it } from 'vitest';
import { isPromise } from '../../src/lib/maybe-promise.ts';

describe('a value that may be a promise', () => {
  it('is told from one at hand', () => {
    expect(isPromise(Promise.resolve(1))).toBe(true);
    expect(isPromise(1)).toBe(false);
    expect(isPromise(undefined)).toBe(false);
  });
});
