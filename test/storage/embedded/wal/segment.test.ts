import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeSegmentHeader,
  parseSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentNumber,
  SPARE_NAME,
} from '../../../../src/storage/embedded/wal/segment.ts';
import { anyNumber } from '../../../support/arbitraries.ts';
import { singleBitFlips } from '../../../support/bit-flips.ts';

const anyHeader = fc.record({
  salt: fc.nat(2 ** 32 - 1),
  number: anyNumber,
  firstLsn: anyNumber,
  folderId: anyNumber,
});

describe('the header of a segment', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        const bytes = encodeSegmentHeader(header);
        expect(bytes).toHaveLength(SEGMENT_HEADER_BYTES);
        expect(parseSegmentHeader(bytes)).toEqual(header);
      }),
    );
  });

  it('with a single bit flipped is none', () => {
    const bytes = encodeSegmentHeader({ salt: 0xdeadbeef, number: 3, firstLsn: 77, folderId: 9 });
    for (const flipped of singleBitFlips(bytes, 0, 40)) {
      expect(parseSegmentHeader(flipped)).toBe(undefined);
    }
  });

  it('that is cut short is none', () => {
    const bytes = encodeSegmentHeader({ salt: 1, number: 3, firstLsn: 77, folderId: 9 });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(parseSegmentHeader(bytes.subarray(0, length))).toBe(undefined);
    }
  });

  it('is never found in a file of zeros', () => {
    expect(parseSegmentHeader(Buffer.alloc(SEGMENT_HEADER_BYTES))).toBe(undefined);
  });
});

describe('the name of a segment', () => {
  it('leads back to its number, and names sort as numbers do', () => {
    const anySegment = fc.nat(2 ** 31 - 1);
    fc.assert(
      fc.property(anySegment, anySegment, (one, other) => {
        expect(segmentNumber(segmentName(one))).toBe(one);
        expect(segmentName(one) < segmentName(other)).toBe(one < other);
      }),
    );
  });

  it.each([SPARE_NAME, '1.wal', '0000000000000001.wal.bak', 'x0000000000000001.wal', 'LOCK', ''])(
    'is not %j',
    (name) => {
      expect(segmentNumber(name)).toBe(undefined);
    },
  );
});
