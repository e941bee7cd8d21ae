import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, MalformedBytes } from '../../src/lib/byte-reader.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';

const READS = [
  { name: 'a byte', bytes: [7], read: (from: ByteReader) => from.u8() },
  { name: 'a u32', bytes: [1, 2, 3, 4], read: (from: ByteReader) => from.u32() },
  { name: 'a varint', bytes: [0x80, 0x80, 0x01], read: (from: ByteReader) => from.varint() },
  { name: 'bytes', bytes: [1, 2, 3], read: (from: ByteReader) => from.bytes(3) },
  { name: 'a text', bytes: [3, 97, 98, 99], read: (from: ByteReader) => from.text() },
];

describe('a byte reader', () => {
  it.each(READS)('refuses $name that ends early, wherever it does', ({ bytes, read }) => {
    for (let length = 0; length < bytes.length; length += 1) {
      const from = new ByteReader(Buffer.from(bytes.slice(0, length)));
      expect(() => read(from)).toThrow(MalformedBytes);
    }
    expect(() => read(new ByteReader(Buffer.from(bytes)))).not.toThrow();
  });

  it.each(READS)('never reads $name beyond its own end of a shared buffer', ({ bytes, read }) => {
    const shared = Buffer.from([0, ...bytes, 9, 9]);
    expect(() => read(new ByteReader(shared, 1, bytes.length))).toThrow(MalformedBytes);
    const whole = new ByteReader(shared, 1, bytes.length + 1);
    read(whole);
    expect(whole.done).toBe(true);
  });

  it.each([
    {
      name: 'a varint above 2^53 - 1',
      bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
    },
    { name: 'a varint of nine bytes', bytes: [...Buffer.alloc(8, 0x80), 1] },
    { name: 'a varint without an end', bytes: [...Buffer.alloc(64, 0xff)] },
  ])('refuses $name', ({ bytes }) => {
    const from = new ByteReader(Buffer.from(bytes));
    expect(() => from.varint()).toThrow(MalformedBytes);
  });

  it('reads the largest integers that are exact', () => {
    const out = new ByteWriter();
    out.varint(Number.MAX_SAFE_INTEGER);
    const from = new ByteReader(out.copy());
    expect(from.varint()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('answers any bytes with values or with MalformedBytes, and nothing else', () => {
    const anyRead = fc.constantFrom('u8', 'u32', 'varint', 'text');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(anyRead), (bytes, reads) => {
        const from = new ByteReader(Buffer.from(bytes));
        try {
          for (const read of reads) from[read]();
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes);
        }
        expect(from.position).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
