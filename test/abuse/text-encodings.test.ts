import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchange } from '../support/raw-http.ts';
import { parseControl, SseReader } from '../support/sse-reader.ts';
import {
  append,
  createStream,
  expectProblem,
  shareMillrace,
  stateOf,
  unchanged,
} from './support.ts';

const PAGE_BYTES = 1024;
const embedded = shareMillrace({ pageBytes: PAGE_BYTES, checkpointIntervalMs: 10 });
const memory = shareMillrace({ memory: true, pageBytes: PAGE_BYTES });

let count = 0;
async function newStream(port: number, type = 'text/plain'): Promise<string> {
  count += 1;
  const path = `/v1/stream/text-${count}`;
  await createStream(port, path, { type });
  return path;
}

describe('H9: JSON that is no UTF-8', () => {
  const bad: [string, Buffer][] = [
    ['a byte that begins nothing', Buffer.from('"\xff"', 'latin1')],
    ['a continuation without a beginning', Buffer.from('"\x80"', 'latin1')],
    ['a beginning without a continuation', Buffer.from('"\xc3"', 'latin1')],
    ['an overlong slash', Buffer.from('"\xc0\xaf"', 'latin1')],
    ['an overlong zero', Buffer.from('"\xe0\x80\x80"', 'latin1')],
    ['a surrogate', Buffer.from('"\xed\xa0\x80"', 'latin1')],
    ['a character beyond the last', Buffer.from('"\xf4\x90\x80\x80"', 'latin1')],
    ['Latin-1', Buffer.from('"caf\xe9"', 'latin1')],
    ['a character cut off by the end', Buffer.from('"\xe2\x82', 'latin1')],
    ['UTF-16', Buffer.from('\ufeff"x"', 'utf16le')],
  ];

  it.each(bad)('H9: %s is refused', async (_case, body) => {
    const path = await newStream(memory.port, 'application/json');
    const fields = ['Content-Type: application/json'];
    await unchanged(memory.port, path, async () => {
      const answer = await exchange(memory.port, { method: 'POST', target: path, fields, body });
      expectProblem(answer, 400, 'invalid-utf8');
    });
    const target = `${path}-new`;
    const answer = await exchange(memory.port, { method: 'PUT', target, fields, body });
    expectProblem(answer, 400, 'invalid-utf8');
    expect((await exchange(memory.port, { target })).status).toBe(404);
  });

  it('H9: a byte order mark before it is refused', async () => {
    const path = await newStream(memory.port, 'application/json');
    const fields = ['Content-Type: application/json'];
    const body = '\ufeff{}';
    await unchanged(memory.port, path, async () => {
      const answer = await exchange(memory.port, { method: 'POST', target: path, fields, body });
      expectProblem(answer, 400, 'invalid-json');
    });
  });

  it('H9: a byte order mark inside a string is kept', async () => {
    const path = await newStream(memory.port, 'application/json');
    await append(memory.port, path, '"\ufeff"', 'application/json');
    const { body } = await exchange(memory.port, { target: path });
    expect(body.equals(Buffer.from('["\ufeff"]'))).toBe(true);
  });
});

describe('H9: text of any bytes', () => {
  it('H9: is read back byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), async (pieces) => {
        const path = await newStream(embedded.port, 'text/plain; charset=utf-8');
        for (const piece of pieces) await append(embedded.port, path, Buffer.from(piece));
        const { body } = await exchange(embedded.port, { target: path });
        expect(body.equals(Buffer.concat(pieces))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('H9: with a byte order mark keeps it, however it is read', async () => {
    const path = await newStream(memory.port);
    await append(memory.port, path, '\ufeffa');
    await append(memory.port, path, '\ufeffb');
    expect((await exchange(memory.port, { target: path })).body.toString()).toBe('\ufeffa\ufeffb');
    const reader = await SseReader.open(memory.port, path);
    await reader.untilUpToDate();
    expect(reader.text).toBe('\ufeffa\ufeffb');
    reader.close();
  });
});

describe.each([
  ['in memory', memory],
  ['on the embedded engine', embedded],
])('H9: characters that appends split, %s', (_engine, millrace) => {
  it.each([
    ['é in two', 'x|\xc3|\xa9y'],
    ['€ in two, early', 'x\xe2|\x82\xacy'],
    ['€ in two, late', 'x\xe2\x82|\xacy'],
    ['€ in three', '\xe2|\x82|\xac'],
    ['😀 in two', 'a\xf0\x9f|\x98\x80b'],
    ['😀 in four', '\xf0|\x9f|\x98|\x80'],
    ['€ in three, and another in three', '\xe2|\x82|\xac\xe2|\x82|\xac'],
  ])('H9: %s arrive whole', async (_case, pieces) => {
    const path = await newStream(millrace.port);
    const parts = pieces.split('|').map((part) => Buffer.from(part, 'latin1'));
    const text = Buffer.concat(parts).toString();
    const early = await SseReader.open(millrace.port, path);
    await early.untilUpToDate();
    for (const part of parts) {
      await append(millrace.port, path, part);
      const late = await SseReader.open(millrace.port, path);
      // The first event says where the reader is, also when there is nothing whole to send yet.
      await late.until(({ control }) => control !== undefined);
      expect(text.startsWith(late.text)).toBe(true);
      late.close();
    }
    await early.until((reader) => reader.text === text);
    early.close();
  });

  it('H9: are held back with their record alone, not with what came before', async () => {
    const path = await newStream(millrace.port);
    for (const part of ['one ', 'two ', 'thr\xe2', '\x82']) {
      await append(millrace.port, path, Buffer.from(part, 'latin1'));
    }
    // Once the records have been moved into the index they lie in one piece there.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const reader = await SseReader.open(millrace.port, path);
    await reader.until(({ text }) => text === 'one two ');
    expect(reader.control?.upToDate).toBeUndefined();
    await append(millrace.port, path, Buffer.from('\xac', 'latin1'));
    await reader.until(({ text }) => text === 'one two thr€');
    reader.close();
  });

  it('H9: are sent as they are when the stream is closed on them', async () => {
    const path = await newStream(millrace.port);
    await append(millrace.port, path, Buffer.from('whole \xe2\x82', 'latin1'));
    const reader = await SseReader.open(millrace.port, path, { isLossy: true });
    await reader.until(({ control }) => control !== undefined);
    const fields = ['Stream-Closed: true'];
    await exchange(millrace.port, { method: 'POST', target: path, fields });
    await reader.untilOver();
    expect(reader.text).toBe('whole \ufffd');
    const { offset } = await stateOf(millrace.port, path);
    expect(reader.control).toEqual({
      streamNextOffset: offset,
      upToDate: true,
      streamClosed: true,
    });
  });

  it('H9: stop no reader when the two records do not fit into one page', async () => {
    const path = await newStream(millrace.port);
    const half = Math.ceil(PAGE_BYTES * 0.75);
    const first = Buffer.concat([Buffer.alloc(half, 'a'), Buffer.from([0xe2])]);
    const second = Buffer.concat([Buffer.from([0x82, 0xac]), Buffer.alloc(half, 'b')]);
    await append(millrace.port, path, first);
    await append(millrace.port, path, second);
    await append(millrace.port, path, 'end');
    const reader = await SseReader.open(millrace.port, path);
    await reader.untilUpToDate();
    expect(reader.text).toBe(`${'a'.repeat(half)}€${'b'.repeat(half)}end`);
    reader.close();
  });

  it('H9: stop no reader when one record is larger than a page', async () => {
    const path = await newStream(millrace.port);
    const large = Buffer.concat([Buffer.alloc(5 * PAGE_BYTES, 'a'), Buffer.from([0xf0, 0x9f])]);
    await append(millrace.port, path, large);
    await append(millrace.port, path, Buffer.from([0x98]));
    await append(
      millrace.port,
      path,
      Buffer.concat([Buffer.from([0x80]), Buffer.alloc(5000, 'b')]),
    );
    const reader = await SseReader.open(millrace.port, path);
    await reader.untilUpToDate();
    expect(reader.text).toBe(`${'a'.repeat(5 * PAGE_BYTES)}😀${'b'.repeat(5000)}`);
    reader.close();
  });

  it('H9: or that never end, or never begin, keep no reader from the tail', async () => {
    const path = await newStream(millrace.port);
    for (const part of ['a\xe2', 'b\xe2', '\x82', '\x82', '\x82c', 'caf\xe9', 'end']) {
      await append(millrace.port, path, Buffer.from(part, 'latin1'));
    }
    const reader = await SseReader.open(millrace.port, path, { isLossy: true });
    await reader.untilUpToDate();
    expect(reader.text.replaceAll('\ufffd', '')).toBe('ab₂ccafend');
    reader.close();
  });

  it('H9: wherever they are split, arrive whole and can be resumed at every offset', async () => {
    const text = fc
      .array(fc.constantFrom('x', 'é', '€', '😀', '\n', ' ', '漢字'.repeat(40)), { minLength: 1 })
      .map((pieces) => Buffer.from(pieces.join('')));
    const cuts = fc.array(fc.nat(2000), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(text, cuts, async (bytes, places) => {
        const path = await newStream(millrace.port);
        const bounds = [...new Set([0, ...places.map((at) => at % bytes.length), bytes.length])];
        bounds.sort((one, other) => one - other);
        const live = await SseReader.open(millrace.port, path);
        for (const [index, from] of bounds.slice(0, -1).entries()) {
          await append(millrace.port, path, bytes.subarray(from, bounds[index + 1]));
        }
        await live.until(({ offset }) =>
          offset.endsWith(`_${String(bytes.length).padStart(16, '0')}`),
        );
        live.close();
        let before = '';
        for (const { type, data } of live.events) {
          if (type === 'data') before += data;
          else {
            const { streamNextOffset: offset } = parseControl(data);
            const rest = await SseReader.open(millrace.port, path, { offset });
            await rest.untilUpToDate();
            rest.close();
            expect(before + rest.text).toBe(bytes.toString());
          }
        }
        expect(before).toBe(bytes.toString());
      }),
      { numRuns: 25 },
    );
  });
});
