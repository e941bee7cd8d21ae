import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/lib/byte-writer.ts';
import {
  decodeMessageChunk,
  encodeMessageChunk,
  messageInChunk,
} from '../../../../src/storage/embedded/index/message-values.ts';
import {
  encodeText,
  storedMessage,
  type MessagePlace,
} from '../../../../src/storage/embedded/messages/message-place.ts';
import { subject } from '../../../support/managed.ts';

interface Given {
  readonly subject: string;
  readonly body: string;
  readonly seqStep: number;
  readonly timeStep: number;
  /** It lies in a buffer of its own. */
  readonly isApart: boolean;
  /** Something else lies before it. */
  readonly gap: number;
}

const given = fc.record({
  subject: fc.constantFrom('a', 'orders.eu', 'größe'),
  body: fc.string({ maxLength: 300 }),
  seqStep: fc.integer({ min: 1, max: 100_000 }),
  timeStep: fc.integer({ min: 0, max: 100_000 }),
  isApart: fc.boolean(),
  gap: fc.constantFrom(0, 0, 0, 5),
});

const CREATED_MS = 1_700_000_000_000;

/** Messages as they lie in memory, from sequence 1 on. */
function placesOf(messages: readonly Given[]): MessagePlace[] {
  let out = new ByteWriter(1 << 16);
  let seq = 0;
  let createdAtMs = CREATED_MS;
  return messages.map((each) => {
    if (each.isApart) out = new ByteWriter(1 << 16);
    out.bytes(Buffer.alloc(each.gap, '?'));
    const body = Buffer.from(each.body);
    const at = out.length;
    const bodyAt = encodeText(subject(each.subject), body, out);
    seq += each.seqStep;
    createdAtMs += each.timeStep;
    return {
      seq,
      subject: subject(each.subject),
      createdAtMs,
      source: out.buffer,
      at,
      bytes: out.length - at,
      bodyAt,
      bodyBytes: body.length,
    };
  });
}

describe('a chunk of messages', () => {
  it('has them as they were, wherever they lay, together and one by one', () => {
    fc.assert(
      fc.property(fc.array(given, { minLength: 1, maxLength: 40 }), (messages) => {
        const places = placesOf(messages);
        const value = encodeMessageChunk(1, places);
        const expected = places.map(storedMessage);
        expect(decodeMessageChunk(1, value).messages().map(storedMessage)).toEqual(expected);
        const one = places.map(({ seq }) => messageInChunk(1, value, seq));
        expect(one.map((place) => place && storedMessage(place))).toEqual(expected);
        expect(messageInChunk(1, value, (places.at(-1)?.seq ?? 0) + 1)).toBeUndefined();
      }),
    );
  });

  it('keeps no view of the value it was read from, where one is read alone', () => {
    const [place] = placesOf([
      { subject: 'a', body: 'kept', seqStep: 1, timeStep: 0, isApart: false, gap: 0 },
    ]);
    const value = encodeMessageChunk(1, place === undefined ? [] : [place]);
    const read = messageInChunk(1, value, 1);
    value.fill(0);
    expect(read && storedMessage(read).body.toString()).toBe('kept');
  });
});
