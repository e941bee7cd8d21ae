import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedBytes } from '../../../../src/lib/byte-reader.ts';
import { position } from '../../../../src/protocol/offset.ts';
import {
  decodeChunk,
  decodeHead,
  decodeMeta,
  decodeNumber,
  encodeChunk,
  encodeHead,
  encodeMeta,
  encodeNumber,
  type StoredLog,
} from '../../../../src/storage/embedded/index/values.ts';
import type { RecordPlace } from '../../../../src/storage/embedded/record-bytes.ts';
import { anyNumber, anyPosition, anyState, lying, plain } from '../../../support/arbitraries.ts';
import { singleBitFlips } from '../../../support/bit-flips.ts';
import { producersOf, streamState } from '../../../support/states.ts';

const anyMeta = fc.record({
  folderId: anyNumber,
  salt: fc.nat(2 ** 32 - 1),
  appliedLsn: anyNumber,
  highLsn: anyNumber,
  nextLogId: anyNumber,
});

const anyHead: fc.Arbitrary<StoredLog> = fc.record({
  id: anyNumber,
  start: anyPosition,
  tail: anyPosition,
  version: anyNumber,
  lastChunkAt: anyPosition,
  lastChunkBytes: anyNumber,
  state: anyState,
});

/** A record somewhere in a larger buffer. */
function placed(part: Uint8Array): RecordPlace {
  const source = Buffer.concat([Buffer.from('before'), part, Buffer.from('behind')]);
  return { source, from: 6, bytes: part.length };
}

const anyParts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });

describe('what the index stores', () => {
  it('is read back: meta', () => {
    fc.assert(
      fc.property(anyMeta, (meta) => {
        expect(decodeMeta(encodeMeta(meta))).toEqual(meta);
      }),
    );
  });

  it('is read back: heads', () => {
    fc.assert(
      fc.property(anyHead, (head) => {
        const back = decodeHead(encodeHead(head));
        expect({ ...back, state: plain(back.state) }).toEqual({
          ...head,
          state: plain(head.state),
        });
      }),
    );
  });

  it('is read back: chunks', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        expect(lying(decodeChunk(encodeChunk(parts.map(placed))))).toEqual({
          lengths: parts.map((part) => part.length),
          bytes: Buffer.concat(parts),
        });
      }),
    );
  });

  it('is read back: numbers', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        expect(decodeNumber(encodeNumber(number))).toBe(number);
      }),
    );
  });
});

describe('a damaged value of the index', () => {
  const head: StoredLog = {
    id: 5,
    start: position(3),
    tail: position(1000),
    version: 77,
    lastChunkAt: position(900),
    lastChunkBytes: 100,
    state: streamState({
      producers: producersOf({ p: { epoch: 1, seq: 2, lastWriteAtMs: 3 } }),
      streamSeq: 'a',
    }),
  };
  const VALUES = [
    {
      name: 'meta',
      value: encodeMeta({ folderId: 9, salt: 8, appliedLsn: 7, highLsn: 700, nextLogId: 5 }),
      decode: decodeMeta,
    },
    { name: 'a head', value: encodeHead(head), decode: decodeHead },
    {
      name: 'a chunk',
      value: encodeChunk([Buffer.from('ab'), Buffer.from('cde')].map(placed)),
      decode: decodeChunk,
    },
    { name: 'a number', value: encodeNumber(2 ** 40), decode: decodeNumber },
  ];

  it.each(VALUES)('is noticed by every single bit: $name', ({ value, decode }) => {
    for (const flipped of singleBitFlips(value)) {
      expect(() => decode(flipped)).toThrow(MalformedBytes);
    }
    expect(() => decode(value)).not.toThrow();
  });

  it.each(VALUES)('is noticed by any end that comes early: $name', ({ value, decode }) => {
    for (let length = 0; length < value.length; length += 1) {
      expect(() => decode(value.subarray(0, length))).toThrow(MalformedBytes);
    }
  });

  it.each(VALUES)('is noticed by bytes that follow: $name', ({ value, decode }) => {
    expect(() => decode(Buffer.concat([value, Buffer.alloc(1)]))).toThrow(MalformedBytes);
  });
});
