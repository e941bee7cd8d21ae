import { describe, expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { untilLiveReaders } from '../../support/http/until.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CLOSE = { 'Stream-Closed': 'true' };

onBothEngines('traps of live reads', {}, (server) => {
  async function stream(headers: Record<string, string>, body?: string): Promise<string> {
    const path = server.freshPath();
    await server.put(path, body === undefined ? { headers } : { headers, body });
    return path;
  }

  /** All events of a closed stream. */
  async function eventsOf(path: string): Promise<EventStream> {
    const reader = await EventStream.open(server, path);
    await reader.ended;
    return reader;
  }

  describe('trap 18: a long-poll', () => {
    test('at the tail of a closed stream is answered at once', async () => {
      const path = server.freshPath();
      const { offset } = await server.put(path, { headers: { ...TEXT, ...CLOSE }, body: 'abc' });
      const poll = await server.get(`${path}?offset=${offset}&live=long-poll`);
      expect(poll.status).toBe(204);
      expect(poll.isClosed).toBe(true);
      expect(poll.header('stream-up-to-date')).toBe('true');
      expect(poll.offset).toBe(offset);
    });

    test('that is parked wakes when the stream closes without data', async () => {
      const path = await stream(TEXT, 'abc');
      const polling = server.get(`${path}?offset=now&live=long-poll`);
      await untilLiveReaders(server, 1);
      await server.post(path, { headers: CLOSE });
      const { status, isClosed } = await polling;
      expect({ status, isClosed }).toEqual({ status: 204, isClosed: true });
    });

    test('that is parked gets the last data with the closing, not a bare 204', async () => {
      const path = await stream(TEXT, 'abc');
      const polling = server.get(`${path}?offset=now&live=long-poll`);
      await untilLiveReaders(server, 1);
      await server.post(path, { headers: { ...TEXT, ...CLOSE }, body: 'last' });
      const { status, text, isClosed } = await polling;
      expect({ status, text, isClosed }).toEqual({ status: 200, text: 'last', isClosed: true });
    });
  });

  test('trap 19: SSE brings the final append before it says that the stream is closed', async () => {
    for (let round = 0; round < 20; round += 1) {
      const path = await stream(TEXT, 'first');
      const reader = await EventStream.open(server, path);
      if (round % 2 === 0) await reader.until(({ data }) => data.includes('first'));
      await server.post(path, { headers: { ...TEXT, ...CLOSE }, body: 'last' });
      await reader.ended;
      expect(reader.data.join('')).toBe('firstlast');
      expect(reader.events.at(-1)?.event).toBe('control');
      expect(reader.controls.filter(({ streamClosed }) => streamClosed)).toHaveLength(1);
      expect(reader.lastControl?.streamClosed).toBe(true);
    }
  });

  test('trap 20: a line is sent without a space before it, and its own leading spaces survive', async () => {
    const text = 'line1\n line2\n  line3\n\n \nline6';
    const path = await stream({ ...TEXT, ...CLOSE }, text);
    const reader = await eventsOf(path);
    expect(reader.raw).toContain('data:line1\n');
    expect(reader.data).toEqual([text]);
  });

  test('trap 21: a character split over appends arrives whole', async () => {
    const face = Buffer.from('a😀b');
    for (const cuts of [[3], [2, 4], [2, 3, 4]]) {
      const path = await stream(TEXT);
      const reader = await EventStream.open(server, path);
      let from = 0;
      for (const to of [...cuts, face.length]) {
        await server.post(path, { headers: TEXT, body: face.subarray(from, to) });
        from = to;
      }
      await server.post(path, { headers: CLOSE });
      await reader.ended;
      expect(reader.data.join('')).toBe('a😀b');
    }
  });

  test('trap 21: catching up is exact to the byte: line ends, broken characters and a BOM', async () => {
    const bytes = Buffer.from([
      0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x62, 0x0d, 0x0a, 0x0a, 0xff, 0xc3, 0x00,
    ]);
    const path = server.freshPath();
    await server.put(path, { headers: { ...TEXT, ...CLOSE }, body: bytes });
    expect((await server.get(path)).body).toEqual(bytes);
  });

  test('trap 21: CR and CRLF come over SSE as line feeds, and never as an event of their own', async () => {
    const path = await stream(
      { ...TEXT, ...CLOSE },
      'a\rb\r\nc\n\nevent: control\ndata: {"streamClosed":true}\r\rid: 7\r\n\r\nend',
    );
    const reader = await eventsOf(path);
    expect(reader.data).toEqual([
      'a\nb\nc\n\nevent: control\ndata: {"streamClosed":true}\n\nid: 7\n\nend',
    ]);
    expect(reader.controls).toHaveLength(1);
    expect(reader.lastControl?.streamNextOffset).toMatch(/^\d{16}_\d{16}$/);
  });

  test.each([
    ['application/octet-stream', true],
    ['application/x-ndjson', true],
    ['application/ndjson', true],
    ['application/xml', true],
    ['application/vnd.api+json', true],
    ['image/svg+xml', true],
    ['text/plain', false],
    ['text/event-stream', false],
    ['TEXT/Markdown; charset=utf-8', false],
    ['application/json', false],
  ])('trap 22: %s is base64 in SSE: %s', async (type, isBase64) => {
    const content = Buffer.from('[1,2]\u0000\u00ff'.slice(0, isBase64 ? 7 : 5), 'latin1');
    const path = server.freshPath();
    await server.put(path, { headers: { 'Content-Type': type, ...CLOSE }, body: content });
    const reader = await eventsOf(path);
    const encoding = isBase64 ? 'base64' : undefined;
    expect(reader.incoming.headers['stream-sse-data-encoding']).toBe(encoding);
    const [data] = reader.data;
    expect(isBase64 ? Buffer.from(data ?? '', 'base64') : Buffer.from(data ?? '')).toEqual(content);
    expect(reader.lastControl?.streamClosed).toBe(true);
  });

  test('trap 23: a control event follows every data event', async () => {
    const path = await stream(JSON_TYPE, '[1]');
    const reader = await EventStream.open(server, path);
    for (const body of ['[2,3]', '4', '{"five":5}']) {
      await server.post(path, { headers: JSON_TYPE, body });
    }
    await server.post(path, { headers: CLOSE });
    await reader.ended;
    const { events } = reader;
    for (const [index, { event }] of events.entries()) {
      if (event === 'data') expect(events[index + 1]?.event).toBe('control');
    }
    expect(reader.data.flatMap((data): unknown => JSON.parse(data))).toEqual([
      1,
      2,
      3,
      4,
      { five: 5 },
    ]);
  });

  test('trap 23: an SSE answer has no length, is not to be cached and not to be held up', async () => {
    const reader = await eventsOf(await stream({ ...TEXT, ...CLOSE }, 'abc'));
    const { headers } = reader.incoming;
    expect(headers['content-length']).toBeUndefined();
    expect(headers['cache-control']).toMatch(/\bno-cache\b/);
    expect(headers['cache-control']).toMatch(/\bno-transform\b/);
    expect(headers['x-accel-buffering']).toBe('no');
    expect(headers['content-type']).toBe('text/event-stream');
  });
});

onBothEngines('trap 24: cursors', { longPollTimeoutMs: 50 }, (server) => {
  const EPOCH_MS = Date.UTC(2024, 9, 9);
  const intervalNow = (): number => Math.floor((Date.now() - EPOCH_MS) / 20_000);

  async function emptyPoll(cursor?: string): Promise<number> {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT });
    const query = cursor === undefined ? '' : `&cursor=${cursor}`;
    const answer = await server.get(`${path}?offset=now&live=long-poll${query}`);
    expect(answer.status).toBe(204);
    return Number(answer.header('stream-cursor'));
  }

  test('without one, a poll that found nothing carries the current interval', async () => {
    const before = intervalNow();
    const cursor = await emptyPoll();
    expect(cursor).toBeGreaterThanOrEqual(before);
    expect(cursor).toBeLessThanOrEqual(intervalNow());
  });

  test('an old one is replaced by the current interval', async () => {
    const before = intervalNow();
    const cursor = await emptyPoll(String(before - 5));
    expect(cursor).toBeGreaterThanOrEqual(before);
    expect(cursor).toBeLessThanOrEqual(intervalNow());
  });

  test.each([0, 1, 1000])('one that is %i intervals ahead grows strictly', async (ahead) => {
    const theirs = intervalNow() + ahead;
    expect(await emptyPoll(String(theirs))).toBeGreaterThan(theirs);
  });

  test.each(['', 'abc', '-1', '1e9', '%00', '1.5'])(
    '"%s" is no cursor and is ignored',
    async (odd) => {
      const before = intervalNow();
      expect(await emptyPoll(odd)).toBeGreaterThanOrEqual(before);
    },
  );

  test('a poll that found data carries one, too', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'abc' });
    const theirs = intervalNow();
    const poll = await server.get(`${path}?offset=-1&live=long-poll&cursor=${theirs}`);
    expect(poll.status).toBe(200);
    expect(Number(poll.header('stream-cursor'))).toBeGreaterThan(theirs);
  });

  test('control events carry one that never goes back, until the stream is closed', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'abc' });
    const theirs = intervalNow() + 3;
    const reader = await EventStream.open(server, path, { cursor: String(theirs) });
    for (const body of ['d', 'e', 'f']) {
      const seen = reader.controls.length;
      await server.post(path, { headers: TEXT, body });
      await reader.until(({ controls }) => controls.length > seen);
    }
    await server.post(path, { headers: CLOSE });
    await reader.ended;
    const cursors = reader.controls.map(({ streamCursor }) => streamCursor);
    expect(cursors.pop()).toBeUndefined();
    const numbers = cursors.map(Number);
    expect(numbers[0]).toBeGreaterThan(theirs);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  });
});
