import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../../src/lib/crc32.ts';
import {
  findFrame,
  FRAME_HEADER_BYTES,
  parseFrame,
  readU64,
  sealFrame,
  writeU64,
  type FrameHeader,
} from '../../../../src/storage/embedded/wal/frame.ts';
import { anyNumber } from '../../../support/arbitraries.ts';
import { singleBitFlips } from '../../../support/bit-flips.ts';

const SALT = 0x1234abcd;

/** A sealed frame whose body consists of these parts. */
function frame(
  parts: readonly Uint8Array[],
  { commits = 1, firstLsn = 7, syncedLsn = 6, salt = SALT } = {},
): Buffer {
  const [first = Buffer.alloc(0), ...others] = parts.map((part) => Buffer.from(part));
  const regions = [Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), first]), ...others];
  const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
  sealFrame(regions, { bodyBytes, commits, firstLsn, syncedLsn }, salt);
  return Buffer.concat(regions);
}

describe('a frame', () => {
  it('is read back as it was sealed, wherever it stands and however it was put together', () => {
    const anyParts = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 });
    const anyHeader = fc.record({
      commits: fc.nat(2 ** 32 - 1),
      firstLsn: anyNumber,
      syncedLsn: anyNumber,
      salt: fc.nat(2 ** 32 - 1),
    });
    fc.assert(
      fc.property(anyParts, anyHeader, fc.nat(20), (parts, header, at) => {
        const { salt, ...described } = header;
        const bytes = Buffer.concat([Buffer.alloc(at), frame(parts, header), Buffer.alloc(9)]);
        const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
        const expected: FrameHeader = { bodyBytes, ...described };
        expect(parseFrame(bytes, at, salt)).toEqual(expected);
        expect(findFrame(bytes, 0, salt)).toEqual({ at, header: expected });
      }),
    );
  });

  it('has the layout that is written down', () => {
    const bytes = frame([Buffer.from('body')], { commits: 3, firstLsn: 2 ** 40 + 5, syncedLsn: 9 });
    expect(bytes.toString('latin1', 0, 4)).toBe('MRGF');
    expect(bytes.readUInt32LE(4)).toBe(crc32(bytes.subarray(8), SALT));
    expect(bytes.readUInt32LE(8)).toBe(4);
    expect(bytes.readUInt32LE(12)).toBe(3);
    expect(bytes.readBigUInt64LE(16)).toBe(2n ** 40n + 5n);
    expect(bytes.readBigUInt64LE(24)).toBe(9n);
    expect(bytes.toString('latin1', 32)).toBe('body');
  });

  it('with a single bit flipped is no frame', () => {
    const bytes = Buffer.concat([frame([Buffer.from('what was acknowledged')]), Buffer.alloc(64)]);
    const length = bytes.length - 64;
    for (const flipped of singleBitFlips(bytes, 0, length)) {
      expect(parseFrame(flipped, 0, SALT)).toBe(undefined);
    }
    expect(parseFrame(bytes, 0, SALT)).not.toBe(undefined);
  });

  it('that is cut short is no frame', () => {
    const bytes = frame([Buffer.from('what was acknowledged')]);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(parseFrame(bytes.subarray(0, length), 0, SALT)).toBe(undefined);
    }
  });

  it('of another folder is no frame of this one', () => {
    expect(parseFrame(frame([Buffer.from('x')], { salt: SALT + 1 }), 0, SALT)).toBe(undefined);
  });

  it('in the bytes that a client chose is none, for it cannot know the salt', () => {
    const forged = frame([Buffer.from('forged')], { salt: 0 });
    const bytes = frame([forged]);
    expect(findFrame(bytes, 1, SALT)).toBe(undefined);
  });

  it('is found at any place, behind bytes that look like the beginning of one', () => {
    const bytes = Buffer.concat([
      Buffer.from('MRGFMRG MRGF'),
      Buffer.alloc(40, 'MRGF'),
      frame([Buffer.from('a')], { firstLsn: 1 }),
      Buffer.from('x'),
      frame([Buffer.from('b')], { firstLsn: 2 }),
    ]);
    const first = findFrame(bytes, 0, SALT);
    expect(first).toMatchObject({ at: 52, header: { firstLsn: 1 } });
    const second = findFrame(bytes, 53, SALT);
    expect(second).toMatchObject({ at: 52 + 33 + 1, header: { firstLsn: 2 } });
    expect(findFrame(bytes, 87, SALT)).toBe(undefined);
  });
});

describe('a number of eight bytes', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        const bytes = Buffer.alloc(8);
        writeU64(bytes, number, 0);
        expect(readU64(bytes, 0)).toBe(number);
        expect(bytes.readBigUInt64LE(0)).toBe(BigInt(number));
      }),
    );
  });
});
