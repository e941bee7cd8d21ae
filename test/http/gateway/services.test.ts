import { describe, expect, test } from 'vitest';
import type { HandlerRegistration } from '../../../src/index.ts';
import { freshName } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';
import { Service } from '../../services/service.ts';

const HANDLERS: readonly HandlerRegistration[] = [
  {
    subject: 'shop.echo',
    handle: ({ subject, headers, body }) => ({
      status: 201,
      body: {
        subject,
        method: headers['gateway-method'],
        path: headers['gateway-path'],
        query: headers['gateway-query'],
        type: headers['content-type'],
        hops: headers['millrace-hops'],
        body: body.toString(),
      },
    }),
  },
  { subject: 'shop.silent', handle: () => new Promise(() => undefined) },
  { account: 'other', subject: 'shop.theirs', handle: () => ({ body: 'theirs' }) },
];

describe.each(['memory', 'embedded'] as const)('a gateway before services, %s engine', (engine) => {
  const options = { services: HANDLERS, servicesAllowLoopback: true };
  const api = new TriggerApiClient(new StorageApiClient(engine, options));
  const { served } = api.storage;

  /** A public gateway whose subject this is. */
  async function open(subject: string, mapping: object = {}): Promise<string> {
    const name = freshName();
    const created = await api.ask('POST', '/trigger/gateway', {
      name,
      trigger_type: 'gateway',
      gateway_mapping: { method: 'POST', path: `/${name}`, is_public: true, subject, ...mapping },
    });
    expect(created.text).toContain('"status_code":201');
    return `/gateway/${name}`;
  }

  test('relays to a handler in this process', async () => {
    const path = await open('shop.echo');
    const headers = { 'Content-Type': 'text/plain', 'Millrace-Hops': '3' };
    const answer = await served.post(`${path}?a=1`, { headers, body: 'hello' });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      subject: 'shop.echo',
      method: 'POST',
      path: path.slice('/gateway'.length),
      query: 'a=1',
      type: 'text/plain',
      hops: '4',
      body: 'hello',
    });
  });

  test('gives up on one that does not answer within its timeout', async () => {
    const path = await open('shop.silent', { timeout: 50 });
    const answer = await served.post(path);
    expect(answer.status).toBe(504);
    expect(answer.json).toMatchObject({ status_code: 504 });
  });

  test('asks no service of another account', async () => {
    expect((await served.post(await open('shop.theirs'))).status).toBe(503);
  });

  test('relays to an HTTP endpoint while one is registered, and stores before and after', async () => {
    const service = await Service.start(({ headers, body }, response) => {
      const signed = headers['webhook-signature'] === undefined ? 'unsigned' : 'signed';
      response.writeHead(409, { 'Content-Type': 'text/x-odd', 'Set-Cookie': 'a=b' });
      response.end(`${signed} ${String(headers['gateway-method'])} ${body}`);
    });
    const stream = await api.storage.stream();
    const subject = `${stream}.in`;
    const path = await open(subject, { method: 'PUT' });
    const put = () => served.put(path, { body: 'x' });
    const registration = `/trigger/services/${subject}`;
    try {
      expect((await put()).status).toBe(202);
      const registered = await api.ask('PUT', registration, {
        url: service.url('127.0.0.1', '/in'),
      });
      expect(registered.status).toBe(201);
      const answer = await put();
      expect([answer.status, answer.text]).toEqual([409, 'signed PUT x']);
      expect(answer.header('content-type')).toBe('text/x-odd');
      expect(answer.header('set-cookie')).toBeUndefined();
      await service.close();
      expect((await put()).status).toBe(502);
      await api.ask('DELETE', registration);
      expect((await put()).status).toBe(202);
    } finally {
      await service.close();
    }
    expect(await api.storage.bodies(stream)).toHaveLength(2);
  });
});
