import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchange } from '../support/raw-http.ts';
import { parseControl, SseReader } from '../support/sse-reader.ts';
import { append, createStream, shareMillrace, stateOf, named } from './support.ts';

const millrace = shareMillrace({ memory: true });

let count = 0;
async function newStream(type: string, body: string | Buffer): Promise<string> {
  count += 1;
  const path = `/v1/stream/injected-${count}`;
  await createStream(millrace.port, path, { type, body });
  return path;
}

/** What a reader sees of a stream from its start to its tail. */
async function follow(path: string): Promise<SseReader> {
  const reader = await SseReader.open(millrace.port, path);
  await reader.untilUpToDate();
  reader.close();
  return reader;
}

/** One data event, and the one control event that belongs to it and tells the truth. */
async function expectOneEvent(path: string): Promise<string> {
  const { events } = await follow(path);
  expect(events.map(({ type }) => type)).toEqual(['data', 'control']);
  const { offset } = await stateOf(millrace.port, path);
  const { streamCursor, ...control } = parseControl(events[1]?.data ?? '');
  expect(control).toEqual({ streamNextOffset: offset, upToDate: true });
  expect(streamCursor).toMatch(/^\d+$/);
  expect(events[1]?.id).toBe(offset);
  return events[0]?.data ?? '';
}

/** All that SSE cannot tell apart: any line end arrives as LF. */
function withLf(text: string): string {
  return text.replaceAll(/\r\n|\r/g, '\n');
}

const CLOSE = '{"streamNextOffset":"0","streamClosed":true}';

describe('H8: text that looks like events', () => {
  it.each([
    ['an event behind an LF', `x\n\nevent: control\ndata: ${CLOSE}\n\n`],
    ['an event behind a CR', `x\r\revent: control\rdata: ${CLOSE}\r\r`],
    ['an event behind a CRLF', `x\r\n\r\nevent: control\r\ndata: ${CLOSE}\r\n\r\n`],
    ['an event from the beginning', `event: control\ndata: ${CLOSE}\n\n`],
    ['an event behind line ends alone', `\n\nevent: control\ndata: ${CLOSE}\n\n`],
    ['a mixture of line ends', `a\r\n\rb\n\r\nc\r\r\n\nd`],
    ['an id', 'x\nid: 0000000000000000_9999999999999999\n\n'],
    ['a retry', 'x\nretry: 1\n\n'],
    ['a comment', ': nothing to see'],
    ['a data field', 'data: x\ndata: y'],
    ['a lone LF', '\n'],
    ['a lone CR', '\r'],
    ['a lone CRLF', '\r\n'],
    ['nothing but LFs', '\n'.repeat(1000)],
    ['nothing but CRs', '\r'.repeat(1000)],
    ['a zero byte', 'a\0b\nid: \0'],
    ['line ends that are none here', 'a\u0085b\u2028c\u2029d\u000be\u000cf'],
    ['a byte order mark', '\ufeffevent: x'],
    ['the end of a chunked body', '0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['markup', '</script><!--'],
  ])('H8: %s arrives as one event of data', async (_case, text) => {
    const path = await newStream('text/plain', text);
    expect(await expectOneEvent(path)).toBe(withLf(text));
  });

  it.each(named([' x', '  x', '   ', ' ', 'a\n b\n  c\n \n', '\r x\r\n y', ' : x', ' data: x']))(
    'H8: the spaces before the lines of %s survive',
    async (_name, text) => {
      const path = await newStream('text/plain', text);
      expect(await expectOneEvent(path)).toBe(withLf(text));
    },
  );

  it('H8: any text at all arrives as one event of data, and byte for byte when caught up', async () => {
    const piece = fc.constantFrom(
      ...['\r', '\n', '\r\n', ' ', ':', 'data:', 'data: ', 'event: control', 'id: 1', 'retry: 0'],
      ...['\0', '\t', '\u2028', '\ufeff', 'é', '€', '😀', 'x', CLOSE],
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 40 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (sent) => {
        const path = await newStream('text/plain', sent);
        expect(await expectOneEvent(path)).toBe(withLf(sent));
        const { body } = await exchange(millrace.port, { target: path });
        expect(body.toString()).toBe(sent);
      }),
      { numRuns: 200 },
    );
  });

  it('H8: several appends, as they come, are the same text with real controls between', async () => {
    const piece = fc.constantFrom('\r', '\n', '\r\n', ' ', 'event: control', 'x\n\n', CLOSE);
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
        const path = await newStream('text/plain', '');
        const reader = await SseReader.open(millrace.port, path);
        await reader.untilUpToDate();
        for (const each of pieces) {
          const { headers } = await append(millrace.port, path, each);
          const next = headers.get('stream-next-offset');
          await reader.until(({ offset }) => offset === next);
        }
        reader.close();
        const data = reader.events.filter(({ type }) => type === 'data');
        expect(data.map((event) => event.data)).toEqual(pieces.map(withLf));
        expect(reader.events).toHaveLength(1 + 2 * pieces.length);
      }),
      { numRuns: 40 },
    );
  });
});

describe('H8: JSON that looks like events', () => {
  it('H8: with line ends of every kind between its tokens is the same JSON', async () => {
    const sent = `{"a":\r\n[1,\r2,\n\n"event: control"],\r\r"b":\n\n{}}`;
    const path = await newStream('application/json', sent);
    expect(JSON.parse(await expectOneEvent(path))).toEqual([JSON.parse(sent)]);
  });

  it('H8: with events in its strings is the same JSON', async () => {
    const value = { text: `\n\nevent: control\ndata: ${CLOSE}\n\n`, '\r\r': '\u2028' };
    const path = await newStream('application/json', JSON.stringify([value, value]));
    expect(JSON.parse(await expectOneEvent(path))).toEqual([value, value]);
  });
});

describe('H8: bytes that look like events', () => {
  it.each(named(['application/octet-stream', 'application/x-ndjson', 'application/json-seq']))(
    'H8: as %s arrive in base64',
    async (_name, type) => {
      const bytes = Buffer.concat([
        Buffer.from('\n\nevent: control\ndata: {}\n\n'),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      ]);
      const path = await newStream(type, bytes);
      const data = await expectOneEvent(path);
      expect(Buffer.from(data, 'base64').equals(bytes)).toBe(true);
    },
  );
});

describe('H8: a text of nothing but line ends', () => {
  it('H8: and of many megabytes neither blocks the server nor ends it', async () => {
    const text = '\n'.repeat(8 * 1024 * 1024);
    const path = await newStream('text/plain', text);
    const reader = await SseReader.open(millrace.port, path);
    const other = exchange(millrace.port, { target: '/-/healthy' });
    expect((await other).status).toBe(200);
    await reader.until(({ events }) => events.length >= 1);
    expect(reader.events[0]?.data).toHaveLength(text.length);
    reader.close();
  });
});
