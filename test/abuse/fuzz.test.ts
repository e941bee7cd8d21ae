import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConnectionEnded, exchange, RawConnection } from '../support/raw-http.ts';
import { createStream, shareMillrace } from './support.ts';

const millrace = shareMillrace({
  memory: true,
  longPollTimeoutMs: 20,
  sseDurationMs: 100,
  headersTimeoutMs: 2000,
  requestTimeoutMs: 2000,
});

const PATH = '/v1/stream/fuzzed';
const KEPT = '/v1/stream/kept';

beforeAll(async () => {
  await createStream(millrace.port, KEPT, { body: 'kept' });
});

/**
 * Sends the bytes, and no more. Whatever they are, each answer is well formed and blames the client
 * or nobody, the connection comes to its end, and others are served as before.
 */
async function expectCivility(bytes: Buffer): Promise<void> {
  const connection = await RawConnection.open(millrace.port);
  connection.send(bytes);
  // What is still incomplete then stays so, and the server learns that.
  const end = setTimeout(() => {
    connection.endSending();
  }, 15);
  try {
    for (;;) {
      const { status, headers } = await connection.head();
      expect(status).toBeLessThan(500);
      if (status < 200) continue;
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      // An answer to HEAD cannot be told from others here, so no body can be counted on.
      break;
    }
    connection.endSending();
    expect((await connection.rest()).toString('latin1')).not.toMatch(/HTTP\/1\.1 5\d\d/);
  } catch (error) {
    // To say nothing is an answer as well; to break off in the middle of a line is none.
    if (!(error instanceof ConnectionEnded) || !error.message.endsWith('unread: ')) throw error;
  } finally {
    clearTimeout(end);
    connection.close();
  }
  const other = await exchange(millrace.port, { target: KEPT });
  expect(other.body.toString()).toBe('kept');
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Requests of every kind, as clients send them. */
const VALID = [
  `GET ${KEPT} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET ${KEPT}?offset=-1&live=long-poll&cursor=7 HTTP/1.1\r\nHost: a\r\nIf-None-Match: "x", W/"y"\r\n\r\n`,
  `GET ${KEPT}?offset=now&live=sse HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 0000000000000000_0000000000000001\r\n\r\n`,
  `HEAD ${KEPT} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `PUT ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nStream-TTL: 60\r\nContent-Length: 7\r\n\r\n[1,"a"]`,
  `PUT ${PATH}-fork HTTP/1.1\r\nHost: a\r\nStream-Forked-From: ${KEPT}\r\nStream-Fork-Offset: 0000000000000000_0000000000000000\r\nStream-Fork-Sub-Offset: 2\r\n\r\n`,
  `PUT ${PATH}-at HTTP/1.1\r\nHost: a\r\nStream-Expires-At: 2100-01-01T00:00:00Z\r\nIf-None-Match: *\r\n\r\n`,
  `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nProducer-Id: p\r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\nStream-Seq: s1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n`,
  `POST ${PATH} HTTP/1.1\r\nHost: a\r\nStream-Closed: true\r\nIf-Match: *\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n`,
  `DELETE ${PATH} HTTP/1.1\r\nHost: a\r\nIf-Match: "x"\r\n\r\n`,
  `OPTIONS ${PATH} HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n`,
  `GET /demo/streams?prefix=a&after=b&limit=10 HTTP/1.1\r\nHost: a\r\n\r\n`,
  `PUT /buck HTTP/1.1\r\nHost: a\r\n\r\nPUT /buck/a%2eb HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
];

/** Bytes that parsers stumble over. */
const SPIKES = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\0',
    '\t',
    ' ',
    ':',
    ';',
    ',',
    '"',
    '%',
    '%00',
    '%zz',
    '../',
  ],
  ...[
    '\xff',
    '\xc3\xa9',
    '\u2028',
    '-1',
    '0',
    '9'.repeat(40),
    'chunked',
    'gzip',
    '#',
    '?',
    '&',
    '=',
  ],
  ...['Content-Length: 1\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: b\r\n', 'Expect: x\r\n'],
  ...[
    'Connection: close\r\n',
    'Upgrade: h2c\r\nConnection: upgrade\r\n',
    'HTTP/1.0',
    'x'.repeat(9000),
  ],
].map((text) => Buffer.from(text, 'latin1'));

interface Mutation {
  readonly at: number;
  readonly drop: number;
  readonly insert: Buffer;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(400),
  drop: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(60)),
  insert: fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc.constantFrom(...SPIKES),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
});

function mutate(request: Buffer, mutations: readonly Mutation[]): Buffer {
  let bytes = request;
  for (const { at, drop, insert } of mutations) {
    const from = at % (bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + drop)]);
  }
  return bytes;
}

describe('H13: whatever comes over a connection', () => {
  it('H13: random bytes get a 4xx or the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        expectCivility(Buffer.from(bytes)),
      ),
      { numRuns: 150 },
    );
  });

  it('H13: random text of the words of HTTP gets a 4xx or the end', async () => {
    const word = fc.constantFrom(
      ...[
        'GET',
        'POST',
        'PUT',
        ' ',
        '/',
        PATH,
        KEPT,
        'HTTP/1.1',
        '\r\n',
        '\r\n\r\n',
        ': ',
        'Host',
        'a',
      ],
      ...[
        'Content-Length',
        'Transfer-Encoding',
        'chunked',
        '0',
        '5',
        'hello',
        '?offset=-1',
        '&live=sse',
      ],
    );
    const text = fc.array(word, { maxLength: 30 }).map((words) => latin1(words.join('')));
    await fc.assert(fc.asyncProperty(text, expectCivility), { numRuns: 300 });
  });

  it('H6: any request target gets an answer that blames the client or nobody', async () => {
    const part = fc.constantFrom(
      ...[
        '/',
        '//',
        '.',
        '..',
        '%',
        '%2',
        '%2e',
        '%2f',
        '%5c',
        '%00',
        '%zz',
        '%ff',
        '%c3%a9',
        '%c0%ae',
      ],
      ...[
        'demo',
        'v1',
        'stream',
        'streams',
        '__ds',
        '-',
        'healthy',
        'metrics',
        'a',
        '\\',
        '?',
        '&',
        '=',
      ],
      ...[
        '#',
        '*',
        ':',
        '@',
        'http://',
        'offset',
        'live',
        'sse',
        'now',
        '-1',
        'limit',
        '+',
        ';',
        '~',
        '|',
      ],
    );
    const target = fc.array(part, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);
    const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(method, target, (verb, where) =>
        expectCivility(latin1(`${verb} ${where} HTTP/1.1\r\nHost: a\r\n\r\n`)),
      ),
      { numRuns: 400 },
    );
  });

  it('H7: any header value gets an answer that blames the client or nobody', async () => {
    const name = fc.constantFrom(
      ...['Content-Type', 'Stream-TTL', 'Stream-Expires-At', 'Stream-Seq', 'Stream-Closed', 'Host'],
      ...['If-Match', 'If-None-Match', 'Producer-Id', 'Producer-Epoch', 'Producer-Seq', 'Origin'],
      ...['Stream-Forked-From', 'Stream-Fork-Offset', 'Stream-Fork-Sub-Offset', 'Content-Encoding'],
      ...['Content-Length', 'Transfer-Encoding', 'Connection', 'Expect', 'Upgrade', 'Range', 'TE'],
    );
    const part = fc.constantFrom(
      ...[
        '0',
        '1',
        '-1',
        'a',
        '/',
        ';',
        ',',
        '=',
        '"',
        '\\',
        '*',
        'W/',
        ' ',
        '\t',
        '\xe9',
        '\xff',
        'é',
      ],
      ...[
        'text/plain',
        'application/json',
        'charset',
        'true',
        'p',
        'chunked',
        'gzip',
        'close',
        'T',
        'Z',
      ],
      ...[
        '2030-01-01',
        '00:00:00',
        '0000000000000000_',
        '0000000000000000',
        KEPT,
        '%00',
        '9'.repeat(20),
      ],
    );
    const value = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
    const field = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}\r\n`);
    const fields = fc.array(field, { maxLength: 5 }).map((lines) => lines.join(''));
    const method = fc.constantFrom('GET', 'PUT', 'POST', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(method, fields, (verb, lines) =>
        expectCivility(latin1(`${verb} ${PATH} HTTP/1.1\r\nHost: a\r\n${lines}\r\n1`)),
      ),
      { numRuns: 400 },
    );
  });

  it('H13: requests that went wrong on their way get no 5xx and harm nobody', async () => {
    const request = fc
      .tuple(
        fc.array(fc.constantFrom(...VALID), { minLength: 1, maxLength: 3 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
      )
      .map(([requests, mutations]) => mutate(latin1(requests.join('')), mutations));
    await fc.assert(fc.asyncProperty(request, expectCivility), { numRuns: 400 });
  });

  it('H13: requests that are cut off anywhere get no 5xx and harm nobody', async () => {
    const request = fc
      .tuple(fc.constantFrom(...VALID), fc.nat(400))
      .map(([text, length]) => latin1(text).subarray(0, length));
    await fc.assert(fc.asyncProperty(request, expectCivility), { numRuns: 150 });
  });

  it('H13: connections that are reset anywhere harm nobody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...VALID), fc.nat(400), async (text, length) => {
        const connection = await RawConnection.open(millrace.port);
        await connection.sendAll(latin1(text).subarray(0, length));
        connection.reset();
        const other = await exchange(millrace.port, { target: KEPT });
        expect(other.body.toString()).toBe('kept');
      }),
      { numRuns: 150 },
    );
  });
});
