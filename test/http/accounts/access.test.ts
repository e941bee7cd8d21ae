import { describe, expect, test } from 'vitest';
import { EventStream } from '../../support/http/event-stream.ts';
import { freshName, onBothEngines, serve } from '../../support/http/engines.ts';
import type { Answer, Headers } from '../../support/http/client.ts';
import { SECRET, signWithSecret } from '../../support/accounts/tokens.ts';

const TEXT = { 'Content-Type': 'text/plain' };

async function bearer(claims: Parameters<typeof signWithSecret>[0] = {}): Promise<Headers> {
  return { Authorization: `Bearer ${await signWithSecret(claims)}` };
}

onBothEngines('a server with credentials', { jwtSecret: SECRET }, (server) => {
  test('asks everybody for one, whatever they ask for', async () => {
    const path = server.freshPath();
    const answers = [
      await server.get(path),
      await server.get(`${path}?offset=-1&live=sse`),
      await server.get(`${path}?offset=-1&live=long-poll`),
      await server.put(path, { headers: TEXT, body: 'x' }),
      await server.post(path, { headers: TEXT, body: 'x' }),
      await server.delete(path),
      await server.get('/demo/x'),
      await server.get('/demo'),
      await server.get('/demo/streams'),
      await server.put('/bucket-of-nobody'),
      await server.delete('/demo'),
      await server.get('/metrics'),
    ];
    for (const answer of answers) {
      expect(answer.verdict).toBe('401 unauthorized');
      expect(answer.header('www-authenticate')).toBe('Bearer');
      expect(answer.header('cache-control')).toBe('no-store');
    }
    const head = await server.head(path);
    expect([head.status, head.header('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  test('asks nobody who only wants to know what could be asked', async () => {
    expect((await server.send('OPTIONS', server.freshPath())).status).toBe(204);
    expect((await server.get('/-/healthy')).status).toBe(200);
    expect((await server.get('/-/ready')).status).toBe(200);
    expect((await server.send('PATCH', server.freshPath())).status).toBe(405);
    expect((await server.get('/storage')).status).toBe(400);
  });

  test('refuses a bad credential, several, and the same one twice', async () => {
    const path = server.freshPath();
    const bad = await server.get(path, { Authorization: 'Bearer x.y.z' });
    expect(bad.verdict).toBe('401 unauthorized');
    expect(bad.header('www-authenticate')).toBe('Bearer error="invalid_token"');
    const { Authorization = '' } = await bearer();
    const several = await server.get(path, { Authorization, 'X-Api-Key': 'mk_x' });
    expect(several.verdict).toBe('401 unauthorized');
    const twice = await server.get(path, { 'X-Api-Key': ['mk_x', 'mk_y'] });
    expect(twice.status).toBeGreaterThanOrEqual(400);
    expect(twice.status).toBeLessThan(402);
  });

  test('serves what a stream can do to whoever has a credential', async () => {
    const path = server.freshPath();
    const headers = await bearer();
    const all = { ...headers, ...TEXT };
    expect((await server.put(path, { headers: all, body: 'a' })).status).toBe(201);
    expect((await server.post(path, { headers: all, body: 'b' })).status).toBe(204);
    expect((await server.get(path, headers)).text).toBe('ab');
    const follower = await EventStream.open(server, path, { headers });
    await follower.until(({ data }) => data.join('') === 'ab');
    await server.post(path, { headers: all, body: 'c' });
    await follower.until(({ data }) => data.join('') === 'abc');
    expect((await server.delete(path, headers)).status).toBe(204);
    await follower.ended;
  });

  test('lets a read be kept by the one who asked, and by nobody else (S7)', async () => {
    const path = server.freshPath();
    const headers = await bearer();
    await server.put(path, { headers: { ...headers, ...TEXT }, body: 'a' });
    const read = await server.get(path, headers);
    const again = await server.get(path, { ...headers, 'If-None-Match': read.tag });
    const atTail = await server.get(`${path}?offset=${read.offset}`, headers);
    const poll = await server.get(`${path}?offset=-1&live=long-poll`, headers);
    expect([read, again, atTail, poll].map(({ status }) => status)).toEqual([200, 304, 200, 200]);
    for (const answer of [read, again, atTail, poll]) {
      expect(answer.header('cache-control')).toMatch(/^private/);
      expect(answer.header('vary')).toContain('Authorization, X-Api-Key');
    }
    const follower = await EventStream.open(server, path, { headers });
    expect(follower.incoming.headers['cache-control']).toBe('private, no-cache, no-transform');
    await follower.cut();
    expect((await server.get(path, { 'If-None-Match': read.tag })).status).toBe(401);
  });

  describe('a scope', () => {
    const bucket = freshName();

    async function verdicts(scope: string): Promise<Record<string, string>> {
      const headers = await bearer({ scope });
      const all = { ...headers, ...TEXT };
      const at = `/${bucket}`;
      const results: readonly (readonly [string, Answer])[] = [
        ['append', await server.post(`${at}/chat-1`, { headers: all, body: 'x' })],
        ['append elsewhere', await server.post(`${at}/other`, { headers: all, body: 'x' })],
        ['create', await server.put(`${at}/chat-1`, { headers: all })],
        ['read', await server.get(`${at}/chat-1`, headers)],
        ['head', await server.send('HEAD', `${at}/chat-1`, { headers })],
        ['read elsewhere', await server.get(`${at}/other`, headers)],
        ['list', await server.get(`${at}/streams`, headers)],
        ['bucket', await server.put(at, { headers })],
        ['metrics', await server.get('/metrics', headers)],
      ];
      return Object.fromEntries(results.map(([what, answer]) => [what, String(answer.status)]));
    }

    test('covers what it says and nothing else', async () => {
      const headers = { ...(await bearer()), ...TEXT };
      await server.put(`/${bucket}`, { headers });
      await server.put(`/${bucket}/chat-1`, { headers, body: 'a' });
      await server.put(`/${bucket}/other`, { headers, body: 'a' });
      const none = {
        append: '403',
        'append elsewhere': '403',
        create: '403',
        read: '403',
        head: '403',
        'read elsewhere': '403',
        list: '403',
        bucket: '403',
        metrics: '403',
      };
      expect(await verdicts('')).toEqual(none);
      expect(await verdicts('openid storage:read')).toEqual(none);
      expect(await verdicts('streams:read')).toEqual({
        ...none,
        read: '200',
        head: '200',
        'read elsewhere': '200',
        list: '200',
      });
      expect(await verdicts(`streams:read:${bucket}/chat-*`)).toEqual({
        ...none,
        read: '200',
        head: '200',
      });
      expect(await verdicts(`streams:write:${bucket}/chat-*`)).toEqual({
        ...none,
        append: '204',
        create: '200',
      });
      expect(await verdicts(`streams:write:${bucket}/*`)).toEqual({
        ...none,
        append: '204',
        'append elsewhere': '204',
        create: '200',
        bucket: '200',
      });
      expect(await verdicts('accounts:admin')).toEqual({ ...none, metrics: '200' });
      expect(await verdicts('accounts:admin:metrics')).toEqual({ ...none, metrics: '200' });
    });

    test('that is missing is named, and tells nothing of what is there', async () => {
      const headers = await bearer({ scope: 'streams:read:elsewhere/x' });
      const [there, absent] = [`/${bucket}/chat-1`, `/${bucket}/absent`];
      const answers = [await server.get(there, headers), await server.get(absent, headers)];
      expect(answers.map(({ verdict }) => verdict)).toEqual(['403 forbidden', '403 forbidden']);
      expect(answers[0]?.text).toBe(answers[1]?.text);
      expect(answers[0]?.header('www-authenticate')).toBe(
        'Bearer error="insufficient_scope", scope="streams:read"',
      );
    });

    test('to write does not show by a fork what it does not let read', async () => {
      const at = `/${bucket}`;
      const headers = await bearer({
        scope: `streams:write streams:read:${bucket}/mine-* streams:read:${bucket}/chat-*`,
      });
      const forked = (source: string): Promise<Answer> =>
        server.put(`${at}/mine-${freshName()}`, {
          headers: { ...headers, 'Stream-Forked-From': source },
        });
      expect((await forked(`${at}/other`)).verdict).toBe('403 forbidden');
      expect((await forked(`/${bucket}/%6fther`)).verdict).toBe('403 forbidden');
      expect((await forked(`${at}/chat-1`)).status).toBe(201);
    });
  });

  test("is a world of its own for each account: what is another one's is not there (S6)", async () => {
    const path = server.freshPath();
    const [acme, other] = [await bearer(), await bearer({ account: 'other' })];
    const bucket = `/${freshName()}`;
    await server.put(bucket, { headers: acme });
    await server.put(`${bucket}/x`, { headers: { ...acme, ...TEXT }, body: 'secret' });
    await server.put(path, { headers: { ...acme, ...TEXT }, body: 'secret' });
    const absent = server.freshPath();
    const same = async (ask: (path: string) => Promise<Answer>): Promise<void> => {
      const [foreign, nothing] = [await ask(path), await ask(absent)];
      expect([foreign.verdict, foreign.text]).toEqual([nothing.verdict, nothing.text]);
      expect(foreign.status).toBe(404);
    };
    await same((each) => server.get(each, other));
    await same((each) => server.get(`${each}?offset=-1&live=sse`, other));
    await same((each) => server.get(`${each}?offset=-1&live=long-poll`, other));
    await same((each) => server.send('HEAD', each, { headers: other }));
    await same((each) => server.post(each, { headers: { ...other, ...TEXT }, body: 'x' }));
    await same((each) => server.delete(each, other));
    await same((each) =>
      server.put(server.freshPath(), { headers: { ...other, 'Stream-Forked-From': each } }),
    );
    expect((await server.get(bucket, other)).verdict).toBe('404 bucket-not-found');
    expect((await server.get(`${bucket}/x`, other)).status).toBe(404);
    // The name is theirs to use, and so are the bytes behind it.
    expect((await server.put(path, { headers: { ...other, ...TEXT }, body: 'mine' })).status).toBe(
      201,
    );
    expect((await server.get(path, other)).text).toBe('mine');
    expect((await server.get(path, acme)).text).toBe('secret');
  });

  test('counts the requests of each account', async () => {
    const headers = await bearer({ account: 'counted' });
    await server.get(server.freshPath(), headers);
    const { text } = await server.get('/metrics', await bearer({ scope: 'accounts:admin' }));
    expect(text).toMatch(/^millrace_account_requests_total\{account="counted"\} [1-9]/m);
  });
});

describe('a token in the query', () => {
  describe('where it is not enabled', () => {
    const server = serve('memory', { jwtSecret: SECRET });
    test('is as absent', async () => {
      const token = await signWithSecret();
      const answer = await server.get(`${server.freshPath()}?access_token=${token}`);
      expect(answer.header('www-authenticate')).toBe('Bearer');
    });
  });

  describe('where it is enabled', () => {
    const server = serve('memory', { jwtSecret: SECRET, accessTokenInQuery: true });
    test('lets in like one in the header', async () => {
      const path = server.freshPath();
      const token = await signWithSecret();
      const headers = { ...(await bearer()), ...TEXT };
      await server.put(path, { headers, body: 'a' });
      expect((await server.get(`${path}?access_token=${token}`)).text).toBe('a');
      const follower = await EventStream.open(server, path, { offset: `-1&access_token=${token}` });
      await follower.until(({ data }) => data.join('') === 'a');
      await follower.cut();
    });

    test('is one credential among others, and given once', async () => {
      const path = server.freshPath();
      const token = await signWithSecret();
      const both = await server.get(`${path}?access_token=${token}`, await bearer());
      expect(both.verdict).toBe('401 unauthorized');
      const twice = await server.get(`${path}?access_token=${token}&access_token=${token}`);
      expect(twice.verdict).toBe('400 invalid-query');
      expect((await server.get(`${path}?access_token=`)).verdict).toBe('401 unauthorized');
    });
  });
});

describe('the limits of an account', () => {
  const limits = { accountRequestsPerSecondMax: 5, accountLiveReadersMax: 1 };
  const server = serve('memory', { jwtSecret: SECRET, ...limits });

  test('hold for its requests, and say when to come again', async () => {
    const headers = await bearer({ account: 'busy' });
    const answers: Answer[] = [];
    for (let asked = 0; asked < 50; asked += 1) answers.push(await server.get('/demo', headers));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.verdict).toBe('429 too-many-requests');
    expect(refused[0]?.header('retry-after')).toBe('1');
    expect((await server.get('/demo', await bearer({ account: 'quiet' }))).status).toBe(404);
  });

  test('hold for its live readers, until one of them leaves', async () => {
    const path = server.freshPath();
    const headers = await bearer();
    await server.put(path, { headers: { ...headers, ...TEXT } });
    const follower = await EventStream.open(server, path, { headers });
    await follower.until(({ controls }) => controls.length > 0);
    const second = await server.get(`${path}?offset=-1&live=long-poll`, headers);
    expect(second.verdict).toBe('429 too-many-live-readers-of-account');
    expect(second.header('retry-after')).toBe('1');
    await follower.cut();
  });
});

describe('a server without credentials', () => {
  const server = serve('memory');
  test('answers as ever: public, open, and metrics for all', async () => {
    const path = server.freshPath();
    await server.put(path, { headers: TEXT, body: 'a' });
    const read = await server.get(path, { Authorization: 'Bearer whatever' });
    expect(read.text).toBe('a');
    expect(read.header('cache-control')).toMatch(/^public/);
    expect(read.header('vary')).toBe('Origin');
    const { status, text } = await server.get('/metrics');
    expect(status).toBe(200);
    expect(text).not.toMatch(/^millrace_account_requests_total\{/m);
  });
});

describe('open metrics', () => {
  const server = serve('memory', { jwtSecret: SECRET, openMetrics: true });
  test('ask for no credentials', async () => {
    expect((await server.get('/metrics')).status).toBe(200);
  });
});
