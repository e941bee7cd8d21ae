import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skipString, skipValue } from '../../src/protocol/json-scan.ts';
import { isPlainText } from '../../src/protocol/plain-text.ts';

/** Bytes that begin anywhere in a word of memory. */
const bytesAnywhere = fc
  .tuple(fc.nat(7), fc.array(fc.oneof(fc.nat(255), fc.integer({ min: 0x1e, max: 0x7f }))))
  .map(([lead, bytes]) => Buffer.from([...Array<number>(lead).fill(0), ...bytes]).subarray(lead));

const letters = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', '[', '"'), maxLength: 80 });

describe('a plain text', () => {
  it('has no backslash and no control character, wherever it lies', () => {
    fc.assert(
      fc.property(bytesAnywhere, (bytes) => {
        const isPlain = bytes.every((byte) => byte >= 0x20 && byte !== 0x5c);
        expect(isPlainText(bytes)).toBe(isPlain);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not plain for a single letter of it, at any place', () => {
    for (const odd of [0x00, 0x1f, 0x5c]) {
      for (let length = 1; length < 20; length += 1) {
        for (let at = 0; at < length; at += 1) {
          const bytes = Buffer.alloc(length, 0xff);
          bytes[at] = odd;
          expect(isPlainText(bytes)).toBe(false);
        }
      }
    }
  });

  it('has its strings end where they end in any text', () => {
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const bytes = Buffer.from(`"${one}${other}`);
        expect(skipString(bytes, 0, true)).toBe(skipString(bytes, 0));
        const value = Buffer.from(JSON.stringify({ [one.replaceAll('"', '')]: [other.length] }));
        expect(skipValue(value, 0, 9, true)).toEqual(skipValue(value, 0, 9));
      }),
      { numRuns: 1000 },
    );
  });
});
