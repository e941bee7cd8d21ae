import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOffset, position } from '../../src/protocol/offset.ts';
import { toRecords } from '../../src/protocol/records.ts';
import { controlEvent, dataEvent, KEEP_ALIVE, unfinishedBytes } from '../../src/protocol/sse.ts';
import { SseParser, type SseEvent } from '../support/sse-parser.ts';
import { JSON_TYPE } from '../support/states.ts';
import { isWellFormed } from '../support/text.ts';

/** The events in a whole text, as a strict parser reads them. */
function parseEvents(text: Buffer | string): SseEvent[] {
  const parser = new SseParser();
  const events = parser.push(Buffer.from(text));
  parser.finish();
  return events;
}

/** The data of the one event that these records make. */
function carried(encoding: 'text' | 'json' | 'base64', pieces: readonly Buffer[]): string {
  const events = parseEvents(dataEvent(encoding, pieces));
  const data = events[0]?.data ?? '';
  expect(events).toEqual([{ type: 'data', id: '', data }]);
  return data;
}

/** What a parser can know of a text: where its lines end, not what ended them. */
function lines(text: string): string {
  return text.replaceAll(/\r\n|\r/g, '\n');
}

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', ' ', ':', 'data:', 'event: x', 'id: 7', '\ufeff', '\0'),
      fc.string({ maxLength: 5, unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '' && isWellFormed(text));

describe('the event that carries records', () => {
  it('of text gives a strict parser every line of it', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), (texts) => {
        const data = carried(
          'text',
          texts.map((text) => Buffer.from(text)),
        );
        expect(data).toBe(lines(texts.join('')));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    { text: 'hello', event: 'event: data\ndata:hello\n\n' },
    { text: ' hello', event: 'event: data\ndata:  hello\n\n' },
    { text: '  hello', event: 'event: data\ndata:   hello\n\n' },
    { text: 'a\nb', event: 'event: data\ndata:a\ndata:b\n\n' },
    { text: 'a\r\nb', event: 'event: data\ndata:a\ndata:b\n\n' },
    { text: 'a\rb', event: 'event: data\ndata:a\ndata:b\n\n' },
    { text: 'a\n\rb', event: 'event: data\ndata:a\ndata:\ndata:b\n\n' },
    { text: 'a\r\r\nb', event: 'event: data\ndata:a\ndata:\ndata:b\n\n' },
    { text: 'a\n', event: 'event: data\ndata:a\ndata:\n\n' },
    { text: 'a\r', event: 'event: data\ndata:a\ndata:\n\n' },
    { text: '\n', event: 'event: data\ndata:\ndata:\n\n' },
    { text: ' ', event: 'event: data\ndata:  \n\n' },
    { text: 'a\n b', event: 'event: data\ndata:a\ndata:  b\n\n' },
    { text: 'a\r\n b', event: 'event: data\ndata:a\ndata:  b\n\n' },
    { text: '\n\nevent: forged\n\n', event: null },
  ])('of $text is $event', ({ text, event }) => {
    const bytes = dataEvent('text', [Buffer.from(text)]).toString();
    if (event !== null) expect(bytes).toBe(event);
    expect(carried('text', [Buffer.from(text)])).toBe(lines(text));
  });

  it.each(['\n', '\r', '\r\n', ' \n'])('of nothing but line ends takes no toll: %j', (end) => {
    const text = Buffer.from(end.repeat(1 << 20));
    const event = dataEvent('text', [text]);
    const line = end.startsWith(' ') ? 'data:  \n' : 'data:\n';
    expect(event.length).toBe(
      'event: data\n'.length + (1 << 20) * line.length + 'data:\n\n'.length,
    );
  });

  it('of JSON is an array of all messages', () => {
    const anyValues = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(anyValues, fc.constantFrom(undefined, 1), (values, space) => {
        const text = JSON.stringify(values, undefined, space);
        const limits = { jsonDepthMax: 100, messagesMax: 100 };
        const stored = toRecords(JSON_TYPE, Buffer.from(text), limits);
        if (!stored.ok) throw new Error(stored.refusal.code);
        const back: unknown = JSON.parse(carried('json', [stored.value.bytes]));
        expect(back).toEqual(JSON.parse(text));
      }),
    );
  });

  it('of anything else is base64, whatever the bytes', () => {
    const anyPieces = fc.array(fc.uint8Array({ minLength: 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyPieces, (parts) => {
        const pieces = parts.map((part) => Buffer.from(part));
        const data = carried('base64', pieces);
        expect(data).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
        expect(Buffer.from(data, 'base64')).toEqual(Buffer.concat(pieces));
      }),
    );
  });

  it.each(['text', 'json', 'base64'] as const)('of no records is no event: %s', (encoding) => {
    expect(dataEvent(encoding, [])).toEqual(Buffer.alloc(0));
  });
});

describe('the control event', () => {
  const next = position(7);
  const streamNextOffset = formatOffset(next);

  it.each([
    { cursor: '5', upToDate: false, closed: false, says: { streamCursor: '5' } },
    { cursor: '5', upToDate: true, closed: false, says: { streamCursor: '5', upToDate: true } },
    {
      cursor: undefined,
      upToDate: true,
      closed: true,
      says: { upToDate: true, streamClosed: true },
    },
  ])('says $says', ({ cursor, upToDate, closed, says }) => {
    const [event, ...others] = parseEvents(controlEvent({ next, cursor, upToDate, closed }));
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'control', id: streamNextOffset });
    const data: unknown = JSON.parse(event?.data ?? '');
    expect(data).toEqual({ streamNextOffset, ...says });
  });
});

describe('the keep-alive', () => {
  it('is nothing to a parser, wherever it stands between events', () => {
    const event = dataEvent('text', [Buffer.from('a')]).toString();
    expect(parseEvents(KEEP_ALIVE + event + KEEP_ALIVE + KEEP_ALIVE)).toEqual(parseEvents(event));
  });
});

describe('the bytes of an unfinished character', () => {
  it('are those that a decoder would wait for', () => {
    const anyPrefix = fc.tuple(fc.string({ unit: 'binary', maxLength: 6 }), fc.nat(5));
    fc.assert(
      fc.property(anyPrefix, ([text, cut]) => {
        fc.pre(isWellFormed(text));
        const whole = Buffer.from(text);
        const bytes = whole.subarray(0, Math.max(0, whole.length - cut));
        const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, {
          stream: true,
        });
        expect(unfinishedBytes(bytes)).toBe(bytes.length - Buffer.byteLength(decoded));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    { bytes: [], count: 0 },
    { bytes: [0x61], count: 0 },
    { bytes: [0x61, 0xc3], count: 1 },
    { bytes: [0xe2, 0x82], count: 2 },
    { bytes: [0xf0, 0x9f, 0x98], count: 3 },
    { bytes: [0xf0, 0x9f, 0x98, 0x80], count: 0 },
    { bytes: [0x80, 0x80, 0x80, 0x80], count: 0 },
    { bytes: [0xff], count: 0 },
    { bytes: [0xf8, 0x80], count: 0 },
  ])('of $bytes are $count', ({ bytes, count }) => {
    expect(unfinishedBytes(Buffer.from(bytes))).toBe(count);
  });
});
