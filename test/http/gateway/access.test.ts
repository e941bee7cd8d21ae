import { describe, expect, test } from 'vitest';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';
import type { Answer, Headers } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';

const ALL = 'trigger:read trigger:write storage:read storage:write streams:read streams:write';

async function token(account: string, scope = ALL): Promise<string> {
  return await signWithSecret({ account, scope });
}

async function as(account: string, scope = ALL): Promise<Headers> {
  return {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${await token(account, scope)}`,
  };
}

describe('a gateway behind credentials', () => {
  const options = { jwtSecret: SECRET, accessTokenInQuery: true };
  const api = new TriggerApiClient(new StorageApiClient('memory', options));
  const { storage } = api;
  const { served } = storage;

  /** A gateway of `acme` that leads to a managed stream, or to where the mapping says. */
  async function open(mapping: object = {}): Promise<{ name: string; path: string }> {
    const name = freshName();
    const owner = await as('acme');
    await api.ask('PUT', `/storage/streams/${name}`, { subjects: [`${name}.in`] }, owner);
    const given = {
      name,
      trigger_type: 'gateway',
      gateway_mapping: { method: 'POST', path: `/${name}`, subject: `${name}.in`, ...mapping },
    };
    const created = await api.ask('POST', '/trigger/gateway', given, owner);
    expect(created.text).toContain('"status_code":201');
    return { name, path: `/gateway/${name}` };
  }

  async function post(path: string, headers: Headers = {}): Promise<Answer> {
    return await served.post(path, { headers, body: '{}' });
  }

  async function stored(name: string): Promise<number> {
    const path = `/storage/streams/${name}/search-by-subject?search=%3E`;
    const { text } = await api.ask('GET', path, undefined, await as('acme'));
    return Number(/"results_total":(\d+)/.exec(text)?.[1]);
  }

  test('that is public asks for none', async () => {
    const { name, path } = await open({ is_public: true });
    expect((await post(path)).status).toBe(202);
    expect((await post(path, { Authorization: 'Bearer nonsense' })).status).toBe(202);
    expect(await stored(name)).toBe(2);
  });

  test('that is private asks for one that may write there', async () => {
    const { name, path } = await open();
    const answers = [
      await post(path),
      await post(path, { Authorization: 'Bearer nonsense' }),
      await post(path, await as('acme', 'streams:read')),
      await post(path, await as('acme', `streams:write:${name}.out`)),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.text).toMatch(/^\{"error":"Unauthorized: .+","status_code":401\}$/);
    }
    expect(await stored(name)).toBe(0);
    expect((await post(path, await as('acme', 'streams:write'))).status).toBe(202);
    expect((await post(path, await as('acme', `streams:write:${name}.in`))).status).toBe(202);
  });

  test('that leads to a durable stream asks for one that may write that stream', async () => {
    const bucket = freshName();
    const owner = await as('acme');
    await served.put(`/${bucket}`, { headers: owner });
    await served.put(`/${bucket}/in`, { headers: owner });
    const { path } = await open({ subject: `$DS.${bucket}.in` });
    expect((await post(path, await as('acme', `streams:write:${bucket}/in`))).status).toBe(202);
    expect((await post(path, await as('acme', `streams:write:${bucket}/out`))).status).toBe(401);
    await served.put(`/v1/stream/${bucket}`, { headers: owner });
    const base = await open({ subject: `$DS._.${bucket}` });
    expect((await post(base.path, await as('acme', `streams:write:${bucket}`))).status).toBe(202);
  });

  test('is absent to other accounts, whatever they may do in their own', async () => {
    const { name, path } = await open();
    const absent = await post(`/gateway/${freshName()}`);
    for (const scope of [ALL, 'streams:read']) {
      const answer = await post(path, await as('other', scope));
      expect([answer.status, answer.text]).toEqual([404, absent.text]);
    }
    expect(await stored(name)).toBe(0);
  });

  test('does not spend its limit on those who may not call it', async () => {
    const { name, path } = await open({ limit: { request: 1, time: 3_600_000 } });
    for (let tries = 0; tries < 3; tries += 1) expect((await post(path)).status).toBe(401);
    expect((await post(path, await as('acme'))).status).toBe(202);
    expect((await post(path, await as('acme'))).status).toBe(429);
    expect(await stored(name)).toBe(1);
  });

  test('keeps a credential of the query out of its records', async () => {
    const { name, path } = await open();
    const secret = await token('acme');
    expect((await post(`${path}?a=1&access_token=${secret}`)).status).toBe(202);
    const search = `/storage/streams/${name}/search-by-subject?search=%3E`;
    const { text } = await api.ask('GET', search, undefined, await as('acme'));
    expect(text).toContain('\\"query\\":{\\"a\\":\\"1\\"}');
    expect(text).not.toContain(secret);
  });

  test('is made with trigger:write, and at no path that another account has', async () => {
    const { path } = await open();
    const name = freshName();
    const create = async (headers: Headers, mapping: object) => {
      const given = { name, trigger_type: 'gateway', gateway_mapping: mapping };
      return await api.ask('POST', '/trigger/gateway', given, headers);
    };
    const taken = { method: 'POST', path: path.replace('/gateway', '') };
    expect((await create(await as('other', 'trigger:read'), taken)).status).toBe(401);
    const refused = await create(await as('other'), taken);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('path is in use');
    expect(refused.text).not.toContain('acme');
    expect((await create(await as('other'), { ...taken, method: 'PUT' })).status).toBe(201);
    const trigger = `/trigger/triggers/gateway/${name}`;
    expect((await api.ask('DELETE', trigger, undefined, await as('acme'))).status).toBe(404);
    expect((await api.ask('GET', trigger, undefined, await as('other'))).status).toBe(200);
  });
});
