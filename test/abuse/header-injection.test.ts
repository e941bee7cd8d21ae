import { beforeAll, describe, expect, it } from 'vitest';
import { exchange, RawConnection, requestBytes, type Answer } from '../support/raw-http.ts';
import {
  append,
  createStream,
  expectProblem,
  expectSecured,
  named,
  shareMillrace,
  unchanged,
} from './support.ts';

const millrace = shareMillrace({ memory: true });

const PATH = '/demo/headers';

/** Every header that a client may send and that is judged, stored or echoed. */
const HEADERS = [
  'Content-Type',
  'Content-Encoding',
  'Expect',
  'Host',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Origin',
  'Producer-Epoch',
  'Producer-Id',
  'Producer-Seq',
  'Stream-Closed',
  'Stream-Expires-At',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Stream-Forked-From',
  'Stream-Seq',
  'Stream-TTL',
  'X-Anything',
];

/** A PUT with this field, alone of its name. */
function put(path: string, name: string, value: string): Promise<Answer> {
  const standard = name === 'Content-Type' ? [] : ['Content-Type: text/plain'];
  return exchange(millrace.port, {
    method: 'PUT',
    target: path,
    fields: [...standard, `${name}: ${value}`],
    hostless: name === 'Host',
    body: 'x',
  });
}

beforeAll(async () => {
  await createStream(millrace.port, PATH, { body: 'kept' });
});

describe.each(HEADERS)('H7: in %s', (name) => {
  it.each([
    ['a CR', 'a\rb'],
    ['an LF', 'a\nb'],
    ['a zero byte', 'a\0b'],
    ['a control byte', 'a\x01b'],
    ['an escape byte', 'a\x1bb'],
    ['a DEL', 'a\x7fb'],
    ['a CR before a field', 'a\rX-Injected: 1'],
    ['an LF before a field', 'a\nX-Injected: 1'],
  ])('H7: %s is refused and the connection closed', async (_case, value) => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const request = {
        method: 'PUT',
        target: PATH,
        fields: [`${name}: ${value}`],
        hostless: name === 'Host',
      };
      expectProblem(await connection.send(requestBytes(request)).answer(), 400);
      expect((await connection.rest()).toString()).toBe('');
    });
  });

  it.each([
    ['a Latin-1 character', 'caf\xe9'],
    ['a UTF-8 character', 'caf\xc3\xa9'],
    ['broken UTF-8', 'a\xff\xfe'],
    ['a C1 control byte', 'a\x85b'],
    ['a tab', 'a\tb'],
    ['a quote', 'a"b'],
    ['a backslash', 'a\\b'],
    ['an encoded line end', 'a%0d%0aX-Injected: 1'],
    ['an escaped line end', 'a\\r\\nX-Injected: 1'],
    ['four thousand characters', 'a'.repeat(4000)],
    ['nothing', ''],
    ['markup', '<script>alert(1)</script>'],
    ['a formatting directive', '%s%n%x ${x} {{x}}'],
  ])('H7: %s gets a clean answer, here and wherever it is echoed', async (_case, value) => {
    const path = '/v1/stream/echo';
    const answer = await put(path, name, value);
    expect(answer.status).toBeLessThan(500);
    if (answer.status >= 400) expectProblem(answer, answer.status);
    expectSecured(answer);
    expect(answer.headers.has('x-injected')).toBe(false);
    // What was taken is echoed by HEAD and reads, and the parser of this test forgives nothing.
    for (const method of ['HEAD', 'GET', 'DELETE']) {
      const later = await exchange(millrace.port, { method, target: path });
      expect(later.status).toBe(answer.status >= 400 ? 404 : method === 'DELETE' ? 204 : 200);
      expect(later.headers.has('x-injected')).toBe(false);
    }
  });
});

const UNFIT: readonly (readonly [header: string, value: string])[] = [
  ['Content-Type', 'text'],
  ['Content-Type', 'text/'],
  ['Content-Type', '/plain'],
  ['Content-Type', 'text/plain;'.repeat(100)],
  ['Content-Type', 'text/pl\xe4in'],
  ['Content-Type', 'text/plain; charset=\xe9'],
  ['Content-Type', 'text/plain, text/html'],
  ['Content-Type', 'text /plain'],
  ['Content-Type', 'text/plain; a="b'],
  ['Content-Type', `text/plain; a="${'\\'.repeat(99)}`],
  ['Content-Type', `text/${'a'.repeat(300)}`],
  ['Stream-Expires-At', 'tomorrow'],
  ['Stream-Expires-At', '2030-01-01'],
  ['Stream-Expires-At', '2030-01-01T00:00:00'],
  ['Stream-Expires-At', '2030-02-30T00:00:00Z'],
  ['Stream-Expires-At', '2030-13-01T00:00:00Z'],
  ['Stream-Expires-At', '2030-01-01T24:00:00Z'],
  ['Stream-Expires-At', '2030-01-01T00:00:60Z'],
  ['Stream-Expires-At', '2030-01-01T00:00:00+99:99'],
  ['Stream-Expires-At', '+002030-01-01T00:00:00Z'],
  ['Stream-Expires-At', '2030-01-01T00:00:00Z (noon)'],
  ['Stream-Expires-At', '99999999999999'],
  ['Stream-TTL', '-1'],
  ['Stream-TTL', '1.5'],
  ['Stream-TTL', '1e3'],
  ['Stream-TTL', '0x10'],
  ['Stream-TTL', '01'],
  ['Stream-TTL', '9'.repeat(400)],
  ['Stream-TTL', '9007199254740993'],
  ['Producer-Id', 'lonely'],
  ['Producer-Epoch', '0'],
  ['Producer-Seq', '0'],
  ['Stream-Seq', ''],
  ['Stream-Seq', 'a'.repeat(257)],
  ['If-Match', 'unquoted'],
  ['If-Match', '"open'],
  ['If-Match', '"a" "b"'],
  ['If-None-Match', `${'"a",'.repeat(100)}x`],
  ['Stream-Forked-From', 'demo/headers'],
  ['Stream-Forked-From', '//evil.test/x'],
  ['Stream-Forked-From', 'http://evil.test/demo/headers'],
  ['Stream-Forked-From', '/demo/../demo/headers'],
  ['Stream-Forked-From', '*demo/headers'],
  ['Stream-Forked-From', 'Xdemo/headers'],
  ['Stream-Forked-From', '/demo'],
  ['Stream-Forked-From', '/demo/%00'],
  ['Host', 'a b'],
  ['Host', 'a/b'],
  ['Host', 'user@a'],
  ['Host', 'a:b'],
  ['Host', 'a:1:2'],
  ['Host', '[::1'],
  ['Host', 'a?b'],
  ['Host', 'a#b'],
  ['Host', 'a\\b'],
  ['Host', '<a>'],
  ['Host', 'a, b'],
  ['Host', 'caf\xe9'],
];

describe('H7: a value that would be stored', () => {
  const rows = UNFIT.flatMap(([header, value]) =>
    named([value]).map(([shown]) => [header, shown, value] as const),
  );
  it.each(rows)('H7: as %s: %s is refused and nothing created', async (name, _shown, value) => {
    const path = '/v1/stream/refused';
    expectProblem(await put(path, name, value), 400);
    expectProblem(await exchange(millrace.port, { target: path }), 404, 'stream-not-found');
  });

  it.each(['/demo/headers?offset=now', '/demo/headers#x'])(
    'H7: as Stream-Forked-From: %s names no stream, least of all the one before the mark',
    async (value) => {
      expectProblem(await put('/v1/stream/refused', 'Stream-Forked-From', value), 404);
    },
  );

  it.each(HEADERS.filter((name) => !['Last-Event-ID', 'X-Anything', 'Expect'].includes(name)))(
    'H7: in two fields of the name %s is refused, or is the list that it may be',
    async (name) => {
      const path = '/v1/stream/refused';
      const fields = [`${name}: "a"`, `${name}: "b"`];
      const answer = await exchange(millrace.port, { method: 'PUT', target: path, fields });
      const isList = name === 'If-Match' || name === 'If-None-Match';
      if (isList) expect(answer.status).toBe(name === 'If-Match' ? 412 : 201);
      else expectProblem(answer, 400);
      await exchange(millrace.port, { method: 'DELETE', target: path });
    },
  );
});

describe('H7: a value that comes back', () => {
  it('H7: as a Location keeps an encoded line end encoded', async () => {
    const target = '/demo/a%0d%0aX-Injected:%201';
    const answer = await exchange(millrace.port, { method: 'PUT', target });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`http://millrace.test${target}`);
    expect(answer.headers.has('x-injected')).toBe(false);
    const { body } = await exchange(millrace.port, { target: '/demo/streams?prefix=a' });
    expect(JSON.parse(body.toString())).toMatchObject({
      streams: [{ stream_id: 'a\r\nX-Injected: 1' }],
    });
  });

  it.each([
    ['evil.test:99999999', '/demo/hosted'],
    ['', '/demo/hosted'],
    ["a'b", '/demo/hosted'],
    ['[::1]:80', 'http://[::1]:80/demo/hosted'],
    ['localhost:4437', 'http://localhost:4437/demo/hosted'],
  ])('H7: as a Location repeats the host %j only when that is one', async (host, location) => {
    const fields = [`Host: ${host}`];
    const target = '/demo/hosted';
    const answer = await exchange(millrace.port, { method: 'PUT', target, fields, hostless: true });
    expect(answer.headers.get('location')).toBe(location);
  });

  it('H7: as a Content-Type is the one that was given', async () => {
    const type = `text/plain; a="\\"\\\\,;:"; charset=UTF-8`;
    await createStream(millrace.port, '/demo/typed', { type });
    const head = await exchange(millrace.port, { method: 'HEAD', target: '/demo/typed' });
    expect(head.headers.get('content-type')).toBe(type);
  });

  it('H7: as a Stream-Seq in a refusal stands inside its JSON', async () => {
    const target = '/demo/sequenced';
    const seq = '"}\xe9\\u0000{"a":"';
    await createStream(millrace.port, target, { fields: [`Stream-Seq: ${seq}`] });
    const fields = ['Content-Type: text/plain', 'Stream-Seq: !'];
    const answer = await exchange(millrace.port, { method: 'POST', target, fields, body: 'x' });
    expectProblem(answer, 409, 'stream-seq-regressed');
  });

  it('H7: as an Origin is the one that was given, whatever it is', async () => {
    for (const origin of ['null', 'https://a.test', 'caf\xe9', '"', '*', '<x>']) {
      const fields = [`Origin: ${origin}`];
      const answer = await exchange(millrace.port, { target: PATH, fields });
      expect(answer.body.toString()).toBe('kept');
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    }
  });

  it('H7: as a bucket in a refusal stands inside its JSON', async () => {
    expectProblem(await put('/nowhere/x', 'X', 'y'), 404, 'bucket-not-found');
    expectProblem(await appendTo('/no%22%7D%0d%0a/x'), 400, 'invalid-path');
  });
});

function appendTo(target: string): Promise<Answer> {
  const fields = ['Content-Type: text/plain'];
  return exchange(millrace.port, { method: 'POST', target, fields, body: 'x' });
}

describe('H7: a Producer-Id of any bytes that a header may hold', () => {
  it('H7: is that producer, byte for byte', async () => {
    const target = '/demo/produced';
    await createStream(millrace.port, target);
    const produce = (id: string): Promise<Answer> =>
      exchange(millrace.port, {
        method: 'POST',
        target,
        fields: [
          'Content-Type: text/plain',
          `Producer-Id: ${id}`,
          'Producer-Epoch: 0',
          'Producer-Seq: 0',
        ],
        body: 'x',
      });
    for (const id of ['__proto__', 'caf\xe9', 'caf\xc3\xa9', '"', '{}', '\xff', 'constructor']) {
      expect((await produce(id)).status).toBe(200);
      expect((await produce(id)).status).toBe(204);
    }
    const last = await append(millrace.port, target, 'y');
    expect(last.headers.get('stream-next-offset')).toMatch(/0008$/);
  });
});
