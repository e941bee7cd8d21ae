import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../src/protocol/query.ts';

const NAMES = ['prefix', 'cursor'] as const;

function read(query: string): Record<string, string> | string {
  const outcome = parseQuery(query, NAMES, 'cursor');
  return outcome.ok ? Object.fromEntries(outcome.value) : outcome.refusal.code;
}

describe('a query', () => {
  it.each([
    ['', {}],
    ['prefix=a', { prefix: 'a' }],
    ['prefix', { prefix: '' }],
    ['prefix=%C3%A4+b%2Bc', { prefix: 'ä b+c' }],
    ['%70refix=a', { prefix: 'a' }],
    ['colour=%zz&prefix=a', { prefix: 'a' }],
    ['prefix=a&cursor=%zz', { prefix: 'a' }],
    ['prefix=a=b', { prefix: 'a=b' }],
  ])('"%s" says what its known parameters say', (query, expected) => {
    expect(read(query)).toEqual(expected);
  });

  it.each(['prefix=%', 'prefix=%zz', 'prefix=%ff', 'prefix=a&prefix=a', 'cursor=1&cursor=1'])(
    '"%s" is refused',
    (query) => {
      expect(read(query)).toBe('invalid-query');
    },
  );
});
