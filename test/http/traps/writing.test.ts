import { expect, test } from 'vitest';
import { onBothEngines, type Served } from '../../support/http/engines.ts';
import type { Answer, Headers } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CLOSE = { 'Stream-Closed': 'true' };

function producer(seq: number, { id = 'p', epoch = 0 } = {}): Headers {
  return {
    'Producer-Id': id,
    'Producer-Epoch': String(epoch),
    'Producer-Seq': String(seq),
  };
}

onBothEngines('traps of writing', {}, (server: Served) => {
  async function textStream(body?: string, headers: Headers = {}): Promise<string> {
    const path = server.freshPath();
    await server.put(path, {
      headers: { ...TEXT, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return path;
  }

  function append(path: string, body: string, headers: Headers = {}): Promise<Answer> {
    return server.post(path, { headers: { ...TEXT, ...headers }, body });
  }

  async function contentOf(path: string): Promise<string> {
    return (await server.get(path)).text;
  }

  test('trap 1: the status tells a plain append, new data of a producer and a duplicate apart', async () => {
    const path = await textStream();
    expect((await append(path, 'plain')).status).toBe(204);
    expect((await append(path, 'new', producer(0))).status).toBe(200);
    expect((await append(path, 'new', producer(0))).status).toBe(204);
    expect(await contentOf(path)).toBe('plainnew');
  });

  test('trap 1: closing without data is 204 even with producer headers', async () => {
    const path = await textStream();
    const closing = await server.post(path, { headers: { ...CLOSE, ...producer(0) } });
    expect(closing.status).toBe(204);
    expect(closing.isClosed).toBe(true);
    expect((await server.post(path, { headers: { ...CLOSE, ...producer(0) } })).status).toBe(204);
  });

  test('trap 1: new data that closes is 200 for a producer', async () => {
    const path = await textStream();
    const closing = await append(path, 'last', { ...CLOSE, ...producer(0) });
    expect(closing.status).toBe(200);
    expect(closing.isClosed).toBe(true);
  });

  test('trap 2: a duplicate is told the highest accepted sequence, not its own', async () => {
    const path = await textStream();
    for (const seq of [0, 1, 2]) await append(path, String(seq), producer(seq));
    const duplicate = await append(path, '0', producer(0));
    expect(duplicate.status).toBe(204);
    expect(duplicate.header('producer-seq')).toBe('2');
    expect(duplicate.header('producer-epoch')).toBe('0');
    expect(await contentOf(path)).toBe('012');
  });

  test("trap 3: a true retry does not meet its own Stream-Seq's 409", async () => {
    const path = await textStream();
    const headers = { ...producer(0), 'Stream-Seq': 'b' };
    expect((await append(path, 'x', headers)).status).toBe(200);
    expect((await append(path, 'x', headers)).status).toBe(204);
    const next = { ...producer(1), 'Stream-Seq': 'b' };
    expect((await append(path, 'y', next)).verdict).toBe('409 stream-seq-regressed');
    // The refused request has not used up its sequence number.
    expect((await append(path, 'y', { ...next, 'Stream-Seq': 'c' })).status).toBe(200);
  });

  test('trap 4: a retry of the closing request succeeds, even with another body', async () => {
    const path = await textStream();
    const closing = { ...CLOSE, ...producer(0) };
    await append(path, 'last', closing);
    const retry = await append(path, 'another body', closing);
    expect(retry.status).toBe(204);
    expect(retry.isClosed).toBe(true);
    expect(await contentOf(path)).toBe('last');
  });

  test.each([
    ['another sequence', producer(1)],
    ['an earlier sequence', producer(0)],
    ['another epoch', producer(0, { epoch: 1 })],
    ['another producer', producer(0, { id: 'q' })],
    ['no producer', {}],
  ])(
    'trap 4: after the closing, %s gets 409 and hears that the stream is closed',
    async (_, headers) => {
      const path = await textStream();
      await append(path, 'first', producer(0));
      await append(path, 'second', { ...CLOSE, ...producer(1, { id: 'closer' }) }).then(
        (answer) => {
          expect(answer.verdict).toBe('409 producer-gap');
        },
      );
      await append(path, 'last', { ...CLOSE, ...producer(0, { id: 'closer' }) });
      const late = await append(path, 'late', headers);
      expect(late.verdict).toBe('409 stream-closed');
      expect(late.isClosed).toBe(true);
      expect(await contentOf(path)).toBe('firstlast');
    },
  );

  test('trap 5: on a closed stream, closed wins over a stale epoch', async () => {
    const path = await textStream();
    await append(path, 'x', producer(0, { epoch: 3 }));
    expect((await append(path, 'y', producer(0, { epoch: 2 }))).verdict).toBe(
      '403 producer-fenced',
    );
    await server.post(path, { headers: CLOSE });
    expect((await append(path, 'y', producer(0, { epoch: 2 }))).verdict).toBe('409 stream-closed');
  });

  test('trap 6: the 409 of a closed stream tells its end and wins over type and sequence', async () => {
    const path = await textStream('abc', { 'Stream-Seq': 'm' });
    const closed = await server.post(path, { headers: CLOSE });
    for (const headers of [TEXT, JSON_TYPE, { ...TEXT, 'Stream-Seq': 'a' }, {}]) {
      const late = await server.post(path, { headers, body: '"late"' });
      expect(late.verdict).toBe('409 stream-closed');
      expect(late.isClosed).toBe(true);
      expect(late.offset).toBe(closed.offset);
    }
  });

  test.each(['{"broken":', '[]'])(
    'trap 6: closed and the type win over the body %s, which could not be stored either way',
    async (body) => {
      const closed = server.freshPath();
      await server.put(closed, { headers: { ...JSON_TYPE, ...CLOSE } });
      const late = await server.post(closed, { headers: JSON_TYPE, body });
      expect(late.verdict).toBe('409 stream-closed');
      const text = await textStream();
      const other = await server.post(text, { headers: JSON_TYPE, body });
      expect(other.verdict).toBe('409 content-type-differs');
      const absent = await server.post(server.freshPath(), { headers: JSON_TYPE, body });
      expect(absent.verdict).toBe('404 stream-not-found');
    },
  );

  test.each(['true', 'TRUE', 'True'])('trap 7: Stream-Closed: %s closes', async (value) => {
    const path = await textStream('abc');
    const closing = await server.post(path, { headers: { 'Stream-Closed': value } });
    expect(closing.status).toBe(204);
    expect((await server.head(path)).isClosed).toBe(true);
  });

  test.each(['1', 'yes', 'false', ''])(
    'trap 7: Stream-Closed: "%s" is as absent',
    async (value) => {
      const path = await textStream('abc');
      const headers = { 'Stream-Closed': value };
      expect((await server.post(path, { headers })).verdict).toBe('400 empty-append');
      expect((await append(path, 'def', headers)).status).toBe(204);
      expect((await server.head(path)).isClosed).toBe(false);
      const created = server.freshPath();
      expect((await server.put(created, { headers })).isClosed).toBe(false);
    },
  );

  test('trap 8: closing without data ignores the content type, even a wrong one', async () => {
    for (const type of ['application/json', 'image/png', 'text/plain; charset=latin1']) {
      const path = await textStream('abc');
      const headers = { ...CLOSE, 'Content-Type': type };
      expect((await server.post(path, { headers })).status).toBe(204);
    }
  });

  test('trap 8: data without a type is 400, of another type 409', async () => {
    const path = await textStream();
    expect((await server.post(path, { body: 'x' })).verdict).toBe('400 content-type-missing');
    const other = await append(path, 'x', { 'Content-Type': 'text/html' });
    expect(other.verdict).toBe('409 content-type-differs');
    expect((await append(path, 'x', { 'Content-Type': 'text' })).verdict).toBe(
      '400 invalid-header',
    );
    const sameType = { 'Content-Type': 'TEXT/Plain;charset=utf-8' };
    expect((await append(path, 'x', sameType)).status).toBe(204);
  });

  test('trap 9: a repeated PUT compares type, lifetime, closure and fork, and appends nothing', async () => {
    const path = server.freshPath();
    const headers = { 'Content-Type': 'text/plain', 'Stream-TTL': '60' };
    expect((await server.put(path, { headers, body: 'once' })).status).toBe(201);
    const again = await server.put(path, {
      headers: { ...headers, 'Content-Type': 'Text/PLAIN' },
      body: 'twice',
    });
    expect(again.status).toBe(200);
    expect(await contentOf(path)).toBe('once');
    const source = await textStream();
    const others: Headers[] = [
      { ...headers, 'Content-Type': 'text/html' },
      { ...headers, 'Stream-TTL': '61' },
      TEXT,
      { ...TEXT, 'Stream-Expires-At': '2099-01-01T00:00:00Z' },
      { ...headers, ...CLOSE },
      { ...headers, 'Stream-Forked-From': source },
    ];
    for (const other of others) {
      expect((await server.put(path, { headers: other })).verdict).toBe('409 stream-differs');
    }
    expect(await contentOf(path)).toBe('once');
  });

  test('trap 9: a plain PUT on a closed stream is 409, a closing one 200', async () => {
    const path = await textStream('abc');
    await server.post(path, { headers: CLOSE });
    expect((await server.put(path, { headers: TEXT })).verdict).toBe('409 stream-differs');
    const closing = await server.put(path, { headers: { ...TEXT, ...CLOSE } });
    expect(closing.status).toBe(200);
    expect(closing.isClosed).toBe(true);
  });

  test('trap 10: an empty JSON array is nothing to append, but a fine beginning', async () => {
    const path = server.freshPath();
    expect((await server.put(path, { headers: JSON_TYPE, body: '[]' })).status).toBe(201);
    expect(await contentOf(path)).toBe('[]');
    const nothing = await server.post(path, { headers: JSON_TYPE, body: ' [ ] ' });
    expect(nothing.verdict).toBe('400 empty-append');
  });

  test('trap 10: exactly one level of an array is flattened', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: JSON_TYPE });
    for (const body of ['{"a":1}', '[1, [2,3]]', '[[[4]]]', '"s"']) {
      await server.post(path, { headers: JSON_TYPE, body });
    }
    expect((await server.get(path)).json).toEqual([{ a: 1 }, 1, [2, 3], [[4]], 's']);
  });

  test("trap 10: a producer's sequence counts requests, not messages", async () => {
    const path = server.freshPath();
    await server.put(path, { headers: JSON_TYPE });
    const send = (seq: number, body: string): Promise<Answer> =>
      server.post(path, { headers: { ...JSON_TYPE, ...producer(seq) }, body });
    expect((await send(0, '[1,2,3]')).status).toBe(200);
    expect((await send(3, '[4]')).verdict).toBe('409 producer-gap');
    expect((await send(1, '[4]')).status).toBe(200);
    expect(await contentOf(path)).toBe('[1,2,3,4]');
  });

  test.each([
    ['application/json; charset=utf-8', true],
    ['APPLICATION/JSON', true],
    ['application/json-patch+json', false],
    ['application/ld+json', false],
    ['text/json', false],
    ['text/plain; note="application/json"', false],
  ])('trap 11: %s is JSON: %s', async (type, isJson) => {
    const path = server.freshPath();
    const headers = { 'Content-Type': type };
    const created = await server.put(path, { headers, body: '[1,2]' });
    expect(created.header('content-type')).toBe(type);
    expect(await contentOf(path)).toBe('[1,2]');
    const broken = await server.post(path, { headers, body: '{oops' });
    expect(broken.verdict).toBe(isJson ? '400 invalid-json' : '204');
  });
});
