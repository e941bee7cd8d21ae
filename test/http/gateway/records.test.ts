import { stream as follow } from '@durable-streams/client';
import { expect, onTestFinished, test } from 'vitest';
import type { Answer, Message } from '../../support/http/client.ts';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { RawConnection } from '../../support/raw-http.ts';
import { until } from '../../support/http/until.ts';
import { at } from '../../support/openapi-checker.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

onTriggerEngines('a request to a gateway', (api) => {
  const { storage } = api;
  const { served } = storage;

  /** A public gateway at `/{name}`, whose requests go to `{stream}.in` of a new managed stream. */
  async function open(mapping: object = {}): Promise<{ name: string; path: string; to: string }> {
    const name = freshName();
    const to = await storage.stream();
    const answer = await api.ask('POST', '/trigger/gateway', {
      name,
      trigger_type: 'gateway',
      gateway_mapping: {
        method: 'POST',
        path: `/${name}`,
        is_public: true,
        subject: `${to}.in`,
        ...mapping,
      },
    });
    expect(answer.text).toContain('"status_code":201');
    return { name, path: `/gateway/${name}`, to };
  }

  const post = (path: string, message: Message = {}): Promise<Answer> => served.post(path, message);

  async function status(name: string): Promise<unknown> {
    return at((await api.ask('GET', `/trigger/triggers/gateway/${name}`)).json, 'body', 'status');
  }

  test('becomes a record, and is answered with where it is', async () => {
    const { name, path, to } = await open();
    const first = await post(`${path}?a=1&a=2&b=x%20y`, { headers: JSON_TYPE, body: '{"id": 1}' });
    expect(first.status).toBe(202);
    expect(first.json).toEqual({ body: { stream: to, seq: 1 }, status_code: 202 });
    const second = await post(path, { headers: { 'Content-Type': 'text/plain' }, body: 'hello' });
    expect(second.json).toEqual({ body: { stream: to, seq: 2 }, status_code: 202 });
    await post(path, { headers: { 'Content-Type': 'image/x' }, body: Buffer.from([255, 0]) });
    await post(path);
    const about = { method: 'POST', path: `/${name}`, query: {}, content_type: null };
    expect(await storage.bodies(to)).toEqual([
      {
        ...about,
        query: { a: ['1', '2'], b: 'x y' },
        content_type: 'application/json',
        body: { id: 1 },
      },
      { ...about, content_type: 'text/plain', body: 'hello' },
      { ...about, content_type: 'image/x', body: '/wA=', encoding: 'base64' },
      { ...about, body: null },
    ]);
    expect(await api.lines(to)).toHaveLength(4);
    expect((await api.lines(to))[0]).toMatch(new RegExp(`^${to}\\.in `));
  });

  test('becomes a record of a durable stream, from which it can be read', async () => {
    const bucket = freshName();
    await served.put(`/${bucket}`);
    await served.put(`/${bucket}/in`, { headers: JSON_TYPE });
    const { path } = await open({ subject: `$DS.${bucket}.in` });
    await post(path, { body: 'first' });
    const answer = await post(path, { body: 'second' });
    expect(answer.status).toBe(202);
    expect(at(answer.json, 'body', 'stream')).toBe(`$DS.${bucket}.in`);
    const offset = String(at(answer.json, 'body', 'offset'));
    const url = `${served.server().url}/${bucket}/in`;
    const read = await follow<{ body: string }>({ url, offset, live: false });
    expect((await read.json()).map(({ body }) => body)).toEqual(['second']);
  });

  test('of any spelling of the path is one to the same gateway', async () => {
    const { name, path, to } = await open();
    const spelt = `/gateway/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
    expect((await post(spelt)).status).toBe(202);
    expect(await storage.bodies(to)).toMatchObject([{ path: `/${name}` }]);
    for (const other of [`${path}/`, `${path}/more`, `${path}%2F`, '/gateway//', '/gateway/%zz']) {
      const answer = await post(other);
      expect([other, answer.status]).toEqual([other, 404]);
      expect(answer.text).toMatch(/^\{"error":"Not found: .+","status_code":404\}$/);
    }
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('of the method %s', async (method) => {
    const { path, to } = await open({ method });
    expect((await served.send(method, path, { body: 'x' })).status).toBe(202);
    expect(await storage.bodies(to)).toMatchObject([{ method, body: 'x' }]);
  });

  test('by HEAD is one where GET is, and is answered without a body', async () => {
    const { path, to } = await open({ method: 'GET' });
    const answer = await served.head(path);
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await storage.bodies(to)).toMatchObject([{ method: 'HEAD' }]);
  });

  test('by another method is told which there are', async () => {
    const { name, path, to } = await open({ method: 'GET' });
    const refused = await post(path, { body: 'x' });
    expect([refused.status, refused.header('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect(refused.json).toMatchObject({ status_code: 405 });
    const asked = await served.send('OPTIONS', path, { headers: { Origin: 'https://shop.test' } });
    expect([asked.status, asked.header('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect(asked.header('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
    expect(asked.header('access-control-allow-origin')).toBe('https://shop.test');
    await api.ask('POST', '/trigger/gateway', {
      name: freshName(),
      trigger_type: 'gateway',
      gateway_mapping: { method: 'POST', path: `/${name}`, subject: `${to}.in` },
    });
    expect((await served.delete(path)).header('allow')).toBe('GET, HEAD, POST, OPTIONS');
    expect((await served.send('OPTIONS', `/gateway/${freshName()}`)).status).toBe(404);
  });

  test.each([
    [{ headers: JSON_TYPE, body: '{"id":' }, 400],
    [{ headers: { 'Content-Type': 'not a type' }, body: 'x' }, 400],
    [{ headers: { 'Content-Encoding': 'gzip' }, body: 'x' }, 415],
  ])('that cannot be understood, %j, is %i and no record', async (message, expected) => {
    const { path, to } = await open();
    const answer = await post(path, message);
    expect(answer.status).toBe(expected);
    expect(answer.json).toMatchObject({ status_code: expected });
    expect((await post(`${path}?a=%zz`)).status).toBe(400);
    expect((await post(`${path}?a=${'x'.repeat(8192)}`)).status).toBe(400);
    expect(await storage.bodies(to)).toEqual([]);
  });

  test('that nothing captures is 503, and is one that failed', async () => {
    for (const subject of [freshName(), `$DS.${freshName()}.none`, '$DS._.none']) {
      const { name, path } = await open({ subject });
      const answer = await post(path, { body: 'x' });
      expect(answer.status).toBe(503);
      expect(answer.header('retry-after')).toBeDefined();
      expect(answer.json).toMatchObject({ status_code: 503 });
      expect(await status(name)).toMatchObject({ requests: 1, limited: 0, failed: 1 });
    }
  });

  test('goes to the stream that captures its subject, whichever that is at the time', async () => {
    const subject = `${freshName()}.in`;
    const { path } = await open({ subject });
    const [one, two] = [freshName(), freshName()];
    await storage.put(one, { subjects: [subject] });
    expect((await post(path)).json).toMatchObject({ body: { stream: one, seq: 1 } });
    await storage.put(one, { subjects: [one] });
    expect((await post(path)).status).toBe(503);
    await storage.put(two, { subjects: [subject] });
    expect((await post(path)).json).toMatchObject({ body: { stream: two, seq: 1 } });
  });

  test('to a stream that is full or sealed, or closed, is refused as elsewhere', async () => {
    const full = await storage.stream({ max_msgs: 1, discard: 'new' });
    const { path } = await open({ subject: `${full}.in` });
    expect((await post(path)).status).toBe(202);
    const answer = await post(path);
    expect(answer.status).toBe(400);
    expect(at(answer.json, 'error')).toContain('max_msgs');
    const sealed = await storage.stream();
    await storage.put(sealed, { sealed: true });
    expect((await post((await open({ subject: `${sealed}.in` })).path)).status).toBe(400);
    const closed = freshName();
    await served.put(`/v1/stream/${closed}`, { headers: { 'Stream-Closed': 'true' } });
    expect((await post((await open({ subject: `$DS._.${closed}` })).path)).status).toBe(409);
  });

  test('beyond the limit is 429, and nothing is stored', async () => {
    const { name, path, to } = await open({ limit: { request: 2, time: 3_600_000 } });
    const answers = [await post(path), await post(path), await post(path), await post(path)];
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 429, 429]);
    expect(answers[2]?.json).toMatchObject({ status_code: 429 });
    const seconds = Number(answers[2]?.header('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(1800);
    expect(await storage.bodies(to)).toHaveLength(2);
    expect(await status(name)).toMatchObject({ requests: 4, limited: 2, failed: 0 });
  });

  test('is 503 while the trigger is paused, and goes on with what was there', async () => {
    const { name, path, to } = await open();
    const trigger = `/trigger/triggers/gateway/${name}`;
    await api.ask('POST', `${trigger}/pause`);
    const answer = await post(path, { body: 'x' });
    expect([answer.status, answer.header('retry-after')]).toEqual([503, '60']);
    expect(await storage.bodies(to)).toEqual([]);
    await api.ask('POST', `${trigger}/resume`);
    expect((await post(path, { body: 'x' })).status).toBe(202);
  });

  test('finds nothing once the trigger is deleted, at once', async () => {
    const { name, path, to } = await open();
    expect((await post(path)).status).toBe(202);
    await api.ask('DELETE', `/trigger/triggers/gateway/${name}`);
    expect((await post(path)).status).toBe(404);
    expect(await storage.bodies(to)).toHaveLength(1);
  });

  test.each([
    ['DELETE', '', 404],
    ['POST', '/pause', 503],
  ])('whose body comes after %s %s is %i, and no record', async (method, verb, expected) => {
    const { name, path, to } = await open();
    const connection = await RawConnection.open(served.server().port);
    onTestFinished(() => {
      connection.close();
    });
    connection.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab`);
    await until('it is let in', async () => at(await status(name), 'requests') === 1);
    await api.ask(method, `/trigger/triggers/gateway/${name}${verb}`);
    connection.send('cd');
    expect((await connection.answer()).status).toBe(expected);
    expect(await storage.bodies(to)).toEqual([]);
  });
});
