import { describe, expect, test } from 'vitest';
import { serve, freshName } from '../../support/http/engines.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import type { Answer, Headers } from '../../support/http/client.ts';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const TEXT = { 'Content-Type': 'text/plain' };

async function bearer(claims: Parameters<typeof signWithSecret>[0] = {}): Promise<Headers> {
  return { Authorization: `Bearer ${await signWithSecret(claims)}` };
}

function field(answer: Answer, name: string): string {
  const { json } = answer;
  return typeof json === 'object' && json !== null
    ? String(new Map(Object.entries(json)).get(name))
    : '';
}

describe('the accounts API', () => {
  const server = serve('embedded', { jwtSecret: SECRET });
  const admin = (): Promise<Headers> => bearer({ scope: 'accounts:admin' });

  async function create(body: object, headers?: Headers): Promise<Answer> {
    const all = { ...(headers ?? (await admin())), ...JSON_TYPE };
    return server.post('/accounts/api-key', { headers: all, body: JSON.stringify(body) });
  }

  test('makes a key, shows it once, lists it and revokes it by its id', async () => {
    const created = await create({
      key_name: 'laptop',
      scope: 'streams:read',
      expires_on: '2999-01-01T00:00:00Z',
    });
    expect(created.status).toBe(200);
    expect(created.header('cache-control')).toBe('no-store');
    const [id, key] = [field(created, 'id'), field(created, 'key')];
    expect((await server.get('/demo/x', { 'X-Api-Key': key })).status).toBe(404);
    const listed = await server.get('/accounts/api-keys', await admin());
    expect(listed.text).not.toContain(key);
    expect(listed.json).toMatchObject({
      body: {
        results: [
          {
            id,
            name: 'laptop',
            last_four: key.slice(-4),
            scope: 'streams:read',
            expires: '2999-01-01T00:00:00.000Z',
          },
        ],
        results_total: 1,
      },
    });
    const revoked = await server.delete(`/accounts/api-key?id=${id}`, await admin());
    expect(revoked.json).toEqual({ message: 'success', id });
    expect((await server.get('/demo/x', { 'X-Api-Key': key })).verdict).toBe('401 unauthorized');
    expect((await server.delete(`/accounts/api-key?id=${id}`, await admin())).status).toBe(404);
  });

  test('revokes a key by itself, and with it the live reads that it opened (S4)', async () => {
    const key = field(await create({ key_name: 'reader' }), 'key');
    const path = server.freshPath();
    const headers = { 'X-Api-Key': key };
    await server.put(path, { headers: { ...headers, ...TEXT }, body: 'a' });
    const follower = await EventStream.open(server, path, { headers });
    await follower.until(({ data }) => data.join('') === 'a');
    const body = JSON.stringify({ key });
    const answer = await server.send('DELETE', '/accounts/api-key', {
      headers: { ...(await admin()), ...JSON_TYPE },
      body,
    });
    expect(answer.status).toBe(200);
    await follower.ended;
    expect(follower.events.at(-1)).toMatchObject({
      event: 'error',
      data: '{"code":"credential-revoked"}',
    });
  });

  test('answers 401 to whoever may not manage the account', async () => {
    const asks: readonly (Headers | undefined)[] = [
      {},
      { Authorization: 'Bearer x' },
      await bearer(),
      await bearer({ scope: 'accounts:admin:metrics' }),
    ];
    for (const headers of asks) {
      for (const answer of [
        await create({ key_name: 'x' }, headers),
        await server.get('/accounts/api-keys', headers),
        await server.delete('/accounts/api-key?id=x', headers),
      ]) {
        expect([answer.status, field(answer, 'error')]).toEqual([401, 'unauthorized']);
      }
    }
  });

  test("knows the keys of the caller's account alone", async () => {
    const other = await bearer({ account: 'other', scope: 'accounts:admin' });
    const id = field(await create({ key_name: 'mine' }), 'id');
    expect((await server.get('/accounts/api-keys', other)).text).not.toContain(id);
    expect((await server.delete(`/accounts/api-key?id=${id}`, other)).status).toBe(404);
  });

  test.each(['api-key', 'export', 'import'])(
    'takes a body that says null for no empty one: DELETE /accounts/%s',
    async (what) => {
      const headers = { ...(await admin()), ...JSON_TYPE };
      const path = `/accounts/${what}?id=none`;
      expect((await server.send('DELETE', path, { headers })).status).toBe(404);
      expect((await server.send('DELETE', path, { headers, body: '{}' })).status).toBe(404);
      const answer = await server.send('DELETE', path, { headers, body: 'null' });
      expect([answer.status, field(answer, 'error')]).toEqual([400, 'validation_error']);
    },
  );

  test('says what is wrong with what it is asked for', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{}, 'key_name'],
      [{ key_name: '' }, 'key_name'],
      [{ key_name: 'x', expires_on: 'soon' }, 'expires_on'],
      [{ key_name: 'x', scope: 'everything' }, 'scope'],
    ];
    for (const [body, named] of wrong) {
      const answer = await create(body);
      expect([answer.status, field(answer, 'error')]).toEqual([400, 'validation_error']);
      expect(field(answer, 'message')).toContain(named);
    }
    for (const query of ['', '?id=a&key=b', '?id=a&id=b']) {
      expect((await server.delete(`/accounts/api-key${query}`, await admin())).status).toBe(400);
    }
    expect((await server.get('/accounts/nothing', await admin())).status).toBe(404);
  });
});

describe('the accounts API of an open server', () => {
  const server = serve('memory');
  test('makes the first key, which closes the server at once', async () => {
    expect((await server.get('/demo/x')).status).toBe(404);
    const body = JSON.stringify({ key_name: 'first' });
    const created = await server.post('/accounts/api-key', { headers: JSON_TYPE, body });
    expect(created.status).toBe(200);
    expect((await server.get('/demo/x')).verdict).toBe('401 unauthorized');
    expect((await server.get('/demo/x', { 'X-Api-Key': field(created, 'key') })).status).toBe(404);
    expect((await server.post('/accounts/api-key', { headers: JSON_TYPE, body })).status).toBe(401);
  });
});

describe('the storage API with credentials', () => {
  const server = serve('memory', { jwtSecret: SECRET });

  async function put(name: string, scope: string, body: object = {}): Promise<number> {
    const headers = { ...(await bearer({ scope })), ...JSON_TYPE };
    const answer = await server.put(`/storage/streams/${name}`, {
      headers,
      body: JSON.stringify(body),
    });
    return answer.status;
  }

  test('answers 401 without a credential, and with one that does not suffice', async () => {
    const name = freshName();
    expect(await put(name, 'storage:write')).toBe(200);
    const message = JSON.stringify({ stream: name, subject: name, body: {} });
    const publish = async (headers: Headers): Promise<Answer> =>
      server.post(`/storage/streams/${name}/messages`, {
        headers: { ...headers, ...JSON_TYPE },
        body: message,
      });
    for (const headers of [{}, await bearer({ scope: 'storage:read streams:write' })]) {
      const answer = await publish(headers);
      expect([answer.status, field(answer, 'error')]).toEqual([401, 'unauthorized']);
      expect(answer.header('www-authenticate')).toContain('Bearer');
    }
    expect((await publish(await bearer({ scope: `storage:write:${name}` }))).status).toBe(200);
    expect((await publish(await bearer({ scope: 'storage:write:other' }))).status).toBe(401);
    const reads = ['/storage/streams', `/storage/streams/${name}`];
    for (const path of reads) {
      expect((await server.get(path)).status).toBe(401);
      expect((await server.get(path, await bearer({ scope: 'storage:write' }))).status).toBe(401);
      expect((await server.get(path, await bearer({ scope: 'storage:read' }))).status).toBe(200);
    }
    const narrowed = await bearer({ scope: `storage:read:${name}` });
    expect((await server.get('/storage/streams', narrowed)).status).toBe(401);
    expect((await server.get(`/storage/streams/${name}`, narrowed)).status).toBe(200);
  });

  test('shows an account nothing of another one (S6)', async () => {
    const name = freshName();
    expect(await put(name, 'storage:write')).toBe(200);
    const other = await bearer({ account: 'other' });
    const [foreign, absent] = [
      await server.get(`/storage/streams/${name}`, other),
      await server.get(`/storage/streams/${freshName()}`, other),
    ];
    expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
    expect((await server.get('/storage/streams', other)).text).not.toContain(name);
  });

  test('copies only from streams that the caller may read', async () => {
    const [secret, copy] = [freshName(), freshName()];
    expect(await put(secret, 'storage:write')).toBe(200);
    const sources = { subjects: [`${copy}.>`], sources: [{ name: secret }] };
    expect(await put(copy, `storage:write storage:read:${copy}`, sources)).toBe(401);
    expect(await put(copy, `storage:write storage:read:${secret}`, sources)).toBe(200);
  });
});
