import { describe, expect, test } from 'vitest';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';
import type { Headers } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { onTriggerEngines, TriggerApiClient } from '../../support/http/trigger-api.ts';
import { at } from '../../support/openapi-checker.ts';

const URL_OF_ONE = 'https://service.example/in';

function path(subject: string): string {
  return `/trigger/services/${encodeURIComponent(subject)}`;
}

onTriggerEngines('a service', (api) => {
  const put = (subject: string, given: unknown) => api.ask('PUT', path(subject), given);
  const get = (subject: string) => api.ask('GET', path(subject));

  test('is registered with 201, replaced with 200, seen and removed', async () => {
    const subject = `${freshName()}.in`;
    const made = await put(subject, { url: URL_OF_ONE });
    expect(made.status).toBe(201);
    const body = { subject, type: 'http', url: URL_OF_ONE, headers: {} };
    expect(made.json).toEqual({ body, status_code: 201 });
    expect((await get(subject)).json).toEqual({ body, status_code: 200 });
    const replaced = await put(subject, { url: `${URL_OF_ONE}/2`, timeout_ms: 500 });
    expect(replaced.status).toBe(200);
    expect((await get(subject)).json).toMatchObject({
      body: { url: `${URL_OF_ONE}/2`, timeout_ms: 500 },
    });
    expect((await api.ask('DELETE', path(subject))).json).toEqual({ status_code: 200 });
    for (const method of ['GET', 'DELETE']) {
      const absent = await api.ask(method, path(subject));
      expect(absent.status).toBe(404);
      expect(absent.json).toMatchObject({ status_code: 404 });
    }
  });

  test('shows the names of its headers and not their values, wherever it is read', async () => {
    const subject = `${freshName()}.in`;
    const headers = { Authorization: 'Bearer very-secret', 'X-Plain': 'plain-text' };
    const made = await put(subject, { url: URL_OF_ONE, headers });
    expect(at(made.json, 'body', 'headers')).toEqual({ authorization: '***', 'x-plain': '***' });
    const record = await api.ask(
      'GET',
      `/storage/streams/quiva-trigger-config/search-by-subject?search=ms.trigger.service.${subject}`,
    );
    expect(record.text).toContain('authorization');
    const list = await api.ask('GET', '/trigger/services');
    for (const { text } of [made, await get(subject), record, list]) {
      expect(text).not.toMatch(/very-secret|plain-text/);
    }
    const sentBack = await put(subject, { url: URL_OF_ONE, headers: { authorization: '***' } });
    expect(sentBack.text).toContain('headers.authorization is masked');
  });

  test('is listed, by subject', async () => {
    const name = freshName();
    for (const last of ['b', 'a']) await put(`${name}.${last}`, { url: URL_OF_ONE });
    const { json } = await api.ask('GET', '/trigger/services');
    const results = at(json, 'body', 'results');
    const subjects = Array.isArray(results) ? results.map((each) => at(each, 'subject')) : [];
    const own = subjects.filter((each) => String(each).startsWith(`${name}.`));
    expect(own).toEqual([`${name}.a`, `${name}.b`]);
    expect(at(json, 'body', 'results_total')).toBe(subjects.length);
  });

  test.each([
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://127.0.0.1:8080/',
    'http://192.168.1.1/',
    'http://100.100.100.200/',
    'http://0.0.0.0/',
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::a00:1]/',
  ])('may not be at %s', async (url) => {
    const answer = await put(freshName(), { url });
    expect(answer.status).toBe(400);
    expect(at(answer.json, 'error')).toMatch(/^Invalid request: url leads to .+ may not be called/);
  });

  test.each([
    [{}, "Missing required field 'url' in service"],
    [{ url: 7 }, 'url must be a string'],
    [{ url: 'no url' }, 'url is no URL'],
    [{ url: 'ftp://service.example/' }, 'url must begin with http:// or https://'],
    [{ url: 'https://me:word@service.example/' }, 'url must not have credentials'],
    [{ url: 'https://service.example/#part' }, 'url must not have a fragment'],
    [{ url: URL_OF_ONE, timeout_ms: 0 }, 'timeout_ms must be an integer from 1'],
    [{ url: URL_OF_ONE, timeout_ms: 600_001 }, 'timeout_ms must be an integer from 1'],
    [{ url: URL_OF_ONE, headers: 'a: b' }, 'headers must be an object'],
    [{ url: URL_OF_ONE, headers: { Host: 'other.example' } }, 'headers.Host is no header'],
    [{ url: URL_OF_ONE, headers: { 'a b': 'c' } }, 'headers.a b is no header'],
    [{ url: URL_OF_ONE, headers: { a: 'b\r\nc: d' } }, 'headers.a must be a string of at most'],
    [{ url: URL_OF_ONE, headers: { a: 'Bearer …' } }, 'headers.a must be a string of at most'],
    [{ url: URL_OF_ONE, headers: { a: 1 } }, 'headers.a must be a string of at most'],
    [{ url: 'http://127.0.0.1:8080/' }, 'has to be started with --services-allow-loopback'],
    [{ url: 'http://10.0.0.1/' }, 'has to be started with --services-allow-private'],
    [{ url: URL_OF_ONE, headers: { 'Webhook-Signature': 'x' } }, 'is no header'],
    [{ url: URL_OF_ONE, headers: { a: 'b', A: 'c' } }, 'headers.A is there twice'],
    [{ url: URL_OF_ONE, adress: 1 }, 'adress is nothing that a service has'],
    [[], 'The service must be an object'],
  ])('given as %j is 400', async (given, reason) => {
    const answer = await put(freshName(), given);
    expect(answer.status).toBe(400);
    expect(at(answer.json, 'error')).toContain(`Invalid request: `);
    expect(at(answer.json, 'error')).toContain(reason);
  });

  test.each(['a..b', 'a.*', 'a.>', '$DS.bucket.stream', '$DS', 'a b', 'x'.repeat(1010)])(
    'on the subject %s is 400',
    async (subject) => {
      const answer = await put(subject, { url: URL_OF_ONE });
      expect(answer.status).toBe(400);
      expect(at(answer.json, 'error')).toContain('The subject must be a subject');
      expect((await get(subject)).status).toBe(404);
      expect((await api.ask('DELETE', path(subject))).status).toBe(404);
    },
  );
});

describe('registrations', () => {
  const api = new TriggerApiClient(new StorageApiClient('embedded', {}));

  test('outlive a restart, and so do removals', async () => {
    const [kept, gone] = [freshName(), freshName()];
    const given = { url: URL_OF_ONE, timeout_ms: 77, headers: { 'X-Key': 'secret' } };
    for (const subject of [kept, gone]) await api.ask('PUT', path(subject), given);
    await api.ask('DELETE', path(gone));
    const before = await api.ask('GET', path(kept));
    await api.storage.served.restart();
    expect((await api.ask('GET', path(kept))).json).toEqual(before.json);
    expect((await api.ask('GET', path(gone))).status).toBe(404);
  });
});

describe('services in a server whose own networks may be called', () => {
  const api = new TriggerApiClient(new StorageApiClient('memory', { servicesAllowPrivate: true }));

  test.each([
    ['http://10.0.0.1/', 201],
    ['http://127.0.0.1:1/', 201],
    ['http://169.254.169.254/', 400],
    ['http://224.0.0.1/', 400],
  ])('may be at %s: %d', async (url, status) => {
    expect((await api.ask('PUT', path(freshName()), { url })).status).toBe(status);
  });
});

describe('services in a server that may call this machine', () => {
  const api = new TriggerApiClient(new StorageApiClient('memory', { servicesAllowLoopback: true }));

  test.each([
    ['http://127.0.0.1:1/', 201],
    ['http://[::1]:1/', 201],
    ['http://10.0.0.1/', 400],
  ])('may be at %s: %d', async (url, status) => {
    expect((await api.ask('PUT', path(freshName()), { url })).status).toBe(status);
  });
});

describe('services of the program around the server', () => {
  const handle = () => ({ body: 'hello' });
  const api = new TriggerApiClient(
    new StorageApiClient('memory', { services: [{ subject: 'greetings', handle }] }),
  );

  test('are listed, and changed by no request', async () => {
    const body = { subject: 'greetings', type: 'handler' };
    expect((await api.ask('GET', path('greetings'))).json).toEqual({ body, status_code: 200 });
    for (const method of ['PUT', 'DELETE']) {
      const given = method === 'PUT' ? { url: URL_OF_ONE } : undefined;
      expect((await api.ask(method, path('greetings'), given)).status).toBe(400);
    }
  });
});

describe('services behind credentials', () => {
  const api = new TriggerApiClient(new StorageApiClient('memory', { jwtSecret: SECRET }));

  async function as(account: string, scope: string): Promise<Headers> {
    const token = await signWithSecret({ account, scope });
    return { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  }

  test('are read with trigger:read and changed with trigger:write, down to a subject', async () => {
    const reader = await as('acme', 'trigger:read:orders.*');
    const writer = await as('acme', 'trigger:write:orders.*');
    const put = (subject: string, headers: Headers) =>
      api.ask('PUT', path(subject), { url: URL_OF_ONE }, headers);
    expect((await put('orders.in', reader)).status).toBe(401);
    expect((await put('other.in', writer)).status).toBe(401);
    expect((await put('orders.in', writer)).status).toBe(201);
    expect((await api.ask('GET', path('orders.in'), undefined, reader)).status).toBe(200);
    expect((await api.ask('GET', path('orders.in'), undefined, writer)).status).toBe(401);
    expect((await api.ask('GET', '/trigger/services', undefined, reader)).status).toBe(401);
  });

  test('of another account answer as absent ones', async () => {
    const [own, other] = [await as('own', WHOLE), await as('other', WHOLE)];
    await api.ask('PUT', path('mine'), { url: URL_OF_ONE }, own);
    for (const method of ['GET', 'DELETE']) {
      expect((await api.ask(method, path('mine'), undefined, other)).status).toBe(404);
    }
    const list = await api.ask('GET', '/trigger/services', undefined, other);
    expect(list.json).toMatchObject({ body: { results_total: 0 } });
    expect((await api.ask('GET', path('mine'), undefined, own)).status).toBe(200);
  });
});

const WHOLE = 'trigger:read trigger:write';
