import { describe, expect, it } from 'vitest';
import { nextHops } from '../../src/triggers/hops.ts';

describe('a request that is relayed', () => {
  it.each([
    [undefined, '1'],
    ['0', '1'],
    ['1', '2'],
    ['015', '16'],
  ])('having passed %j relays, says %j on its way', (given, value) => {
    expect(nextHops(given)).toEqual({ kind: 'next', value });
  });

  it.each(['16', '17', '999'])('having passed %s, goes no further', (given) => {
    expect(nextHops(given)).toEqual({ kind: 'too-many' });
  });

  it.each(['', '-1', '1.5', '1, 2', 'many', '1000', ' 1'])('must not say %j', (given) => {
    expect(nextHops(given)).toEqual({ kind: 'malformed' });
  });
});
