import { describe, expect, it, beforeAll } from 'vitest';
import { exchange, RawConnection, requestBytes } from '../support/raw-http.ts';
import {
  createStream,
  expectProblem,
  expectSecured,
  shareMillrace,
  stateOf,
  unchanged,
  named,
} from './support.ts';

const millrace = shareMillrace({ memory: true });
const walled = shareMillrace({ memory: true, corsOrigins: ['https://app.test'] });

const PATH = '/demo/methods';

beforeAll(async () => {
  await createStream(millrace.port, PATH, { body: 'kept' });
  await createStream(walled.port, PATH, { body: 'kept' });
});

/** The only answer to these bytes, and then the end of the connection. */
async function onlyAnswerTo(bytes: string) {
  const connection = await RawConnection.open(millrace.port);
  const answer = await connection.send(bytes).answer();
  expect((await connection.rest()).toString()).toBe('');
  return answer;
}

describe('H13: a method that an address does not know', () => {
  const methods = [
    'PATCH',
    'TRACE',
    'PROPFIND',
    'MKCOL',
    'COPY',
    'MOVE',
    'LOCK',
    'PURGE',
    'LINK',
    'M-SEARCH',
    'SUBSCRIBE',
    'SEARCH',
  ];
  it.each(methods)('H13: %s is refused with 405 and what it knows', async (method) => {
    await unchanged(millrace.port, PATH, async () => {
      const answer = await exchange(millrace.port, {
        method,
        target: PATH,
        fields: ['X-Secret: 1'],
      });
      expectProblem(answer, 405, 'method-not-allowed');
      expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, PUT, DELETE, OPTIONS');
      // TRACE in particular tells nobody what was sent.
      expect(answer.body.toString()).not.toContain('Secret');
    });
  });

  it.each([
    ['POST', '/demo', 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ['PUT', '/demo/streams', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/demo/streams', 'GET, HEAD, OPTIONS'],
    ['POST', '/-/healthy', 'GET, HEAD'],
    ['DELETE', '/metrics', 'GET, HEAD'],
  ])('H13: %s %s is refused with 405', async (method, target, allow) => {
    const answer = await exchange(millrace.port, { method, target });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expectProblem(answer, 405, 'method-not-allowed');
    expectSecured(answer);
  });

  it.each(
    named([
      'FOO',
      'get',
      'Get',
      'GETT',
      '__proto__',
      'constructor',
      'G\xcbT',
      '',
      '"GET"',
      'A'.repeat(1000),
    ]),
  )('H13: %s is no method at all', async (_name, method) => {
    const bytes = `${method} ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`;
    expectProblem(await onlyAnswerTo(bytes), 400, 'malformed-request');
  });

  it('H13: CONNECT is refused, to anywhere, and a client that leaves at once harms nobody', async () => {
    for (const target of ['elsewhere.test:443', '127.0.0.1:22', PATH]) {
      const bytes = `CONNECT ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
      expectProblem(await onlyAnswerTo(bytes), 400, 'malformed-request');
      for (let time = 0; time < 20; time += 1) {
        const connection = await RawConnection.open(millrace.port);
        await connection.sendAll(Buffer.from(bytes + 'x'.repeat(100)));
        connection.reset();
      }
    }
    expect((await exchange(millrace.port, { target: PATH })).body.toString()).toBe('kept');
  });
});

describe('H13: a version of HTTP', () => {
  it.each([
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
    ['HTTP/2.0', `GET ${PATH} HTTP/2.0\r\nHost: a\r\n\r\n`],
    ['HTTP/3.0', `GET ${PATH} HTTP/3.0\r\nHost: a\r\n\r\n`],
    ['HTTP/1.2', `GET ${PATH} HTTP/1.2\r\nHost: a\r\n\r\n`],
    ['HTTP/0.9', `GET ${PATH} HTTP/0.9\r\nHost: a\r\n\r\n`],
    ['HTTP/0.9 as it was spoken', `GET ${PATH}\r\n\r\n`],
    ['HTTP/11', `GET ${PATH} HTTP/11\r\nHost: a\r\n\r\n`],
    ['HTTP/1.1 in lower case', `GET ${PATH} http/1.1\r\nHost: a\r\n\r\n`],
    ['HTTP/1.01', `GET ${PATH} HTTP/1.01\r\nHost: a\r\n\r\n`],
    ['HTTPS/1.1', `GET ${PATH} HTTPS/1.1\r\nHost: a\r\n\r\n`],
    ['ICY', `SOURCE ${PATH} ICY/1.0\r\nHost: a\r\n\r\n`],
    ['a TLS handshake', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'.padEnd(300, '\x55')],
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['SMTP', 'EHLO a.test\r\n'],
    ['a Redis command', '*1\r\n$4\r\nINFO\r\n'],
    ['zeros', '\0'.repeat(1000)],
  ])('H13: that is %s is refused and the connection closed', async (_case, bytes) => {
    expectProblem(await onlyAnswerTo(bytes), 400, 'malformed-request');
  });

  it('H13: that is HTTP/1.0 is served, with or without Host, and the connection closed', async () => {
    for (const host of ['', 'Host: a\r\n']) {
      const answer = await onlyAnswerTo(`GET ${PATH} HTTP/1.0\r\n${host}\r\n`);
      expect(answer.body.toString()).toBe('kept');
      expectSecured(answer);
    }
  });

  it('H13: that is HTTP/1.0 follows events, which end with the connection', async () => {
    const connection = await RawConnection.open(millrace.port);
    connection.send(`GET ${PATH}?offset=-1&live=sse HTTP/1.0\r\n\r\n`);
    const { headers } = await connection.head();
    expect(headers.get('connection')).toBe('close');
    expect(headers.has('transfer-encoding')).toBe(false);
    connection.endSending();
    expect((await connection.rest()).toString()).toMatch(/^event: data\ndata:kept\n\nid: /);
  });
});

describe('H13: Host', () => {
  it('H13: being absent from HTTP/1.1 is refused, for every method', async () => {
    await unchanged(millrace.port, PATH, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await exchange(millrace.port, { method, target: PATH, hostless: true });
        expectProblem(answer, 400, 'invalid-header');
      }
    });
    expectProblem(await exchange(millrace.port, { target: '/metrics', hostless: true }), 400);
  });

  it('H13: given twice is refused, the same or not', async () => {
    for (const fields of [['Host: millrace.test'], ['Host: b'], ['HOST: millrace.test']]) {
      expectProblem(await exchange(millrace.port, { target: PATH, fields }), 400, 'invalid-header');
    }
  });

  it.each(
    named([
      '',
      'a',
      'a.b-c.test:80',
      '127.0.0.1:4437',
      '[::1]:4437',
      'my_service:80',
      'a:',
      'xn--bcher-kva.test',
      '%61',
    ]),
  )('H13: %s is one', async (_name, host) => {
    const fields = [`Host: ${host}`];
    const answer = await exchange(millrace.port, { target: PATH, fields, hostless: true });
    expect(answer.body.toString()).toBe('kept');
  });
});

describe('H13: Expect', () => {
  const FIELDS = ['Content-Type: text/plain', 'Expect: 100-continue'];

  it('H13: 100-continue is told to go on, and then answered', async () => {
    const path = '/demo/expected';
    await createStream(millrace.port, path);
    const connection = await RawConnection.open(millrace.port);
    const fields = [...FIELDS, 'Content-Length: 4'];
    connection.send(requestBytes({ method: 'POST', target: path, fields }));
    expect((await connection.head()).status).toBe(100);
    connection.send('news');
    expect((await connection.answer()).status).toBe(204);
    expect(await stateOf(millrace.port, path)).toMatchObject({ body: 'news' });
    connection.send(requestBytes({ target: path }));
    expect((await connection.answer()).body.toString()).toBe('news');
    connection.close();
  });

  it('H13: 100-continue with a body that is too large is refused without going on', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const fields = [...FIELDS, 'Content-Length: 1000000000000'];
      connection.send(requestBytes({ method: 'POST', target: PATH, fields }));
      const answer = await connection.answer();
      expectProblem(answer, 413, 'body-too-large');
      expect(answer.interim).toEqual([]);
      await connection.ended;
    });
  });

  it('H13: 100-continue from a client that then sends nothing appends nothing', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const fields = [...FIELDS, 'Content-Length: 4'];
      connection.send(requestBytes({ method: 'POST', target: PATH, fields }));
      expect((await connection.head()).status).toBe(100);
      connection.endSending();
      expectProblem(await connection.answer(), 400);
      await connection.ended;
    });
  });

  it('H13: 100-continue behind another request waits for its turn', async () => {
    const connection = await RawConnection.open(millrace.port);
    const fields = [...FIELDS, 'Content-Length: 4'];
    const expecting = requestBytes({ method: 'PUT', target: '/demo/expected-later', fields });
    connection.send(Buffer.concat([requestBytes({ target: PATH }), expecting]));
    expect((await connection.answer()).body.toString()).toBe('kept');
    expect((await connection.head()).status).toBe(100);
    connection.send('news');
    expect((await connection.answer()).status).toBe(201);
    connection.close();
  });

  it.each(named(['nonsense', '200-ok', '100-continued', '', 'x=y; z']))(
    'H13: %s is refused with 417 and the connection closed',
    async (_name, expectation) => {
      await unchanged(millrace.port, PATH, async () => {
        const fields = ['Content-Type: text/plain', `Expect: ${expectation}`];
        const request = requestBytes({ method: 'POST', target: PATH, fields, body: 'x' });
        const answer = await onlyAnswerTo(request.toString('latin1'));
        expectProblem(answer, 417, 'expectation-failed');
      });
    },
  );
});

describe('H13: Upgrade', () => {
  it.each(named(['websocket', 'h2c', 'TLS/1.0', 'HTTP/2.0, h2c', 'nonsense']))(
    'H13: to %s is read over, and the connection stays what it is',
    async (_name, protocol) => {
      const connection = await RawConnection.open(millrace.port);
      const fields = [
        'Connection: Upgrade, HTTP2-Settings',
        `Upgrade: ${protocol}`,
        'HTTP2-Settings: AAMAAABkAAQAAP__',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ];
      for (let time = 0; time < 2; time += 1) {
        connection.send(requestBytes({ target: PATH, fields }));
        const answer = await connection.answer();
        expect(answer.status).toBe(200);
        expect(answer.headers.has('upgrade')).toBe(false);
      }
      connection.close();
    },
  );
});

describe('H13: a page of another origin', () => {
  const ORIGIN = 'Origin: https://app.test';
  /** Every header of the protocol that an answer can carry and a browser would hide. */
  const EXPOSED = [
    'Stream-Next-Offset',
    'Stream-Up-To-Date',
    'Stream-Cursor',
    'Stream-Closed',
    'Stream-TTL',
    'Stream-Expires-At',
    'Stream-SSE-Data-Encoding',
    'Producer-Epoch',
    'Producer-Seq',
    'Producer-Expected-Seq',
    'Producer-Received-Seq',
    'ETag',
    'Location',
    'Retry-After',
  ];

  const list = (text = ''): string[] => text.toLowerCase().split(', ');

  it.each([
    ['GET', PATH, [], 200],
    ['HEAD', PATH, [], 200],
    ['PUT', PATH, ['Content-Type: text/plain'], 200],
    ['POST', PATH, [], 400],
    ['DELETE', PATH, ['If-Match: "x"'], 412],
    ['GET', '/demo/absent', [], 404],
    ['GET', `${PATH}?offset=x`, [], 400],
    ['PATCH', PATH, [], 405],
    ['GET', '/demo', [], 200],
    ['GET', '/%zz', [], 400],
    ['GET', '/-/ready', [], 200],
  ])('H13: may read %s %s with credentials', async (method, target, fields, status) => {
    const answer = await exchange(millrace.port, { method, target, fields: [...fields, ORIGIN] });
    expect(answer.status).toBe(status);
    const { headers } = answer;
    expect(headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(list(headers.get('vary'))).toContain('origin');
    const exposed = list(headers.get('access-control-expose-headers'));
    // With credentials a browser takes the star for a header of that name.
    expect(exposed).not.toContain('*');
    for (const name of EXPOSED) expect(exposed).toContain(name.toLowerCase());
    expectSecured(answer);
  });

  it('H13: may ask beforehand, for every method and header of the protocol', async () => {
    const answer = await exchange(millrace.port, {
      method: 'OPTIONS',
      target: PATH,
      fields: [ORIGIN, 'Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: x'],
    });
    expect(answer.status).toBe(204);
    const { headers } = answer;
    expect(headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    const methods = list(headers.get('access-control-allow-methods'));
    expect(methods).toEqual(expect.arrayContaining(['get', 'head', 'post', 'put', 'delete']));
    const allowed = list(headers.get('access-control-allow-headers'));
    expect(allowed).not.toContain('*');
    for (const name of [
      'Content-Type',
      'Stream-Seq',
      'Stream-TTL',
      'Stream-Expires-At',
      'Stream-Closed',
      'Stream-Forked-From',
      'Stream-Fork-Offset',
      'Stream-Fork-Sub-Offset',
      'Producer-Id',
      'Producer-Epoch',
      'Producer-Seq',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'Authorization',
    ]) {
      expect(allowed).toContain(name.toLowerCase());
    }
    expectSecured(answer);
  });

  it('H13: that is not listed gets no leave, and the answer says that it depends', async () => {
    for (const origin of [
      'https://evil.test',
      'https://app.test.evil.test',
      'null',
      'https://app.test:1',
      'HTTPS://APP.TEST',
    ]) {
      const fields = [`Origin: ${origin}`];
      const { headers } = await exchange(walled.port, { target: PATH, fields });
      expect(headers.has('access-control-allow-origin')).toBe(false);
      expect(headers.has('access-control-allow-credentials')).toBe(false);
      expect(list(headers.get('vary'))).toContain('origin');
    }
    const { headers } = await exchange(walled.port, { target: PATH, fields: [ORIGIN] });
    expect(headers.get('access-control-allow-origin')).toBe('https://app.test');
  });

  it('H13: is not mixed up with another in a cache', async () => {
    // What caches may keep says so even when no origin was sent.
    const { headers } = await exchange(millrace.port, { target: PATH });
    expect(headers.get('cache-control')).toContain('public');
    expect(list(headers.get('vary'))).toContain('origin');
  });
});
