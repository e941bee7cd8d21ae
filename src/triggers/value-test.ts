import { textFinder } from '../lib/text-finder.ts';
import { elementsOf, isScalar, type Scalar } from './json-value.ts';

type Ordered = number | string;

/** What a filter asks of one value, prepared. */
export type ValueTest =
  | { readonly is: 'eq' | 'ne'; readonly operand: Scalar }
  | { readonly is: 'gt' | 'gte' | 'lt' | 'lte'; readonly operand: Ordered }
  | { readonly is: 'in'; readonly operands: ReadonlySet<unknown> }
  | { readonly is: 'exists'; readonly expected: boolean }
  | { readonly is: 'prefix' | 'suffix'; readonly text: string }
  | { readonly is: 'contains'; readonly isHeldBy: (text: string) => boolean };

export const OPERAND_LENGTH_MAX = 1024;
export const OPERANDS_MAX = 100;

const SHORT = `of at most ${OPERAND_LENGTH_MAX} characters`;
const SCALAR = `must be a string ${SHORT}, a number, true, false or null`;
const ORDERED = `must be a number or a string ${SHORT}`;
const TEXT = `must be a string ${SHORT}`;
const LIST = `must be an array of 1 to ${OPERANDS_MAX} strings ${SHORT}, numbers, true, false or null`;
const KNOWN = 'eq, ne, gt, gte, lt, lte, in, exists, prefix, suffix or contains';

/** What follows a leaf's name when it asks nothing. */
export const NO_TEST = `must have one or more of ${KNOWN} beside path`;

/**
 * The test of a name and its operand, or why there is none, in words that follow the name. Texts are
 * measured in units of UTF-16.
 */
export function parseValueTest(name: string, operand: unknown): ValueTest | string {
  switch (name) {
    case 'eq':
    case 'ne':
      return isShortScalar(operand) ? { is: name, operand } : SCALAR;
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return isOrdered(operand) ? { is: name, operand } : ORDERED;
    case 'in': {
      const operands = elementsOf(operand) ?? [];
      const isList = operands.length > 0 && operands.length <= OPERANDS_MAX;
      return isList && operands.every(isShortScalar)
        ? { is: name, operands: new Set(operands) }
        : LIST;
    }
    case 'exists':
      return typeof operand === 'boolean'
        ? { is: name, expected: operand }
        : 'must be true or false';
    case 'prefix':
    case 'suffix':
      return isShortText(operand) ? { is: name, text: operand } : TEXT;
    case 'contains':
      return isShortText(operand) ? { is: name, isHeldBy: textFinder(operand) } : TEXT;
    default:
      return `is no test of a value, as ${KNOWN} are`;
  }
}

/**
 * Whether a value of a record, or undefined for none, is what the test asks. Of none only `ne` and
 * `exists: false` hold. Values of different types are never equal and have no order; numbers are
 * compared as JavaScript has them, strings by their units of UTF-16; arrays and objects equal nothing.
 * Never throws, and is linear in the value's own text.
 */
export function holds(test: ValueTest, value: unknown): boolean {
  switch (test.is) {
    case 'eq':
      return value === test.operand;
    case 'ne':
      return value !== test.operand;
    case 'gt':
      return compare(value, test.operand) > 0;
    case 'gte':
      return compare(value, test.operand) >= 0;
    case 'lt':
      return compare(value, test.operand) < 0;
    case 'lte':
      return compare(value, test.operand) <= 0;
    case 'in':
      return test.operands.has(value);
    case 'exists':
      return (value !== undefined) === test.expected;
    case 'prefix':
      return typeof value === 'string' && value.startsWith(test.text);
    case 'suffix':
      return typeof value === 'string' && value.endsWith(test.text);
    case 'contains':
      return typeof value === 'string' && test.isHeldBy(value);
  }
}

/** Below, at or above 0 as the value is below, at or above the operand; NaN when they have no order. */
function compare(value: unknown, operand: Ordered): number {
  if (typeof value === 'number' && typeof operand === 'number') return rank(value, operand);
  if (typeof value === 'string' && typeof operand === 'string') return rank(value, operand);
  return Number.NaN;
}

function rank<T extends Ordered>(one: T, other: T): number {
  if (one < other) return -1;
  return one > other ? 1 : 0;
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= OPERAND_LENGTH_MAX;
}

function isShortScalar(value: unknown): value is Scalar {
  return typeof value === 'string' ? isShortText(value) : isScalar(value);
}

function isOrdered(value: unknown): value is Ordered {
  return isShortScalar(value) && (typeof value === 'number' || typeof value === 'string');
}
