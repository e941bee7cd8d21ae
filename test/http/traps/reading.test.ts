import { describe, expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { untilLiveReaders } from '../../support/http/until.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CLOSE = { 'Stream-Closed': 'true' };
const ZERO = '0000000000000000_0000000000000000';

// A record of ten bytes and the next one do not fit into one page together.
onBothEngines('traps of reading', { pageBytes: 16 }, (server) => {
  describe('trap 12: offset=now', () => {
    test('is an empty body, or an empty array of JSON, without a tag and not to be stored', async () => {
      for (const [headers, body, empty] of [
        [TEXT, 'abc', ''],
        [JSON_TYPE, '[1]', '[]'],
      ] as const) {
        const path = server.freshPath();
        const created = await server.put(path, { headers, body });
        const now = await server.get(`${path}?offset=now`);
        expect(now.status).toBe(200);
        expect(now.text).toBe(empty);
        expect(now.offset).toBe(created.offset);
        expect(now.header('stream-up-to-date')).toBe('true');
        expect(now.header('etag')).toBeUndefined();
        expect(now.header('cache-control')).toBe('no-store');
      }
    });

    test('waits at once in a long-poll, which then gets only what is new', async () => {
      const path = server.freshPath();
      await server.put(path, { headers: TEXT, body: 'old' });
      const polling = server.get(`${path}?offset=now&live=long-poll`);
      await untilLiveReaders(server, 1);
      await server.post(path, { headers: TEXT, body: 'new' });
      const { status, text } = await polling;
      expect({ status, text }).toEqual({ status: 200, text: 'new' });
    });

    test('is answered at once on a closed stream, in every mode', async () => {
      const path = server.freshPath();
      const { offset } = await server.put(path, { headers: { ...TEXT, ...CLOSE }, body: 'abc' });
      const catchUp = await server.get(`${path}?offset=now`);
      const poll = await server.get(`${path}?offset=now&live=long-poll`);
      expect([catchUp.status, poll.status]).toEqual([200, 204]);
      for (const answer of [catchUp, poll]) {
        expect(answer.text).toBe('');
        expect(answer.offset).toBe(offset);
        expect(answer.isClosed).toBe(true);
        expect(answer.header('stream-up-to-date')).toBe('true');
      }
      const reader = await EventStream.open(server, path, { offset: 'now' });
      await reader.ended;
      expect(reader.data).toEqual([]);
      expect(reader.controls).toEqual([
        { streamNextOffset: offset, upToDate: true, streamClosed: true },
      ]);
    });
  });

  test('trap 13: -1 and now are asked for and never answered', async () => {
    const path = server.freshPath();
    const created = await server.put(path, { headers: TEXT });
    expect(created.offset).toBe(ZERO);
    for (const offset of ['-1', 'now', ZERO]) {
      expect((await server.get(`${path}?offset=${offset}`)).offset).toBe(ZERO);
      const reader = await EventStream.open(server, path, { offset });
      await reader.until(({ controls }) => controls.length > 0);
      expect(reader.controls[0]).toMatchObject({ streamNextOffset: ZERO, upToDate: true });
      await reader.cut();
    }
    expect((await server.head(path)).offset).toBe(ZERO);
  });

  test.each([
    ['nothing', 'offset='],
    ['two offsets', `offset=${ZERO}&offset=${ZERO}`],
    ['a sentinel twice', 'offset=-1&offset=-1'],
    ['a space', 'offset=%20'],
    ['a space before it', `offset=%20${ZERO}`],
    ['a comma', `offset=${ZERO},${ZERO}`],
    ['a slash', 'offset=0/0'],
    ['a parent folder', 'offset=../../etc/passwd'],
    ['a zero byte', `offset=${ZERO}%00`],
    ['a line feed', `offset=${ZERO}%0a`],
    ['a carriage return', `offset=%0d${ZERO}`],
    ['another number', 'offset=-2'],
    ['a plain number', 'offset=12'],
    ['an exponent', 'offset=1e9'],
    ['a sentinel in capitals', 'offset=NOW'],
    ['digits too many', `offset=${'9'.repeat(400)}`],
    ['more than a number holds', 'offset=0000000000000000_9999999999999999'],
    ['a first part that is not zero', 'offset=0000000000000001_0000000000000000'],
    ['a full-width digit', `offset=${ZERO.slice(0, -1)}%EF%BC%90`],
    ['a broken encoding', 'offset=%zz'],
  ])('trap 14: an offset with %s is refused in every mode', async (_, query) => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'abc' });
    for (const live of ['', '&live=long-poll', '&live=sse']) {
      expect((await server.get(`${path}?${query}${live}`)).verdict).toBe('400 invalid-query');
    }
  });

  test('trap 15: the start of a stream is spelled as the reference spells it', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'abc' });
    const fork = server.freshPath();
    const headers = { 'Stream-Forked-From': path, 'Stream-Fork-Offset': ZERO };
    const forked = await server.put(fork, { headers });
    expect(forked.status).toBe(201);
    expect(forked.offset).toBe(ZERO);
    expect((await server.get(`${path}?offset=${ZERO}`)).text).toBe('abc');
  });

  test('trap 16: only the page that reaches the end of a closed stream says so', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'first page' });
    await server.post(path, { headers: { ...TEXT, ...CLOSE }, body: 'last page.' });
    const first = await server.get(path);
    expect(first.text).toBe('first page');
    expect(first.isClosed).toBe(false);
    expect(first.header('stream-up-to-date')).toBeUndefined();
    const last = await server.get(`${path}?offset=${first.offset}`);
    expect(last.text).toBe('last page.');
    expect(last.isClosed).toBe(true);
    expect(last.header('stream-up-to-date')).toBe('true');
    const end = await server.get(`${path}?offset=${last.offset}`);
    expect([end.status, end.text, end.isClosed]).toEqual([200, '', true]);
    const poll = await server.get(`${path}?offset=${first.offset}&live=long-poll`);
    expect([poll.status, poll.text, poll.isClosed]).toEqual([200, 'last page.', true]);
  });

  describe('trap 17: the tag of a read', () => {
    test('changes when only the closing changes, and a page that does not show it keeps its own', async () => {
      const path = server.freshPath();
      await server.put(path, { headers: TEXT, body: 'first page' });
      await server.post(path, { headers: TEXT, body: 'last page.' });
      const first = await server.get(path);
      const last = await server.get(`${path}?offset=${first.offset}`);
      await server.post(path, { headers: CLOSE });
      expect((await server.get(path, { 'If-None-Match': first.tag })).status).toBe(304);
      const again = await server.get(`${path}?offset=${first.offset}`, {
        'If-None-Match': last.tag,
      });
      expect([again.status, again.isClosed]).toEqual([200, true]);
      expect(again.tag).not.toBe(last.tag);
    });

    test('differs at the end of a stream before and after it closes', async () => {
      const path = server.freshPath();
      const { offset } = await server.put(path, { headers: TEXT, body: 'abc' });
      const open = await server.get(`${path}?offset=${offset}`);
      await server.post(path, { headers: CLOSE });
      const closed = await server.get(`${path}?offset=${offset}`, { 'If-None-Match': open.tag });
      expect([closed.status, closed.isClosed]).toEqual([200, true]);
    });

    test('never matches after the stream was deleted and made again', async () => {
      const path = server.freshPath();
      const message = { headers: TEXT, body: 'abc' };
      await server.put(path, message);
      const old = await server.get(path);
      await server.delete(path);
      await server.put(path, { ...message, body: 'xyz' });
      const now = await server.get(path, { 'If-None-Match': old.tag });
      expect([now.status, now.text]).toEqual([200, 'xyz']);
    });

    test('is found in a list, behind W/ and under *', async () => {
      const path = server.freshPath();
      await server.put(path, { headers: TEXT, body: 'abc' });
      const { tag } = await server.get(path);
      for (const match of [tag, '*', `W/${tag}`, `"other", W/"more",${tag}`, [`"other"`, tag]]) {
        const answer = await server.get(path, { 'If-None-Match': match });
        expect([answer.status, answer.text]).toEqual([304, '']);
        expect(answer.tag).toBe(tag);
      }
      expect((await server.get(path, { 'If-None-Match': '"other"' })).status).toBe(200);
    });

    test('changes when data comes', async () => {
      const path = server.freshPath();
      await server.put(path, { headers: TEXT, body: 'abc' });
      const { tag } = await server.get(path);
      await server.post(path, { headers: TEXT, body: 'def' });
      expect((await server.get(path, { 'If-None-Match': tag })).status).toBe(200);
    });
  });
});
