import { describe, expect, test } from 'vitest';
import { onBothEngines } from '../../support/http/engines.ts';
import { untilLiveReaders } from '../../support/http/until.ts';
import type { Headers } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const CLOSE = { 'Stream-Closed': 'true' };
const ZERO = '0000000000000000_0000000000000000';
const HELLO_END = '0000000000000000_0000000000000005';

onBothEngines('traps of forks', {}, (server) => {
  async function source(headers: Headers = {}): Promise<string> {
    const path = server.freshPath();
    await server.put(path, { headers: { ...TEXT, ...headers }, body: 'hello' });
    return path;
  }

  const forkOf = (path: string, headers: Headers = {}): { headers: Headers } => ({
    headers: { 'Stream-Forked-From': path, ...headers },
  });

  test('trap 28: a fork without a type inherits it and starts open', async () => {
    const from = await source({ 'Content-Type': 'text/Markdown; charset=utf-8', ...CLOSE });
    const path = server.freshPath();
    const forked = await server.put(path, forkOf(from));
    expect(forked.status).toBe(201);
    expect(forked.header('content-type')).toBe('text/Markdown; charset=utf-8');
    expect(forked.isClosed).toBe(false);
    const more = { headers: { 'Content-Type': 'text/markdown' }, body: ' world' };
    expect((await server.post(path, more)).status).toBe(204);
    expect((await server.get(path)).text).toBe('hello world');
    expect((await server.get(from)).text).toBe('hello');
  });

  test('trap 28: a fork of another type is refused', async () => {
    const from = await source();
    const path = server.freshPath();
    const forked = await server.put(path, forkOf(from, { 'Content-Type': 'text/html' }));
    expect(forked.verdict).toBe('409 content-type-differs');
    expect((await server.head(path)).status).toBe(404);
  });

  test('trap 28: neither producers nor Stream-Seq come along', async () => {
    const from = await source({ 'Stream-Seq': 'm' });
    const producer = { 'Producer-Id': 'p', 'Producer-Epoch': '7', 'Producer-Seq': '0' };
    await server.post(from, { headers: { ...TEXT, ...producer, 'Stream-Seq': 'n' }, body: '!' });
    const path = server.freshPath();
    await server.put(path, forkOf(from));
    const fresh = { ...producer, 'Producer-Epoch': '0', 'Stream-Seq': 'a' };
    const appended = await server.post(path, { headers: { ...TEXT, ...fresh }, body: '?' });
    expect(appended.status).toBe(200);
    expect((await server.get(path)).text).toBe('hello!?');
    const stale = await server.post(from, { headers: { ...TEXT, ...fresh }, body: '?' });
    expect(stale.verdict).toBe('403 producer-fenced');
  });

  describe('trap 28: a refused fork leaves no reference', () => {
    test.each([
      ['type', { 'Content-Type': 'text/html' }, '409 content-type-differs'],
      [
        'offset beyond the tail',
        { 'Stream-Fork-Offset': '0000000000000000_0000000000000006' },
        '400 fork-offset-invalid',
      ],
      [
        'sub-offset',
        { 'Stream-Fork-Offset': ZERO, 'Stream-Fork-Sub-Offset': '6' },
        '400 fork-sub-offset-invalid',
      ],
      ['lifetime', { 'Stream-TTL': 'x' }, '400 invalid-header'],
      ['precondition', { 'If-Match': '*' }, '412 precondition-failed'],
      [
        'producer',
        { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '4' },
        '409 producer-gap',
      ],
    ])('over its %s', async (_, headers, verdict) => {
      const from = await source();
      expect((await server.put(server.freshPath(), forkOf(from, headers))).verdict).toBe(verdict);
      // With a reference, the source would stay as gone.
      await server.delete(from);
      expect((await server.get(from)).status).toBe(404);
      expect((await server.put(from, { headers: TEXT })).status).toBe(201);
    });
  });

  test('trap 28: headers of a fork never appear in answers', async () => {
    const from = await source();
    const path = server.freshPath();
    const answers = [
      await server.put(path, forkOf(from, { 'Stream-Fork-Offset': ZERO })),
      await server.put(path, forkOf(from, { 'Stream-Fork-Offset': ZERO })),
      await server.post(path, { headers: TEXT, body: 'x' }),
      await server.get(path),
      await server.head(path),
      await server.delete(path),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 204, 200, 200, 204]);
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter((name) => name.includes('fork'))).toEqual([]);
    }
  });

  describe('trap 28: a sub-offset', () => {
    test.each(['0', '1'])('of %s without a source is refused', async (sub) => {
      const headers = { ...TEXT, 'Stream-Fork-Sub-Offset': sub };
      expect((await server.put(server.freshPath(), { headers })).verdict).toBe(
        '400 invalid-header',
      );
    });

    test('without an offset is refused, but for zero', async () => {
      const from = await source();
      const bare = (sub: string): { headers: Headers } =>
        forkOf(from, { 'Stream-Fork-Sub-Offset': sub });
      expect((await server.put(server.freshPath(), bare('1'))).verdict).toBe('400 invalid-header');
      const zero = server.freshPath();
      expect((await server.put(zero, bare('0'))).status).toBe(201);
      expect((await server.get(zero)).text).toBe('hello');
    });

    test.each([
      ['3', 'hel'],
      ['5', 'hello'],
    ])('of %s inherits %s: the length itself is legal', async (sub, text) => {
      const from = await source();
      await server.post(from, { headers: TEXT, body: 'more' });
      const path = server.freshPath();
      const at = { 'Stream-Fork-Offset': ZERO, 'Stream-Fork-Sub-Offset': sub };
      expect((await server.put(path, forkOf(from, at))).status).toBe(201);
      expect((await server.get(path)).text).toBe(text);
    });

    test.each(['-1', '+1', '01', '1.0', 'x', ''])('of "%s" is refused', async (sub) => {
      const at = { 'Stream-Fork-Offset': ZERO, 'Stream-Fork-Sub-Offset': sub };
      const refused = await server.put(server.freshPath(), forkOf(await source(), at));
      expect(refused.verdict).toBe('400 invalid-header');
    });
  });

  test("trap 28: the source's appends never wake a fork's reader", async () => {
    const from = await source();
    const path = server.freshPath();
    await server.put(path, forkOf(from));
    const polling = server.get(`${path}?offset=${HELLO_END}&live=long-poll`);
    await untilLiveReaders(server, 1);
    await server.post(from, { headers: TEXT, body: 'of the source' });
    await server.post(from, { headers: CLOSE });
    await server.post(path, { headers: TEXT, body: 'of the fork' });
    const { status, text, isClosed } = await polling;
    expect({ status, text, isClosed }).toEqual({
      status: 200,
      text: 'of the fork',
      isClosed: false,
    });
  });

  test('trap 28: a long-poll below the fork point has its data at once', async () => {
    const from = await source();
    const path = server.freshPath();
    await server.put(path, forkOf(from));
    const poll = await server.get(`${path}?offset=${ZERO}&live=long-poll`);
    expect([poll.status, poll.text]).toEqual([200, 'hello']);
  });
});
