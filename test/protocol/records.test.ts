import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromRecords, NO_RECORDS, toRecords, type Records } from '../../src/protocol/records.ts';
import { contentType, JSON_TYPE, TEXT } from '../support/states.ts';
import { messagesIn } from '../support/text.ts';

const LIMITS = { jsonDepthMax: 8, messagesMax: 5 };

function recordsOf(type: typeof TEXT, body: string | Buffer): Records {
  const parsed = toRecords(type, Buffer.from(body), LIMITS);
  if (!parsed.ok) throw new Error(`refused: ${parsed.refusal.code}`);
  return parsed.value;
}

/** The records one by one, as a store keeps them. */
function pieces({ bytes, lengths }: Records): Buffer[] {
  let from = 0;
  return lengths.map((length) => {
    from += length;
    return bytes.subarray(from - length, from);
  });
}

describe('a body of bytes', () => {
  it('is one record, to the byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const body = Buffer.from(bytes);
        expect(recordsOf(TEXT, body)).toEqual({ bytes: body, lengths: [body.length] });
      }),
    );
  });

  it('is not looked into, even if it looks like JSON', () => {
    const ndjson = contentType('application/ndjson');
    expect(recordsOf(ndjson, '[1,2]').lengths).toEqual([5]);
    expect(recordsOf(TEXT, Buffer.from([0xff, 0xfe])).lengths).toEqual([2]);
  });

  it('that is empty is no record', () => {
    expect(recordsOf(TEXT, '')).toBe(NO_RECORDS);
    expect(recordsOf(JSON_TYPE, '')).toBe(NO_RECORDS);
  });

  it('is read as its records back to back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (parts) => {
        const buffers = parts.map((part) => Buffer.from(part));
        expect(fromRecords(TEXT, buffers)).toEqual(Buffer.concat(buffers));
      }),
    );
  });

  it('of one record is read without a copy', () => {
    const only = Buffer.from('only');
    expect(fromRecords(TEXT, [only])).toBe(only);
  });
});

describe('a body of JSON', () => {
  const anyJson = fc.jsonValue({ maxDepth: 3 });

  it('is one record a message, and read as an array of all of them', () => {
    const anyBody = fc.tuple(anyJson, fc.constantFrom(undefined, 2, '\t'));
    fc.assert(
      fc.property(fc.array(anyBody, { minLength: 1, maxLength: 4 }), (bodies) => {
        const stored: Buffer[] = [];
        const messages: unknown[] = [];
        for (const [value, space] of bodies) {
          const text = JSON.stringify(value, undefined, space);
          const parsed = toRecords(JSON_TYPE, Buffer.from(text), {
            jsonDepthMax: 100,
            messagesMax: 100,
          });
          if (!parsed.ok) throw new Error(parsed.refusal.code);
          stored.push(...pieces(parsed.value));
          // Through its text once more: -0 is no JSON.
          messages.push(...messagesIn(JSON.parse(text)));
        }
        expect(stored).toHaveLength(messages.length);
        const body: unknown = JSON.parse(fromRecords(JSON_TYPE, stored).toString());
        expect(body).toEqual(messages);
        // Wherever a page is cut between records, both halves are arrays of their messages.
        for (let cut = 0; cut <= stored.length; cut += 1) {
          const head: unknown = JSON.parse(fromRecords(JSON_TYPE, stored.slice(0, cut)).toString());
          expect(head).toEqual(messages.slice(0, cut));
        }
      }),
    );
  });

  it('is stored as it was sent, without the white space around a message', () => {
    const { bytes, lengths } = recordsOf(JSON_TYPE, ' [ {"a": 1.0} , "x,y" ]\n');
    expect(bytes.toString()).toBe('{"a": 1.0},"x,y",');
    expect(lengths).toEqual([11, 6]);
    expect(recordsOf(JSON_TYPE, ' 7 ').bytes.toString()).toBe('7,');
  });

  it('of an empty array is no record', () => {
    expect(recordsOf(JSON_TYPE, '[]').lengths).toEqual([]);
  });

  it('that nobody has sent is read as an empty array', () => {
    expect(fromRecords(JSON_TYPE, []).toString()).toBe('[]');
  });

  it.each([
    { body: Buffer.from('{'), refusal: { code: 'invalid-json', at: 1 } },
    { body: Buffer.from([0x22, 0xff, 0x22]), refusal: { code: 'invalid-utf8' } },
    { body: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), refusal: { code: 'invalid-utf8' } },
    {
      body: Buffer.from('[[[[[[[[[1]]]]]]]]]'),
      refusal: { code: 'json-too-deep', at: 8, depthMax: 8 },
    },
    {
      body: Buffer.from('[1,2,3,4,5,6]'),
      refusal: { code: 'too-many-messages', messagesMax: 5 },
    },
  ])('is refused with $refusal.code', ({ body, refusal }) => {
    expect(toRecords(JSON_TYPE, body, LIMITS)).toEqual({ ok: false, refusal });
  });
});
