import { expect, it } from 'vitest';
import { parseStart } from '../../src/triggers/start.ts';

it.each([
  ['new', { kind: 'new' }],
  ['all', { kind: 'all' }],
  [1, { kind: 'sequence', sequence: 1 }],
  ['1970-01-01T00:00:01Z', { kind: 'time', atMs: 1000 }],
])('a start is read: %j', (given, start) => {
  expect(parseStart(given)).toEqual(start);
});

it.each([undefined, null, '', 'New', '1', -1, 0, 2 ** 53, NaN, {}, []])(
  'a start is not %j',
  (given) => {
    expect(parseStart(given)).toBeUndefined();
  },
);
