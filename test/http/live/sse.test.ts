import { describe, expect, test } from 'vitest';
import { HttpClient } from '../../support/http/client.ts';
import { onBothEngines, serve } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { seeded } from '../../support/http/seeded.ts';
import { untilLiveReaders } from '../../support/http/until.ts';
import { startMillrace } from '../../support/millrace.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const BYTES = { 'Content-Type': 'application/octet-stream' };
const CLOSE = { 'Stream-Closed': 'true' };

onBothEngines('SSE', { sseKeepAliveMs: 100 }, (server) => {
  async function stream(headers: Record<string, string> = TEXT, body = 'abc'): Promise<string> {
    const path = server.freshPath();
    await server.put(path, { headers, body });
    return path;
  }

  test('brings what is there, and then what comes', async () => {
    const path = await stream();
    const reader = await EventStream.open(server, path);
    await reader.until(({ data }) => data.length === 1);
    const { offset } = await server.post(path, { headers: TEXT, body: 'def' });
    await reader.until(({ data }) => data.length === 2);
    expect(reader.data).toEqual(['abc', 'def']);
    expect(reader.lastControl).toMatchObject({ streamNextOffset: offset, upToDate: true });
    await reader.cut();
  });

  test('tells a reader at the tail at once where it is', async () => {
    const path = await stream();
    const { offset } = await server.head(path);
    for (const at of ['now', offset]) {
      const reader = await EventStream.open(server, path, { offset: at });
      await reader.until(({ controls }) => controls.length === 1);
      expect(reader.data).toEqual([]);
      expect(reader.lastControl).toMatchObject({ streamNextOffset: offset, upToDate: true });
      await reader.cut();
    }
  });

  test('keeps an idle connection open with comments, which are no events', async () => {
    const reader = await EventStream.open(server, await stream());
    await reader.until(({ comments }) => comments >= 3);
    expect(reader.events.map(({ event }) => event)).toEqual(['data', 'control']);
    await reader.cut();
  });

  test('of a client that went away is forgotten', async () => {
    const path = await stream();
    const readers = await Promise.all([1, 2, 3].map(() => EventStream.open(server, path)));
    await untilLiveReaders(server, 3);
    await Promise.all(readers.map((reader) => reader.cut()));
    await untilLiveReaders(server, 0);
  });

  test('ends when the stream is deleted, and shows nothing of the next one', async () => {
    const path = await stream();
    const reader = await EventStream.open(server, path);
    await reader.until(({ data }) => data.length === 1);
    await Promise.all([server.delete(path), server.put(path, { headers: TEXT, body: 'another' })]);
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect(reader.data).toEqual(['abc']);
    expect(reader.lastControl?.streamClosed).toBeUndefined();
    expect((await server.get(path)).text).toBe('another');
  });

  test('ends when the stream is deleted and kept for forks, which go on', async () => {
    const path = await stream();
    const fork = server.freshPath();
    await server.put(fork, { headers: { 'Stream-Forked-From': path } });
    const reader = await EventStream.open(server, path);
    const forkReader = await EventStream.open(server, fork);
    await forkReader.until(({ data }) => data.length === 1);
    await server.delete(path);
    await reader.ended;
    await server.post(fork, { headers: TEXT, body: 'def' });
    await forkReader.until(({ data }) => data.length === 2);
    expect(forkReader.data).toEqual(['abc', 'def']);
    await forkReader.cut();
  });

  test('brings bytes unharmed', async () => {
    const random = seeded(1);
    const path = server.freshPath();
    await server.put(path, { headers: BYTES });
    const reader = await EventStream.open(server, path);
    const sent: Buffer[] = [];
    for (let length = 0; length < 40; length += 1) {
      const bytes = Buffer.from(
        Array.from({ length: length + 1 }, () => Math.floor(random() * 256)),
      );
      sent.push(bytes);
      await server.post(path, { headers: BYTES, body: bytes });
    }
    await server.post(path, { headers: CLOSE });
    await reader.ended;
    expect(reader.incoming.headers['stream-sse-data-encoding']).toBe('base64');
    const got = reader.data.map((data) => Buffer.from(data.replace(/[\r\n]/g, ''), 'base64'));
    expect(Buffer.concat(got)).toEqual(Buffer.concat(sent));
  });

  test('brings text unharmed but for its line ends, however it is cut', async () => {
    const random = seeded(2);
    const alphabet = [
      ' ',
      '  ',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      ':',
      'data:',
      'event: control',
      'id:',
      'é',
      '😀',
      '\u0000',
      '\ufeff',
      'x',
    ];
    const path = server.freshPath();
    await server.put(path, { headers: TEXT });
    const reader = await EventStream.open(server, path);
    let sent = '';
    for (let count = 0; count < 150; count += 1) {
      const parts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
        return alphabet[Math.floor(random() * alphabet.length)] ?? '';
      });
      // A CR here and an LF there are one line end in what is read at once, and two in what is not.
      const text = `<${parts.join('')}>`;
      sent += text;
      await server.post(path, { headers: TEXT, body: text });
    }
    await server.post(path, { headers: CLOSE });
    await reader.ended;
    expect(reader.data.join('')).toBe(sent.replace(/\r\n?/g, '\n'));
    expect((await server.get(path)).text).toBe(sent);
  });

  test('keeps back nothing but the beginning of a character', async () => {
    const path = await stream(TEXT, 'whole');
    const face = Buffer.from('😀');
    await server.post(path, { headers: TEXT, body: face.subarray(0, 3) });
    const reader = await EventStream.open(server, path);
    await reader.until(({ data }) => data.join('') === 'whole');
    await server.post(path, { headers: TEXT, body: face.subarray(3) });
    await reader.until(({ data }) => data.join('') === 'whole😀');
    await reader.cut();
  });

  test('resumed where a character is unfinished, brings it whole', async () => {
    const path = await stream(TEXT, 'whole');
    const face = Buffer.from('😀');
    await server.post(path, { headers: TEXT, body: face.subarray(0, 2) });
    const first = await EventStream.open(server, path);
    await first.until(({ data }) => data.join('') === 'whole');
    await first.cut();
    await server.post(path, { headers: TEXT, body: face.subarray(2) });
    const offset = first.lastControl?.streamNextOffset ?? '';
    const second = await EventStream.open(server, path, { offset });
    await second.until(({ data }) => data.join('') === '😀');
    await second.cut();
  });

  describe('resuming', () => {
    test('every control event carries its offset as an id', async () => {
      const path = await stream();
      const reader = await EventStream.open(server, path);
      await server.post(path, { headers: { ...TEXT, ...CLOSE }, body: 'def' });
      await reader.ended;
      const controls = reader.events.filter(({ event }) => event === 'control');
      expect(controls.map(({ id }) => id)).toEqual(
        reader.controls.map(({ streamNextOffset }) => streamNextOffset),
      );
    });

    test('Last-Event-ID wins over the offset in the address, as an EventSource needs it', async () => {
      const path = await stream();
      const { offset } = await server.head(path);
      await server.post(path, { headers: TEXT, body: 'def' });
      const reader = await EventStream.open(server, path, { headers: { 'Last-Event-ID': offset } });
      await reader.until(({ data }) => data.length === 1);
      expect(reader.data).toEqual(['def']);
      await reader.cut();
    });

    test.each(['', '-1', 'now', 'abc', '12'])(
      'Last-Event-ID: "%s" was never sent and is ignored',
      async (id) => {
        const path = await stream();
        const reader = await EventStream.open(server, path, { headers: { 'Last-Event-ID': id } });
        await reader.until(({ data }) => data.length === 1);
        expect(reader.data).toEqual(['abc']);
        await reader.cut();
      },
    );

    test('at the end of a closed stream is told with 204 not to come again', async () => {
      const path = await stream({ ...TEXT, ...CLOSE });
      const { offset } = await server.head(path);
      const resumed = await server.get(`${path}?offset=-1&live=sse`, { 'Last-Event-ID': offset });
      expect(resumed.status).toBe(204);
      // Who comes for the first time hears it from a control event.
      const reader = await EventStream.open(server, path, { offset });
      await reader.ended;
      expect(reader.controls).toMatchObject([{ streamNextOffset: offset, streamClosed: true }]);
    });

    test('before the end of a closed stream brings the rest', async () => {
      const path = await stream();
      const { offset } = await server.head(path);
      await server.post(path, { headers: { ...TEXT, ...CLOSE }, body: 'def' });
      const reader = await EventStream.open(server, path, { headers: { 'Last-Event-ID': offset } });
      await reader.ended;
      expect(reader.data).toEqual(['def']);
      expect(reader.lastControl?.streamClosed).toBe(true);
    });
  });

  test('a reader who takes it slowly gets all of a closed stream, and a proper end', async () => {
    const path = await stream(TEXT, '');
    const block = 'x'.repeat(1 << 20);
    for (let index = 0; index < 16; index += 1) {
      await server.post(path, { headers: TEXT, body: block });
    }
    await server.post(path, { headers: CLOSE });
    const { incoming, cut } = await server.open('GET', `${path}?offset=-1&live=sse`);
    const reader = new EventStream(incoming, cut);
    incoming.on('data', () => {
      incoming.pause();
      setImmediate(() => incoming.resume());
    });
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect(reader.data.join('').length).toBe(16 * block.length);
    expect(reader.lastControl?.streamClosed).toBe(true);
  });

  test('a reader that stops reading gets everything when it goes on, and holds up nobody', async () => {
    const path = await stream(TEXT, '');
    const { incoming, cut } = await server.open('GET', `${path}?offset=-1&live=sse`);
    incoming.pause();
    const other = await EventStream.open(server, path);
    const block = 'x'.repeat(64 * 1024);
    const count = 150;
    for (let index = 0; index < count; index += 1) {
      await server.post(path, { headers: TEXT, body: `${block}${index};` });
    }
    await other.until(({ data }) => data.join('').endsWith(`x${count - 1};`));
    await server.post(path, { headers: CLOSE });
    const slow = new EventStream(incoming, cut);
    incoming.resume();
    await slow.ended;
    await other.ended;
    const all = slow.data.join('');
    expect(all.length).toBe(other.data.join('').length);
    expect(all.replace(/x+/g, '')).toBe(
      Array.from({ length: count }, (_, index) => `${index};`).join(''),
    );
    expect(slow.lastControl?.streamClosed).toBe(true);
    expect(slow.isComplete).toBe(true);
  });
});

onBothEngines('SSE for a limited time', { sseDurationMs: 300 }, (server) => {
  test('ends after an event, and a reader that comes back misses nothing', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: JSON_TYPE });
    const seen: unknown[] = [];
    let connections = 0;
    let written = 0;
    const writing = (async () => {
      for (; connections < 4; written += 1) {
        await server.post(path, { headers: JSON_TYPE, body: String(written) });
      }
      await server.post(path, { headers: CLOSE });
    })();
    let offset = '-1';
    for (;;) {
      connections += 1;
      const reader = await EventStream.open(server, path, { offset });
      await reader.ended;
      expect(reader.isComplete).toBe(true);
      expect(reader.events.at(-1)?.event).toBe('control');
      seen.push(...reader.data.flatMap((data): unknown => JSON.parse(data)));
      offset = reader.lastControl?.streamNextOffset ?? 'no control event';
      if (reader.lastControl?.streamClosed === true) break;
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: written }, (_, count) => count));
    expect(connections).toBeGreaterThanOrEqual(4);
  });
});

onBothEngines('SSE in small pages', { pageBytes: 8 }, (server) => {
  test('brings all of a text whose characters and records end anywhere', async () => {
    const text = Buffer.from('añ日😀b'.repeat(6));
    const random = seeded(3);
    for (let round = 0; round < 15; round += 1) {
      const path = server.freshPath();
      await server.put(path, { headers: TEXT });
      const early = await EventStream.open(server, path);
      for (let from = 0; from < text.length;) {
        const to = Math.min(text.length, from + 1 + Math.floor(random() * 14));
        await server.post(path, { headers: TEXT, body: text.subarray(from, to) });
        from = to;
      }
      const late = await EventStream.open(server, path);
      await server.post(path, { headers: CLOSE });
      await Promise.all([early.ended, late.ended]);
      expect(early.data.join('')).toBe(text.toString());
      expect(late.data.join('')).toBe(text.toString());
    }
  });

  test('does not stop at a record that fills a page and ends inside a character', async () => {
    const path = server.freshPath();
    const text = Buffer.from('abcdefg😀rest of the text');
    await server.put(path, { headers: TEXT, body: text.subarray(0, 9) });
    await server.post(path, { headers: TEXT, body: text.subarray(9) });
    const reader = await EventStream.open(server, path);
    await reader.until(({ data }) => data.join('') === text.toString());
    await reader.cut();
  });

  test('says that it is up to date only at the end', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: JSON_TYPE, body: '[11111,22222,33333]' });
    const reader = await EventStream.open(server, path);
    await reader.until(({ controls }) => controls.some(({ upToDate }) => upToDate));
    expect(reader.data).toEqual(['[11111]', '[22222]', '[33333]']);
    expect(reader.controls.map(({ upToDate }) => upToDate === true)).toEqual([false, false, true]);
    await reader.cut();
  });
});

describe('SSE on disk', () => {
  const server = serve('embedded');

  test('goes on after a restart where it was', async () => {
    await server.put('/demo/one', { headers: TEXT, body: 'abc' });
    const before = await EventStream.open(server, '/demo/one');
    await before.until(({ data }) => data.length === 1);
    await server.restart();
    await before.ended;
    const offset = before.lastControl?.streamNextOffset ?? '';
    await server.post('/demo/one', { headers: TEXT, body: 'def' });
    const after = await EventStream.open(server, '/demo/one', { offset });
    await after.until(({ data }) => data.length === 1);
    expect(after.data).toEqual(['def']);
    await after.cut();
  });

  test('keeps back nothing but the beginning of a character of what was stored long ago', async () => {
    const face = Buffer.from('😀');
    await server.put('/demo/split', { headers: TEXT, body: 'whole' });
    await server.post('/demo/split', { headers: TEXT, body: face.subarray(0, 2) });
    await server.restart();
    const reader = await EventStream.open(server, '/demo/split');
    await reader.until(({ data }) => data.join('') === 'whole');
    await server.post('/demo/split', { headers: TEXT, body: face.subarray(2) });
    await reader.until(({ data }) => data.join('') === 'whole😀');
    await reader.cut();
  });
});

describe('SSE when the server stops', () => {
  test.each([false, true])('ends properly, after an event, in memory: %s', async (memory) => {
    const server = await startMillrace({ memory });
    const client = new HttpClient(() => server.url);
    const { offset } = await client.put('/demo/one', { headers: TEXT, body: 'abc' });
    const reader = await EventStream.open(client, '/demo/one');
    await reader.until(({ data }) => data.length === 1);
    await server.close();
    await reader.ended;
    expect(reader.lastControl).toMatchObject({ streamNextOffset: offset, upToDate: true });
    expect(reader.raw.endsWith('\n\n')).toBe(true);
    client.close();
  });
});
