import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NdjsonReader } from '../../src/services/ndjson-reader.ts';
import { cutAnywhere } from './cut-anywhere.ts';

function read(
  pieces: readonly Buffer[],
  recordBytesMax = 1000,
): { records: string[]; fault: string | undefined } {
  const reader = new NdjsonReader({ recordBytesMax });
  const pushed = [...pieces.map((piece) => reader.push(piece)), reader.finish()];
  const records = pushed.flatMap((each) => each.records.map((record) => record.toString()));
  return { records, fault: pushed.at(-1)?.fault };
}

describe('newline-delimited JSON', () => {
  it.each([
    { text: '{"a":1}\n{"a":2}\n', records: ['{"a":1}', '{"a":2}'] },
    { text: '{"a":1}\r\n \t{"a":2} \r\n', records: ['{"a":1}', '{"a":2}'] },
    { text: '1\n\n \n\r\n2', records: ['1', '2'] },
    { text: '\ufeff1\n2\n', records: ['1', '2'] },
    { text: '"a\rb"\n', records: ['"a\rb"'] },
    { text: '', records: [] },
  ])('of $text', ({ text, records }) => {
    expect(read([Buffer.from(text)])).toEqual({ records, fault: undefined });
  });

  it('gives its last line only when the body has come to its end', () => {
    const reader = new NdjsonReader({ recordBytesMax: 10 });
    expect(reader.push(Buffer.from('1\n2')).records.map(String)).toEqual(['1']);
    expect(reader.finish().records.map(String)).toEqual(['2']);
  });

  it('is read the same wherever its bytes are cut', () => {
    const parts = fc.oneof(
      fc.constantFrom('\n', '\r\n', '\r', ' ', '\ufeff', '€', '{"a":1}'),
      fc.string({ maxLength: 5, unit: 'binary' }),
    );
    const any = fc.array(parts, { maxLength: 30 }).map((all) => Buffer.from(all.join('')));
    fc.assert(
      fc.property(any.chain(cutAnywhere), fc.integer({ min: 1, max: 20 }), (bytes, max) => {
        expect(read(bytes.pieces, max)).toEqual(read([bytes.whole], max));
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), (values) => {
        const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
        const { records } = read([Buffer.from(text)], 1 << 20);
        const back: unknown[] = records.map((record): unknown => JSON.parse(record));
        expect(back).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('may have records up to the bound, and no larger ones', () => {
    expect(read([Buffer.from('12345\n')], 5)).toEqual({ records: ['12345'], fault: undefined });
    expect(read([Buffer.from('1\n123456\n2\n')], 5)).toEqual({
      records: ['1'],
      fault: 'record-too-large',
    });
    expect(read([Buffer.alloc(6, 0x31)], 5).fault).toBe('record-too-large');
  });
});
