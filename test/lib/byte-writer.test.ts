import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/lib/byte-reader.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';

const anyInteger = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map((power) => Math.min(2 ** power, Number.MAX_SAFE_INTEGER)),
  fc.integer({ min: 1, max: 53 }).map((power) => 2 ** power - 1),
);

const anyPart = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('varint' as const), value: anyInteger }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    kind: fc.constant('text' as const),
    value: fc.string({ maxLength: 40, unit: 'binary' }),
  }),
);

describe('a byte writer', () => {
  it('writes what a byte reader reads back, whatever the capacity it began with', () => {
    fc.assert(
      fc.property(fc.array(anyPart), fc.nat(64), (parts, capacity) => {
        const out = new ByteWriter(capacity);
        for (const { kind, value } of parts) {
          if (kind === 'u8') out.u8(value);
          else if (kind === 'varint') out.varint(value);
          else if (kind === 'u32') out.patchU32(out.skip(4), value);
          else if (kind === 'bytes') out.bytes(value);
          else out.text(value);
        }
        const from = new ByteReader(out.copy());
        for (const { kind, value } of parts) {
          if (kind === 'u8') expect(from.u8()).toBe(value);
          else if (kind === 'varint') expect(from.varint()).toBe(value);
          else if (kind === 'u32') expect(from.u32()).toBe(value);
          else if (kind === 'bytes') {
            expect(from.bytes(value.length)).toEqual(Buffer.from(value));
          } else expect(from.text()).toBe(value);
        }
        expect(from.done).toBe(true);
        expect(from.position).toBe(out.length);
      }),
    );
  });

  it('writes integers little-endian and varints low bits first', () => {
    const out = new ByteWriter();
    out.patchU32(out.skip(4), 0x04030201);
    out.varint(300);
    expect([...out.view()]).toEqual([1, 2, 3, 4, 0xac, 0x02]);
  });

  it('writes a text behind its length in bytes, not in characters', () => {
    const out = new ByteWriter();
    out.text('é');
    expect([...out.view()]).toEqual([2, 0xc3, 0xa9]);
  });

  it('leaves a view in place as long as nothing outgrows the room', () => {
    const out = new ByteWriter(8);
    out.bytes(Buffer.from('abcd'));
    const view = out.view(0, 4);
    expect(out.room).toBe(4);
    out.bytes(Buffer.from('efgh'));
    expect(out.room).toBe(0);
    expect(view.buffer).toBe(out.view().buffer);
    out.bytes(Buffer.from('ijklm'));
    expect(view.toString()).toBe('abcd');
    expect(out.view().toString()).toBe('abcdefghijklm');
  });

  it('begins again after a reset, and a copy is not touched by that', () => {
    const out = new ByteWriter();
    out.text('before');
    const copy = out.copy();
    out.reset();
    expect(out.length).toBe(0);
    out.text('after!');
    expect(new ByteReader(copy).text()).toBe('before');
    expect(new ByteReader(out.copy()).text()).toBe('after!');
  });
});
