import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from '../../src/services/answer.ts';
import { systemResolve } from '../../src/services/names.ts';
import type { Call } from '../../src/services/outbound.ts';
import { LONG_MS, outbound } from '../support/outbound-calls.ts';
import { namesOf, service } from './service.ts';

function post(url: string, more: Partial<Call> = {}): Call {
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: Buffer.from('hello'),
    redirectsMax: 0,
    bytesMax: 1000,
    timeoutMs: LONG_MS,
    signal: undefined,
    ...more,
  };
}

function get(url: string, more: Partial<Call> = {}): Call {
  return post(url, { method: 'GET', body: undefined, ...more });
}

function shown(answer: Answer): unknown {
  if (answer.kind !== 'answered') return answer;
  return { status: answer.status, body: answer.body.toString(), url: answer.url.href };
}

describe('a call', () => {
  it('sends the request and gives the whole answer', async () => {
    const one = await service((_received, response) => {
      response.writeHead(201, { 'X-A': ['1', '2'], 'Set-Cookie': ['a=1', 'b=2'] }).end('done');
    });
    const answer = await outbound().call(post(one.url('one.test', '/in?x=1')));
    expect(shown(answer)).toEqual({
      status: 201,
      body: 'done',
      url: one.url('one.test', '/in?x=1'),
    });
    const headers = answer.kind === 'answered' ? answer.headers : undefined;
    expect([headers?.get('x-a'), headers?.get('set-cookie')]).toEqual(['1, 2', 'a=1, b=2']);
    expect(one.received).toEqual([
      {
        method: 'POST',
        url: '/in?x=1',
        body: 'hello',
        headers: {
          host: `one.test:${one.port}`,
          'content-type': 'text/plain',
          'content-length': '5',
          'accept-encoding': 'identity',
          'user-agent': 'Millrace',
          connection: 'keep-alive',
        },
      },
    ]);
  });

  it('of an answer without a body is answered with none', async () => {
    const one = await service((_received, response) => response.writeHead(204).end());
    const answer = await outbound().call(post(one.url('one.test'), { body: undefined }));
    expect(answer).toMatchObject({ kind: 'answered', status: 204, body: Buffer.alloc(0) });
    expect(one.received[0]?.headers['content-length']).toBe('0');
  });

  it('uses its connections again, and keeps a bounded number of them', async () => {
    const one = await service((_received, response) => response.end('done'));
    const calls = outbound({ socketsPerOriginMax: 2, idleSocketsMax: 1 });
    await Promise.all(Array.from({ length: 10 }, () => calls.call(post(one.url('one.test')))));
    expect(one.received).toHaveLength(10);
    expect(one.connections).toBeLessThanOrEqual(10);
    await expect.poll(() => calls.sockets, { timeout: LONG_MS }).toBe(1);
    const before = one.connections;
    await calls.call(post(one.url('one.test')));
    expect(one.connections).toBe(before);
  });

  it('keeps few connections open to many services', async () => {
    const calls = outbound({ idleSocketsMax: 2 });
    for (let each = 0; each < 5; each += 1) {
      const one = await service((_received, response) => response.end('done'));
      expect(await calls.call(post(one.url('one.test')))).toMatchObject({ status: 200 });
    }
    await expect.poll(() => calls.sockets, { timeout: LONG_MS }).toBe(2);
  });

  it('never opens more connections to one origin at once than allowed', async () => {
    let most = 0;
    const one = await service((_received, response) => {
      most = Math.max(most, one.sockets.size);
      setImmediate(() => response.end('done'));
    });
    const calls = outbound({ socketsPerOriginMax: 2, idleSocketsMax: 2 });
    await Promise.all(Array.from({ length: 20 }, () => calls.call(post(one.url('one.test')))));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('is sent anew when a connection from before turns out to be gone', async () => {
    const one = await service((received, response) => {
      if (received.url === '/cut' && one.connections === 1) response.destroy();
      else response.end('done');
    });
    const calls = outbound();
    await calls.call(post(one.url('one.test', '/first')));
    expect(await calls.call(post(one.url('one.test', '/cut')))).toMatchObject({ status: 200 });
    expect(one.received.map(({ url }) => url)).toEqual(['/first', '/cut', '/cut']);
  });

  it('beyond the number that may be under way is not made', async () => {
    const one = await service(() => undefined);
    const calls = outbound({ callsMax: 1 });
    const first = calls.call(post(one.url('one.test')));
    const busy = { kind: 'unreachable', reason: 'busy' };
    expect(await calls.call(post(one.url('one.test')))).toEqual(busy);
    calls.close();
    const stopped = { kind: 'unreachable', reason: 'stopped' };
    expect(await first).toEqual(stopped);
    expect(await calls.call(post(one.url('one.test')))).toEqual(stopped);
    expect(calls.callsUnderWay).toBe(0);
  });

  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])('asks no proxy of %s', async (name) => {
    const proxy = await service((_received, response) => response.end('proxied'));
    const one = await service((_received, response) => response.end('direct'));
    const before = process.env[name];
    process.env[name] = `http://127.0.0.1:${proxy.port}`;
    try {
      const answer = await outbound().call(get(one.url('one.test')));
      expect(shown(answer)).toMatchObject({ body: 'direct' });
      expect(proxy.received).toEqual([]);
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before;
    }
  });

  it('with a header that belongs to the connection is not made', async () => {
    const one = await service((_received, response) => response.end());
    const answer = await outbound().call(post(one.url('one.test'), { headers: { Host: 'x' } }));
    expect(answer).toEqual({ kind: 'invalid-header', name: 'Host' });
    expect(one.connections).toBe(0);
  });

  it('can be given up', async () => {
    const abort = new AbortController();
    const one = await service(() => {
      abort.abort();
    });
    const stopped = { kind: 'unreachable', reason: 'stopped' };
    const call = post(one.url('one.test'), { signal: abort.signal });
    expect(await outbound().call(call)).toEqual(stopped);
    expect(await outbound().call(call)).toEqual(stopped);
    expect(one.received).toHaveLength(1);
  });
});

describe('an address that is closed', () => {
  const strangers = { allowPrivate: false, allowed: [] };

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])(
    'is not connected to as %s',
    async (host) => {
      const one = await service((_received, response) => response.end());
      const calls = outbound({ addresses: strangers, resolve: systemResolve });
      expect(await calls.call(get(one.url(host)))).toMatchObject({ kind: 'refused-address' });
      expect(one.connections).toBe(0);
    },
  );

  it('is judged at each connection, whatever the name led to before (W2)', async () => {
    const one = await service((_received, response) => {
      response.writeHead(200, { Connection: 'close' }).end();
    });
    const names = namesOf({ 'one.test': [['127.0.0.1'], ['10.0.0.1'], ['127.0.0.2']] });
    const calls = outbound({ resolve: names.resolve });
    expect(await calls.call(get(one.url('one.test')))).toMatchObject({ status: 200 });
    for (const address of ['10.0.0.1', '127.0.0.2']) {
      expect(await calls.call(get(one.url('one.test')))).toEqual({
        kind: 'refused-address',
        address,
      });
    }
    // One question a call: what was judged is what was connected to.
    expect(names.asked).toHaveLength(3);
    expect(one.connections).toBe(1);
  });

  it('is passed over where the name leads to an open one too', async () => {
    const one = await service((_received, response) => response.end());
    const { resolve } = namesOf({ 'one.test': [['10.0.0.1', '::1', '127.0.0.1']] });
    expect(await outbound({ resolve }).call(get(one.url('one.test')))).toMatchObject({
      status: 200,
    });
  });

  it('is allowed with one’s own networks', async () => {
    const one = await service((_received, response) => response.end());
    const calls = outbound({ addresses: { allowPrivate: true, allowed: [] } });
    expect(await calls.call(get(one.url('127.0.0.1')))).toMatchObject({ status: 200 });
  });
});

describe('a redirect', () => {
  it('is the answer, unless redirects are followed (W3)', async () => {
    const one = await service((_received, response) => {
      response.writeHead(307, { Location: 'http://169.254.169.254/' }).end('there');
    });
    const answer = await outbound().call(post(one.url('one.test')));
    expect(shown(answer)).toMatchObject({ status: 307, body: 'there' });
  });

  it.each(['http://169.254.169.254/', 'http://[::1]:1/', 'http://inner.test/'])(
    'to %s is refused like the address itself (W3)',
    async (to) => {
      const one = await service((_received, response) => {
        response.writeHead(307, { Location: to }).end();
      });
      const { resolve } = namesOf({ 'one.test': [['127.0.0.1']], 'inner.test': [['10.0.0.1']] });
      const answer = await outbound({ resolve }).call(
        post(one.url('one.test'), { redirectsMax: 3 }),
      );
      expect(answer).toMatchObject({ kind: 'refused-address' });
    },
  );

  it('takes the request along, and to another origin no credentials', async () => {
    const two = await service((_received, response) => response.end('here'));
    const one = await service((received, response) => {
      const to = received.url === '/' ? '/again' : two.url('two.test', '/in');
      response.writeHead(308, { Location: to }).end('x'.repeat(5000));
    });
    const headers = { Authorization: 'Bearer x', 'Webhook-Signature': 't=1', 'X-Key': 'k' };
    const call = post(one.url('one.test'), { headers, redirectsMax: 2 });
    const answer = await outbound().call(call);
    expect(shown(answer)).toEqual({ status: 200, body: 'here', url: two.url('two.test', '/in') });
    expect(one.received[1]?.headers).toMatchObject({ authorization: 'Bearer x', 'x-key': 'k' });
    const [received] = two.received;
    expect(received).toMatchObject({ method: 'POST', body: 'hello' });
    expect(Object.keys(received?.headers ?? {}).sort()).toEqual(
      ['accept-encoding', 'connection', 'content-length', 'host', 'user-agent'].sort(),
    );
  });

  it('is followed so often and no further', async () => {
    const one = await service((received, response) => {
      const step = Number(received.url?.slice(1));
      if (step === 3) response.end('here');
      else response.writeHead(302, { Location: `/${step + 1}` }).end();
    });
    const from = one.url('one.test', '/0');
    const reached = await outbound().call(get(from, { redirectsMax: 3 }));
    expect(shown(reached)).toMatchObject({ status: 200, body: 'here' });
    expect(await outbound().call(get(from, { redirectsMax: 2 }))).toEqual({
      kind: 'unreachable',
      reason: 'too-many-redirects',
    });
  });
});

describe('a service that is not well', () => {
  it('and never answers is waited for no longer than said (W4)', async () => {
    const one = await service(() => undefined);
    const calls = outbound();
    const answer = await calls.call(post(one.url('one.test'), { timeoutMs: 50 }));
    expect(answer).toEqual({ kind: 'timed-out' });
    await expect.poll(() => one.sockets.size + calls.sockets, { timeout: LONG_MS }).toBe(0);
  });

  it('and sends its body a byte at a time takes no longer either', async () => {
    const one = await service((_received, response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    const answer = await outbound().call(post(one.url('one.test'), { timeoutMs: 100 }));
    expect(answer).toEqual({ kind: 'timed-out' });
    await expect.poll(() => one.sockets.size, { timeout: LONG_MS }).toBe(0);
  });

  it('keeps no other service waiting, nor those that wait for it beyond their time', async () => {
    const one = await service(() => undefined);
    const two = await service((_received, response) => response.end('done'));
    const calls = outbound({ socketsPerOriginMax: 1 });
    const first = calls.call(post(one.url('one.test')));
    const waiting = calls.call(post(one.url('one.test'), { timeoutMs: 50 }));
    expect(shown(await calls.call(post(two.url('two.test'))))).toMatchObject({ body: 'done' });
    expect(await waiting).toEqual({ kind: 'timed-out' });
    calls.close();
    await first;
  });

  it('has its place free again, however a call ended', async () => {
    const one = await service(({ url }, response) => {
      if (url === '/to') response.writeHead(307, { Location: '/' }).end('x'.repeat(100_000));
      else if (url === '/large') response.end('x'.repeat(100_000));
      else if (url === '/slow') response.write('x');
      else if (url === '/cut') response.write('x', () => response.destroy());
      else if (url !== '/never') response.end('done');
    });
    const calls = outbound({ socketsPerOriginMax: 1 });
    for (const path of ['/to', '/large', '/slow', '/cut', '/never', '/to', '/']) {
      const isHanging = path === '/slow' || path === '/never';
      const more = { redirectsMax: 1, ...(isHanging ? { timeoutMs: 2000 } : {}) };
      const answer = await calls.call(get(one.url('one.test', path), more));
      expect([path, answer.kind]).not.toEqual(['/to', 'timed-out']);
      expect(calls.callsUnderWay).toBe(0);
    }
    expect(one.received.map(({ url }) => url)).toEqual([
      ...['/to', '/', '/large', '/slow', '/cut', '/never', '/to', '/', '/'],
    ]);
  });

  it('and whose name is not answered is waited for no longer than connecting may take', async () => {
    const resolve = (): Promise<never> => new Promise(() => undefined);
    const calls = outbound({ resolve, connectTimeoutMs: 50, lookupsMax: 1 });
    expect(await calls.call(get('http://one.test/'))).toEqual({ kind: 'timed-out' });
    // The question is still out; there is no room for another.
    expect(await calls.call(get('http://two.test/'))).toEqual({
      kind: 'unreachable',
      reason: 'name-unknown',
    });
  });

  it.each(['with its length', 'without'])(
    'sends an endless body %s and is cut (W4)',
    async (how) => {
      const one = await service((_received, response) => {
        if (how === 'with its length') response.setHeader('Content-Length', String(2 ** 40));
        const piece = Buffer.alloc(65_536);
        const more = (): void => {
          while (!response.destroyed && response.write(piece));
        };
        response.on('drain', more);
        more();
      });
      const answer = await outbound().call(post(one.url('one.test'), { bytesMax: 100_000 }));
      expect(answer).toEqual({ kind: 'too-large' });
      await expect.poll(() => one.sockets.size, { timeout: LONG_MS }).toBe(0);
    },
  );

  it('may send a body up to the bound', async () => {
    const one = await service((_received, response) => response.end(Buffer.alloc(1000)));
    expect(await outbound().call(post(one.url('one.test')))).toMatchObject({ kind: 'answered' });
    const tight = post(one.url('one.test'), { bytesMax: 999 });
    expect(await outbound().call(tight)).toEqual({ kind: 'too-large' });
  });

  it('may send a body up to the bound whose length it does not say', async () => {
    const one = await service((_received, response) => {
      response.write(Buffer.alloc(999));
      response.end('x');
    });
    expect(await outbound().call(post(one.url('one.test')))).toMatchObject({ kind: 'answered' });
    const tight = post(one.url('one.test'), { bytesMax: 999 });
    expect(await outbound().call(tight)).toEqual({ kind: 'too-large' });
  });

  it.each([
    { says: `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, failure: { kind: 'too-large' } },
    { says: 'nonsense\r\n\r\n', failure: { kind: 'unreachable', reason: 'not-http' } },
    { says: '', failure: { kind: 'unreachable', reason: 'connection-lost' } },
    {
      says: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
      failure: { kind: 'unreachable', reason: 'connection-lost' },
    },
    {
      says: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      failure: { kind: 'unreachable', reason: 'connection-lost' },
    },
  ])('and says $says is told by what it is', async ({ says, failure }) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(says));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    expect(await outbound().call(get(`http://127.0.0.1:${port}/`))).toEqual(failure);
  });

  it('or not there is told by why', async () => {
    const one = await service(() => undefined);
    const url = one.url('one.test');
    await one.close();
    const calls = outbound();
    expect(await calls.call(get(url))).toEqual({
      kind: 'unreachable',
      reason: 'connection-refused',
    });
    expect(await calls.call(get('http://nowhere.test/'))).toEqual({
      kind: 'unreachable',
      reason: 'name-unknown',
    });
  });
});
