import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from '../../src/services/answer.ts';
import type { Outbound, OutboundSettings } from '../../src/services/outbound.ts';
import { LONG_MS, outbound } from '../support/outbound-calls.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
import { Service } from './service.ts';

/** Makes calls to whoever proves a name of the tests. */
function trusting(settings: Partial<OutboundSettings> = {}): Outbound {
  return outbound({ ca: CERTIFICATE, ...settings });
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
  onTestFinished(() => started.close());
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
    const calls = trusting();
    expect(await call(calls, one.url('one.test', '/', 'https'))).toMatchObject({ status: 200 });
    expect(await call(calls, one.url('one.test', '/', 'https'))).toMatchObject({ status: 200 });
    expect(one.connections).toBe(1);
  });

  it('is not made to one that proves another, or that nobody vouches for', async () => {
    const one = await tlsService();
    const failure = { kind: 'unreachable', reason: 'tls' };
    expect(await call(trusting(), one.url('two.test', '/', 'https'))).toEqual(failure);
    const strict = trusting({ ca: undefined });
    expect(await call(strict, one.url('one.test', '/', 'https'))).toEqual(failure);
    expect(one.received).toEqual([]);
  });

  it('judges the address before it says hello', async () => {
    const one = await tlsService();
    const calls = trusting({ addresses: { allowPrivate: false, allowed: [] } });
    const answer = await call(calls, one.url('one.test', '/', 'https'));
    expect(answer).toEqual({ kind: 'refused-address', address: '127.0.0.1' });
    expect(one.connections).toBe(0);
  });

  it('is never redirected to where anybody could listen', async () => {
    const one = await tlsService('http://one.test/');
    const answer = await call(trusting(), one.url('one.test', '/', 'https'));
    expect(answer).toEqual({ kind: 'unreachable', reason: 'redirect-downgrade' });
  });

  it('waits for the other side’s hello no longer than connecting may take', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const calls = trusting({ connectTimeoutMs: 100 });
    expect(await call(calls, `https://one.test:${port}/`)).toEqual({ kind: 'timed-out' });
  });
});
