import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseReader, type ServerEvent, type SseLimits } from '../../src/services/sse-reader.ts';
import { SseParser } from '../support/sse-parser.ts';
import { cutAnywhere } from './cut-anywhere.ts';

const LIMITS = { lineBytesMax: 1000, recordBytesMax: 2000 };

interface Read {
  readonly records: readonly ServerEvent[];
  readonly fault: string | undefined;
  readonly lastEventId: string;
  readonly retryMs: number | undefined;
}

function read(pieces: readonly Buffer[], limits: SseLimits = LIMITS): Read {
  const reader = new SseReader(limits);
  const pushed = pieces.map((piece) => reader.push(piece));
  const { lastEventId, retryMs } = reader;
  const records = pushed.flatMap((each) => each.records);
  return { records, fault: pushed.at(-1)?.fault, lastEventId, retryMs };
}

function readText(text: string): Read {
  return read([Buffer.from(text)]);
}

const message = (data: string, id = '', event = 'message'): ServerEvent => ({ id, event, data });

describe('an event stream', () => {
  it.each([
    { text: 'data: a\n\n', records: [message('a')] },
    { text: 'data:a\r\rdata:  b\r\r', records: [message('a'), message(' b')] },
    { text: 'data:a\r\n\r\ndata:b\r\n\r\n', records: [message('a'), message('b')] },
    { text: 'data:a\ndata\ndata: c\n\n', records: [message('a\n\nc')] },
    {
      text: 'event: x\nid: 7\ndata: {"a":1}\n\ndata: b\n\n',
      records: [message('{"a":1}', '7', 'x'), message('b', '7')],
    },
    { text: ': ping\n\n:\n\nother: x\ndata\n\n', records: [message('')] },
    { text: '\ufeffdata: a\n\n', records: [message('a')] },
    { text: '\ufeff\ufeffdata: a\n\ndata: b\n\n', records: [message('b')] },
    { text: 'event: lost\n\ndata: a\n\n', records: [message('a')] },
    { text: 'id: 1\ndata: a\n\nid\ndata: b\n\n', records: [message('a', '1'), message('b')] },
    {
      text: 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n',
      records: [message('a', '1'), message('b', '1')],
    },
    { text: 'data: not ended\n', records: [] },
    { text: 'data: €é😀\n\n', records: [message('€é😀')] },
  ])('of $text', ({ text, records }) => {
    expect(readText(text).records).toEqual(records);
  });

  it('says where to go on, also by an event without data, and never by one that is not ended', () => {
    expect(readText('id: 5\n\nid: 6\ndata: cut').lastEventId).toBe('5');
    expect(new SseReader(LIMITS, '4').lastEventId).toBe('4');
  });

  it('says how long to wait', () => {
    expect(readText('retry: 1500\n\n').retryMs).toBe(1500);
    expect(readText('retry: 1500\nretry: soon\nretry: -1\nretry: 1e3\nretry\n').retryMs).toBe(1500);
  });

  const anyStream = fc
    .array(
      fc.oneof(
        fc.constantFrom('\n', '\r', '\r\n', '\n\n', 'data:', 'data: ', 'event: x', 'id: 7', 'id'),
        fc.constantFrom(':', ' ', '\ufeff', '\0', 'retry: 10', 'data', '€', '😀'),
        fc.string({ maxLength: 5, unit: 'binary' }),
      ),
      { maxLength: 40 },
    )
    .map((parts) => Buffer.from(parts.join('')));

  it('is read the same wherever its bytes are cut', () => {
    const limits = fc.record({
      lineBytesMax: fc.integer({ min: 1, max: 30 }),
      recordBytesMax: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(anyStream.chain(cutAnywhere), limits, ({ whole, pieces }, each) => {
        expect(read(pieces, each)).toEqual(read([whole], each));
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as a strict parser reads it', () => {
    const line = fc.constantFrom(
      ...['data: a', 'data:', 'data', 'data:  b', '', '', '', ':', ': note'],
      ...['id: 7', 'id', 'data: \ufeff€'],
    );
    const ended = fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')).map((both) => both.join(''));
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 30 }), (lines) => {
        const bytes = Buffer.from(`${lines.join('')}:\n`);
        const strict = new SseParser().push(bytes);
        expect(read([bytes]).records).toEqual(strict.map(({ data, id }) => message(data, id)));
      }),
      { numRuns: 1000 },
    );
  });

  it('may have lines up to the bound, and no longer ones', () => {
    const limits = { lineBytesMax: 10, recordBytesMax: 100 };
    const fits = Buffer.from('data:12345\n\n');
    const after = Buffer.from('data:123456\n\ndata:a\n\n');
    expect(read([fits], limits)).toMatchObject({ records: [message('12345')], fault: undefined });
    expect(read([fits, after], limits)).toMatchObject({
      records: [message('12345')],
      fault: 'line-too-long',
    });
    // Nothing waits for an end that may never come.
    expect(read([Buffer.alloc(11, 0x78)], limits).fault).toBe('line-too-long');
  });

  it('may have events up to the bound, and no larger ones, however many lines they have', () => {
    const limits = { lineBytesMax: 100, recordBytesMax: 5 };
    expect(read([Buffer.from('data:12\ndata:34\n\n')], limits).records).toEqual([
      message('12\n34'),
    ]);
    expect(read([Buffer.from('data:12\ndata:345\n')], limits).fault).toBe('record-too-large');
    expect(read([Buffer.from('data\n'.repeat(7))], limits).fault).toBe('record-too-large');
  });
});
