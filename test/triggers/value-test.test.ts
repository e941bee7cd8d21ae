import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  holds,
  OPERAND_LENGTH_MAX,
  OPERANDS_MAX,
  parseValueTest,
  type ValueTest,
} from '../../src/triggers/value-test.ts';
import { anyLetter } from '../support/letters.ts';

const LONG = 'a'.repeat(OPERAND_LENGTH_MAX);

function valueTest(name: string, operand: unknown): ValueTest {
  const parsed = parseValueTest(name, operand);
  if (typeof parsed === 'string') throw new Error(`${name} ${parsed}`);
  return parsed;
}

/** A value of every kind, and none at all. */
const VALUES = [
  undefined,
  null,
  false,
  true,
  0,
  -1,
  2,
  10,
  '',
  '2',
  '10',
  'ab',
  [],
  [2],
  {},
  { a: 2 },
];

describe('a test of a value', () => {
  it.each([
    { name: 'eq', operand: 2, by: [2] },
    { name: 'eq', operand: '2', by: ['2'] },
    { name: 'eq', operand: null, by: [null] },
    { name: 'eq', operand: false, by: [false] },
    { name: 'eq', operand: '', by: [''] },
    { name: 'gt', operand: 0, by: [2, 10] },
    { name: 'gte', operand: 2, by: [2, 10] },
    { name: 'lt', operand: 2, by: [0, -1] },
    { name: 'lte', operand: 0, by: [0, -1] },
    { name: 'gt', operand: '10', by: ['2', 'ab'] },
    { name: 'gte', operand: '2', by: ['2', 'ab'] },
    { name: 'lt', operand: '2', by: ['', '10'] },
    { name: 'lte', operand: '10', by: ['', '10'] },
    { name: 'in', operand: [2, 'ab', null], by: [null, 2, 'ab'] },
    { name: 'exists', operand: false, by: [undefined] },
    { name: 'prefix', operand: '1', by: ['10'] },
    { name: 'prefix', operand: '', by: ['', '2', '10', 'ab'] },
    { name: 'suffix', operand: '0', by: ['10'] },
    { name: 'contains', operand: 'b', by: ['ab'] },
  ])('$name $operand holds for $by alone', ({ name, operand, by }) => {
    const test = valueTest(name, operand);
    expect(VALUES.filter((value) => holds(test, value))).toEqual(by);
  });

  it.each([
    { name: 'ne', operand: 2, not: [2] },
    { name: 'ne', operand: null, not: [null] },
    { name: 'exists', operand: true, not: [undefined] },
  ])('$name $operand holds for all but $not', ({ name, operand, not }) => {
    const test = valueTest(name, operand);
    expect(VALUES.filter((value) => !holds(test, value))).toEqual(not);
  });

  it('orders as much as JavaScript does of one type, and nothing of two', () => {
    const anyOrdered = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string());
    fc.assert(
      fc.property(anyOrdered, anyOrdered, (value, operand) => {
        fc.pre(typeof operand === 'string' || Number.isFinite(operand));
        const held = ['lt', 'lte', 'gte', 'gt'].filter((name) =>
          holds(valueTest(name, operand), value),
        );
        if (typeof value !== typeof operand) expect(held).toEqual([]);
        else if (value < operand) expect(held).toEqual(['lt', 'lte']);
        else if (value > operand) expect(held).toEqual(['gte', 'gt']);
        else expect(held).toEqual(['lte', 'gte']);
      }),
    );
  });

  it('takes operands up to their bounds', () => {
    for (const name of ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'prefix', 'suffix', 'contains']) {
      expect(holds(valueTest(name, LONG), `${LONG}a`)).toBe(
        ['ne', 'gt', 'gte', 'prefix', 'suffix', 'contains'].includes(name),
      );
      expect(parseValueTest(name, `${LONG}a`)).toContain(`at most ${OPERAND_LENGTH_MAX}`);
    }
    expect(valueTest('in', Array<string>(OPERANDS_MAX).fill(LONG)).is).toBe('in');
    expect(parseValueTest('in', Array<number>(OPERANDS_MAX + 1).fill(1))).toContain('100');
    expect(parseValueTest('in', [`${LONG}a`])).toContain(`at most ${OPERAND_LENGTH_MAX}`);
  });

  it.each([
    ['eq', []],
    ['eq', {}],
    ['eq', Infinity],
    ['eq', undefined],
    ['ne', [1]],
    ['gt', true],
    ['gt', null],
    ['lt', Infinity],
    ['lte', []],
    ['in', []],
    ['in', 'abc'],
    ['in', [[1]]],
    ['in', [{}]],
    ['in', { length: 1 }],
    ['exists', 'true'],
    ['exists', 1],
    ['prefix', 1],
    ['suffix', null],
    ['contains', ['a']],
    ['matches', 'a.*'],
    ['regex', '.'],
    ['__proto__', {}],
    ['toString', 'a'],
    ['', 1],
  ])('is not %s %j', (name, operand) => {
    expect(typeof parseValueTest(name, operand)).toBe('string');
  });

  it('takes text of any letters apart by their units', () => {
    const anyText = fc.string({ unit: anyLetter, maxLength: 200 });
    fc.assert(
      fc.property(anyText, anyText, anyText, (before, text, after) => {
        expect(holds(valueTest('contains', text), before + text + after)).toBe(true);
        expect(holds(valueTest('prefix', text), text + after)).toBe(true);
        expect(holds(valueTest('suffix', text), before + text)).toBe(true);
        expect(holds(valueTest('in', [before, text]), text)).toBe(true);
      }),
    );
  });
});
