import { describe, expect, test } from 'vitest';
import { freshName, onBothEngines } from '../../support/http/engines.ts';
import type { Headers } from '../../support/http/client.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CLOSE = { 'Stream-Closed': 'true' };

onBothEngines('the create page: configuration', { jsonDepthMax: 8 }, (server) => {
  const freshPath = (): string => `/demo/${freshName()}`;

  async function expectNothingAt(path: string): Promise<void> {
    expect((await server.head(path)).status).toBe(404);
  }

  test('201: the body becomes the first entry', async () => {
    const path = freshPath();
    const created = await server.put(path, { headers: TEXT, body: 'first' });
    expect(created.status).toBe(201);
    await server.post(path, { headers: TEXT, body: 'second' });
    const rest = await server.get(`${path}?offset=${created.offset}`);
    expect(rest.text).toBe('second');
  });

  test('201: a stream may be closed as it is made, with data or without', async () => {
    for (const message of [
      { headers: { ...TEXT, ...CLOSE } },
      { headers: { ...TEXT, ...CLOSE }, body: 'all' },
    ]) {
      const path = freshPath();
      const created = await server.put(path, message);
      expect([created.status, created.isClosed]).toEqual([201, true]);
      const read = await server.get(path);
      expect([read.text, read.isClosed]).toEqual([message.body ?? '', true]);
      const late = await server.post(path, { headers: TEXT, body: 'late' });
      expect(late.verdict).toBe('409 stream-closed');
    }
  });

  test('201: the location names the host that was asked', async () => {
    const path = freshPath();
    const created = await server.put(path, { headers: { ...TEXT, Host: 'streams.test:8080' } });
    expect(created.header('location')).toBe(`http://streams.test:8080${path}`);
  });

  test('200: the same configuration, and whatever body, changes nothing', async () => {
    const path = freshPath();
    const headers = { ...TEXT, 'Stream-Expires-At': '2099-06-01T10:00:00+02:00' };
    const created = await server.put(path, { headers, body: 'first' });
    const sameTime = { ...TEXT, 'Stream-Expires-At': '2099-06-01T08:00:00Z' };
    for (const message of [
      { headers, body: 'first' },
      { headers, body: 'another' },
      { headers: sameTime },
    ]) {
      const again = await server.put(path, message);
      expect(again.status).toBe(200);
      expect(again.tag).toBe(created.tag);
      expect(again.offset).toBe(created.offset);
    }
    expect((await server.get(path)).text).toBe('first');
    expect((await server.head(path)).header('stream-expires-at')).toBe('2099-06-01T10:00:00+02:00');
  });

  test('200: tells the tail as it is now, not as it was', async () => {
    const path = freshPath();
    await server.put(path, { headers: TEXT });
    const { offset, tag } = await server.post(path, { headers: TEXT, body: 'abc' });
    const again = await server.put(path, { headers: TEXT });
    expect([again.status, again.offset, again.tag]).toEqual([200, offset, tag]);
  });

  test('200: many who make the same stream at once make it once', async () => {
    const path = freshPath();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        server.put(path, { headers: TEXT, body: `<${index}>` }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(19);
    expect((await server.get(path)).text).toBe(`<${statuses.indexOf(201)}>`);
  });

  const differences: readonly (readonly [string, Headers, Headers])[] = [
    ['another type', TEXT, { 'Content-Type': 'text/html' }],
    ['no type, where the stream has one', TEXT, {}],
    ['a closed state that the stream has not', TEXT, { ...TEXT, ...CLOSE }],
    ['no closed state, where the stream has one', { ...TEXT, ...CLOSE }, TEXT],
    ['a lifetime that the stream has not', TEXT, { ...TEXT, 'Stream-TTL': '60' }],
    ['no lifetime, where the stream has one', { ...TEXT, 'Stream-TTL': '60' }, TEXT],
    ['another lifetime', { ...TEXT, 'Stream-TTL': '60' }, { ...TEXT, 'Stream-TTL': '61' }],
    [
      'a fixed end for a sliding lifetime',
      { ...TEXT, 'Stream-TTL': '60' },
      { ...TEXT, 'Stream-Expires-At': '2099-01-01T00:00:00Z' },
    ],
    [
      'another end',
      { ...TEXT, 'Stream-Expires-At': '2099-01-01T00:00:00Z' },
      { ...TEXT, 'Stream-Expires-At': '2099-01-01T00:00:01Z' },
    ],
  ];

  test.each(differences)('409: %s', async (_, first, second) => {
    const path = freshPath();
    const { tag } = await server.put(path, { headers: first, body: 'first' });
    expect((await server.put(path, { headers: second, body: 'x' })).verdict).toBe(
      '409 stream-differs',
    );
    const now = await server.head(path);
    expect(now.tag).toBe(tag);
    expect((await server.put(path, { headers: first })).status).toBe(200);
  });

  test('409: a sequence that leaves no room for a first request of its producer', async () => {
    const path = freshPath();
    const headers = { ...TEXT, 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '1' };
    const refused = await server.put(path, { headers, body: 'x' });
    expect(refused.verdict).toBe('409 producer-gap');
    expect(refused.header('producer-expected-seq')).toBe('0');
    expect(refused.header('producer-received-seq')).toBe('1');
    await expectNothingAt(path);
  });

  test('404: the bucket is not there', async () => {
    const refused = await server.put(`/${freshName()}/x`, { headers: TEXT, body: 'x' });
    expect(refused.verdict).toBe('404 bucket-not-found');
  });

  const producer = { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '0' };
  const malformed: readonly (readonly [string, Headers])[] = [
    ['a type that is none', { 'Content-Type': 'text' }],
    ['a type with an open quote', { 'Content-Type': 'text/plain; charset="utf-8' }],
    ['a type that would take for ever to judge', { 'Content-Type': `a/b${';    '.repeat(45)}(` }],
    ['a type of 300 letters', { 'Content-Type': `text/${'x'.repeat(300)}` }],
    ['two types', { 'Content-Type': ['text/plain', 'text/html'] }],
    ['a lifetime that is no number', { 'Stream-TTL': 'soon' }],
    ['an end that is no time', { 'Stream-Expires-At': 'soon' }],
    ['two lifetimes', { 'Stream-TTL': '60', 'Stream-Expires-At': '2099-01-01T00:00:00Z' }],
    ['one lifetime twice', { 'Stream-TTL': ['60', '60'] }],
    ['a producer without an epoch', { 'Producer-Id': 'p', 'Producer-Seq': '0' }],
    ['a producer without a sequence', { 'Producer-Id': 'p', 'Producer-Epoch': '0' }],
    ['an epoch and sequence of nobody', { 'Producer-Epoch': '0', 'Producer-Seq': '0' }],
    ['a producer without a name', { ...producer, 'Producer-Id': '' }],
    ['a negative epoch', { ...producer, 'Producer-Epoch': '-1' }],
    ['an epoch beyond 2^53 - 1', { ...producer, 'Producer-Epoch': '9007199254740992' }],
    ['a sequence that is no integer', { ...producer, 'Producer-Seq': '0.5' }],
    ['a sequence in hexadecimal', { ...producer, 'Producer-Seq': '0x0' }],
    ['a sequence twice', { ...producer, 'Producer-Seq': ['0', '0'] }],
    ['an empty Stream-Seq', { 'Stream-Seq': '' }],
    ['a Stream-Seq of 300 letters', { 'Stream-Seq': 'x'.repeat(300) }],
    ['an If-Match without quotes', { 'If-Match': 'abc' }],
    ['an If-None-Match with one quote', { 'If-None-Match': '"abc' }],
    ['a fork offset without a source', { 'Stream-Fork-Offset': '-1' }],
    ['an empty source', { 'Stream-Forked-From': '' }],
    ['a source that is no stream', { 'Stream-Forked-From': '/demo' }],
    ['a source without its first slash', { 'Stream-Forked-From': 'xdemo/hello' }],
  ];

  test.each(malformed)('400: %s', async (_, headers) => {
    await server.put('/demo/hello');
    const path = freshPath();
    const refused = await server.put(path, { headers: { ...TEXT, ...headers }, body: 'x' });
    expect(refused.verdict).toBe('400 invalid-header');
    const [name = ''] = Object.keys(headers);
    expect(refused.text.toLowerCase()).toContain(name.split('-')[0]?.toLowerCase());
    await expectNothingAt(path);
  });

  test.each([
    ['half an object', '{"msg": '],
    ['a comma too many', '[1,]'],
    ['two values', '1 2'],
    ['a word', 'undefined'],
    ['a lone minus', '-'],
    ['a leading zero', '01'],
    ['a control character in a string', '"a\u0001"'],
    ['an unknown escape', '"\\x"'],
    ['single quotes', "{'a':1}"],
    ['a byte order mark', '\uFEFF1'],
    ['white space alone', ' \n'],
    ['a comment', '1 // one'],
  ])('400: JSON with %s', async (_, body) => {
    const path = freshPath();
    expect((await server.put(path, { headers: JSON_TYPE, body })).verdict).toBe('400 invalid-json');
    await expectNothingAt(path);
  });

  test('400: JSON that is no UTF-8, or nests too deep', async () => {
    const path = freshPath();
    const broken = { headers: JSON_TYPE, body: Buffer.from([0x22, 0xff, 0x22]) };
    expect((await server.put(path, broken)).verdict).toBe('400 invalid-utf8');
    const deep = { headers: JSON_TYPE, body: `${'['.repeat(9)}${']'.repeat(9)}` };
    expect((await server.put(path, deep)).verdict).toBe('400 json-too-deep');
    await expectNothingAt(path);
    const asDeepAsMayBe = { headers: JSON_TYPE, body: `${'['.repeat(8)}${']'.repeat(8)}` };
    expect((await server.put(path, asDeepAsMayBe)).status).toBe(201);
  });

  describe('JSON', () => {
    test('is kept as it was sent, white space and odd numbers included', async () => {
      const path = freshPath();
      const bodies = [
        '{ "a" : 1e400 }',
        '{"a":1,"a":2,"__proto__":[]}',
        '"\\u0041\\ud800"',
        '-0.0',
        '1E+2',
      ];
      await server.put(path, { headers: JSON_TYPE });
      for (const body of bodies) {
        expect((await server.post(path, { headers: JSON_TYPE, body: ` ${body}\n` })).status).toBe(
          204,
        );
      }
      expect((await server.get(path)).text).toBe(`[${bodies.join(',')}]`);
    });
  });
});
