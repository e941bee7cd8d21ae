import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonWithin } from '../../src/triggers/json-size.ts';
import { anyLetter } from '../support/letters.ts';

describe('the size of a JSON value', () => {
  it('is never said to be too much for its text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: anyLetter }), (value) => {
        expect(isJsonWithin(value, JSON.stringify(value).length)).toBe(true);
      }),
    );
    expect(isJsonWithin(JSON.parse('1e999'), 'null'.length)).toBe(true);
  });

  it('is not said to fit when the text is more than six times as long', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: anyLetter }), fc.nat(200), (value, lengthMax) => {
        if (isJsonWithin(value, lengthMax)) {
          expect(JSON.stringify(value).length).toBeLessThanOrEqual(6 * lengthMax);
        }
      }),
    );
  });

  it.each([
    '""',
    '"abc"',
    '17',
    'null',
    '[1]',
    '[1,"a",[true]]',
    '{"a":1}',
    '{"a":{"b":[1]},"c":2}',
  ])('is exact of %s', (text) => {
    expect(isJsonWithin(JSON.parse(text), text.length)).toBe(true);
    expect(isJsonWithin(JSON.parse(text), text.length - 1)).toBe(false);
  });

  it('is told of a value that has itself in it 2 to the 60th times', () => {
    let value: unknown = 'a';
    for (let level = 0; level < 60; level += 1) value = [value, { value }];
    expect(isJsonWithin(value, 1000)).toBe(false);
  });
});
