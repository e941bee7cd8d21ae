import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import type { Answer } from '../../src/services/answer.ts';
import { parseAddressRange } from '../../src/services/ip-address.ts';
import { Outbound, type OutboundSettings } from '../../src/services/outbound.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
import { namesOf, Service } from './service.ts';

const LONG_MS = 60_000;
const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function outbound(settings: Partial<OutboundSettings> = {}): Outbound {
  const made = new Outbound({
    addresses: {
      allowPrivate: false,
      allowed: [must(parseAddressRange('127.0.0.1'), 'a range')],
    },
    resolve: namesOf({ 'one.test': [['127.0.0.1']], 'two.test': [['127.0.0.1']] }).resolve,
    connectTimeoutMs: LONG_MS,
    headBytesMax: 16_384,
    callsMax: 100,
    waitingPerOriginMax: 100,
    lookupsMax: 10,
    socketsPerOriginMax: 10,
    idleSocketsMax: 10,
    idleMs: LONG_MS,
    ca: CERTIFICATE,
    ...settings,
  });
  closing.push(() => {
    made.close();
  });
  return made;
}

async function tlsService(location?: string): Promise<Service> {
  const identity = { key: CERTIFICATE_KEY, cert: CERTIFICATE };
  const started = await Service.startWith(
    (_received, response) => {
      if (location === undefined) response.end('done');
      else response.writeHead(307, { Location: location }).end();
    },
    (listener) => createTlsServer(identity, listener),
  );
  closing.push(() => started.close());
  return started;
}

function call(calls: Outbound, url: string): Promise<Answer> {
  return calls.call({
    url,
    method: 'GET',
    headers: {},
    body: undefined,
    redirectsMax: 1,
    bytesMax: 1000,
    timeoutMs: LONG_MS,
    signal: undefined,
  });
}

describe('a call over TLS', () => {
  it('is made to a service that proves its name', async () => {
    const one = await tlsService();
    const calls = outbound();
    expect(await call(calls, one.url('one.test', '/', 'https'))).toMatchObject({ status: 200 });
    expect(await call(calls, one.url('one.test', '/', 'https'))).toMatchObject({ status: 200 });
    expect(one.connections).toBe(1);
  });

  it('is not made to one that proves another, or that nobody vouches for', async () => {
    const one = await tlsService();
    const failure = { kind: 'unreachable', reason: 'tls' };
    expect(await call(outbound(), one.url('two.test', '/', 'https'))).toEqual(failure);
    const strict = outbound({ ca: undefined });
    expect(await call(strict, one.url('one.test', '/', 'https'))).toEqual(failure);
    expect(one.received).toEqual([]);
  });

  it('judges the address before it says hello', async () => {
    const one = await tlsService();
    const calls = outbound({ addresses: { allowPrivate: false, allowed: [] } });
    const answer = await call(calls, one.url('one.test', '/', 'https'));
    expect(answer).toEqual({ kind: 'refused-address', address: '127.0.0.1' });
    expect(one.connections).toBe(0);
  });

  it('is never redirected to where anybody could listen', async () => {
    const one = await tlsService('http://one.test/');
    const answer = await call(outbound(), one.url('one.test', '/', 'https'));
    expect(answer).toEqual({ kind: 'unreachable', reason: 'redirect-downgrade' });
  });

  it('waits for the other side’s hello no longer than connecting may take', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const calls = outbound({ connectTimeoutMs: 100 });
    expect(await call(calls, `https://one.test:${port}/`)).toEqual({ kind: 'timed-out' });
  });
});
