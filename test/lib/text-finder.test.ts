import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHORT_LENGTH_MAX, textFinder } from '../../src/lib/text-finder.ts';
import { anyLetter } from '../support/letters.ts';

// Long texts that repeat themselves, almost.
const anyRepeating = fc
  .tuple(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 6 }), anyLetter)
  .map(([part, letter]) => part.repeat(SHORT_LENGTH_MAX) + letter + part);

describe('a search in a text', () => {
  it('finds what includes does, however much of it is found again and again', () => {
    const anyCuts = fc.array(fc.nat(6 * SHORT_LENGTH_MAX), { maxLength: 10 });
    fc.assert(
      fc.property(anyRepeating, anyRepeating, anyCuts, (sought, other, cuts) => {
        const text = cuts.map((cut) => sought.slice(0, cut) + sought.slice(-cut)).join('');
        const isHeldBy = textFinder(sought);
        expect(isHeldBy(text)).toBe(text.includes(sought));
        expect(isHeldBy(other)).toBe(other.includes(sought));
        expect(isHeldBy(text + sought + other)).toBe(true);
      }),
    );
  });

  it('finds short texts of any letters', () => {
    const anyText = fc.string({ unit: anyLetter });
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(textFinder(one)(other)).toBe(other.includes(one));
        expect(textFinder(one)(other + one)).toBe(true);
      }),
    );
    expect(textFinder('')('')).toBe(true);
  });

  it('finds the same on either side of what is asked of the runtime', () => {
    for (const length of [SHORT_LENGTH_MAX, SHORT_LENGTH_MAX + 1, SHORT_LENGTH_MAX + 2]) {
      const sought = `${'a'.repeat(length - 1)}b`;
      expect(textFinder(sought)(`${'a'.repeat(1000)}b`)).toBe(true);
      expect(textFinder(sought)(`${'a'.repeat(1000)}c`)).toBe(false);
      expect(textFinder(sought)(sought.slice(1))).toBe(false);
    }
  });
});
