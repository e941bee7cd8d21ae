import { expect, it } from 'vitest';
import { present } from '../../src/triggers/present.ts';

it('leaves out the members that are undefined, and those only', () => {
  expect(Object.keys(present({ a: undefined, b: 0, c: '', d: false, e: null }))).toEqual([
    'b',
    'c',
    'd',
    'e',
  ]);
});
