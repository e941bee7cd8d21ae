import { expect, describe, test } from 'vitest';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';
import type { Headers } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';

async function as(account: string, scope: string): Promise<Headers> {
  const token = await signWithSecret({ account, scope });
  return { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
}

describe('triggers behind credentials', () => {
  const api = new TriggerApiClient(new StorageApiClient('memory', { jwtSecret: SECRET }));

  function plain(name: string): object {
    const [source, target] = [{ subject: `${name}.in` }, { subject: `${name}.out` }];
    return { name, trigger_type: 'stream', source, target };
  }

  test('are 401 without any', async () => {
    const answers = [
      await api.create(plain(freshName())),
      await api.ask('GET', '/trigger/triggers?subject_pattern=%3E'),
      await api.get('any'),
      await api.ask('DELETE', '/trigger/triggers/stream/any'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.text).toMatch(/^\{"error":"Unauthorized: .+","status_code":401\}$/);
    }
  });

  test('are read with trigger:read, and changed with trigger:write alone', async () => {
    const name = freshName();
    const [reader, writer] = [await as('acme', 'trigger:read'), await as('acme', 'trigger:write')];
    const create = (headers: Headers) => api.ask('POST', '/trigger/stream', plain(name), headers);
    const path = `/trigger/triggers/stream/${name}`;
    expect((await create(reader)).status).toBe(401);
    expect((await create(writer)).status).toBe(201);
    expect((await api.ask('GET', path, undefined, reader)).status).toBe(200);
    expect((await api.ask('GET', path, undefined, writer)).status).toBe(401);
    expect((await api.ask('DELETE', path, undefined, reader)).status).toBe(401);
    expect((await api.ask('DELETE', path, undefined, writer)).status).toBe(200);
  });

  test('of another account answer as absent ones', async () => {
    const name = freshName();
    const [own, other] = [
      await as('acme', 'trigger:read trigger:write'),
      await as('other', 'trigger:read trigger:write'),
    ];
    await api.ask('POST', '/trigger/stream', plain(name), own);
    const path = `/trigger/triggers/stream/${name}`;
    const absent = `/trigger/triggers/stream/${freshName()}`;
    for (const method of ['GET', 'DELETE']) {
      const [seen, none] = [
        await api.ask(method, path, undefined, other),
        await api.ask(method, absent, undefined, other),
      ];
      expect([seen.status, seen.text]).toEqual([none.status, none.text]);
    }
    const list = await api.ask('GET', '/trigger/triggers?subject_pattern=%3E', undefined, other);
    expect(list.json).toMatchObject({ body: { results_total: 0 } });
    expect((await api.ask('POST', '/trigger/stream', plain(name), other)).status).toBe(201);
  });

  test('deliver into no account that has not consented', async () => {
    const writer = await as('acme', 'trigger:write');
    const target = { subject: 'theirs', account: 'victim' };
    const given = { ...plain(freshName()), target };
    const answer = await api.ask('POST', '/trigger/stream', given, writer);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('victim');
    const own = { ...given, target: { ...target, account: 'acme' } };
    expect((await api.ask('POST', '/trigger/stream', own, writer)).status).toBe(201);
  });
});
