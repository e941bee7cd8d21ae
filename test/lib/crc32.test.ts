import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, crc32Portable } from '../../src/lib/crc32.ts';

const anyBytes = fc.uint8Array({ maxLength: 300 });
const anySum = fc.integer({ min: 0, max: 0xffffffff });

describe('crc32', () => {
  it('gives the check value of CRC-32 (IEEE)', () => {
    expect(crc32Portable(Buffer.from('123456789'))).toBe(0xcbf43926);
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  it.runIf('crc32' in zlib)('in plain JavaScript is the one of the runtime', () => {
    fc.assert(
      fc.property(anyBytes, anySum, (bytes, seed) => {
        expect(crc32Portable(bytes, seed)).toBe(zlib.crc32(bytes, seed));
      }),
    );
  });

  it('of parts, each continuing the sum before it, is that of the whole', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, anySum, (head, tail, seed) => {
        const whole = Buffer.concat([head, tail]);
        expect(crc32(tail, crc32(head, seed))).toBe(crc32(whole, seed));
        expect(crc32Portable(tail, crc32Portable(head, seed))).toBe(crc32Portable(whole, seed));
      }),
    );
  });

  it('changes with every single bit', () => {
    const bytes = Buffer.from('what is stored is what was sent');
    const sum = crc32(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(crc32(flipped)).not.toBe(sum);
    }
  });
});
