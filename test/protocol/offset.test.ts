import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatOffset,
  isPosition,
  parseOffset,
  position,
  START,
} from '../../src/protocol/offset.ts';

const anyPosition = fc.oneof(fc.nat(10_000), fc.maxSafeNat()).map(position);

describe('an offset', () => {
  it('at the start is what the conformance suite spells out', () => {
    expect(formatOffset(START)).toBe('0000000000000000_0000000000000000');
  });

  it('is read back as the position that was written', () => {
    fc.assert(
      fc.property(anyPosition, (at) => {
        expect(parseOffset(formatOffset(at))).toEqual({ kind: 'at', position: at });
      }),
    );
  });

  it('sorts as text the way its position sorts as a number', () => {
    fc.assert(
      fc.property(anyPosition, anyPosition, (one, other) => {
        const [first, second] = [formatOffset(one), formatOffset(other)];
        expect(Math.sign(Buffer.compare(Buffer.from(first), Buffer.from(second)))).toBe(
          Math.sign(one - other),
        );
        expect(first < second).toBe(one < other);
      }),
    );
  });

  it('sorts behind the sentinel for the start', () => {
    expect('-1' < formatOffset(START)).toBe(true);
  });

  it('has no character that means something in a query', () => {
    fc.assert(
      fc.property(anyPosition, (at) => {
        expect(formatOffset(at)).toMatch(/^[0-9_]{33}$/);
      }),
    );
  });

  it.each([
    { text: '-1', means: { kind: 'start' } },
    { text: 'now', means: { kind: 'now' } },
    { text: '0000000000000000_0000000000000007', means: { kind: 'at', position: 7 } },
    {
      text: '0000000000000000_9007199254740991',
      means: { kind: 'at', position: Number.MAX_SAFE_INTEGER },
    },
  ])('$text means $means', ({ text, means }) => {
    expect(parseOffset(text)).toEqual(means);
  });

  it.each([
    '',
    '0',
    '7',
    '-2',
    '-0',
    'NOW',
    'Now',
    'now ',
    ' -1',
    '0000000000000000_000000000000007',
    '0000000000000000_00000000000000007',
    '0000000000000001_0000000000000007',
    '0000000000000000_9007199254740992',
    '0000000000000000_9999999999999999',
    '0000000000000000-0000000000000007',
    '0000000000000000_000000000000000a',
    '0000000000000000_0000000000000007\n',
    '000000000000000٠_0000000000000007',
    '0000000000000000_0000000000000007,0000000000000000_0000000000000007',
  ])('is never %j', (text) => {
    expect(parseOffset(text)).toBe(undefined);
  });

  it('is never any other text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        fc.pre(text !== 'now' && text !== '-1' && !/^0{16}_\d{16}$/.test(text));
        expect(parseOffset(text)).toBe(undefined);
      }),
    );
  });
});

describe('a position', () => {
  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('is never %d', (value) => {
    expect(isPosition(value)).toBe(false);
    expect(() => position(value)).toThrow(RangeError);
  });
});
