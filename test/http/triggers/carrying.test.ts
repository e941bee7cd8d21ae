import { expect, test } from 'vitest';
import { stream } from '@durable-streams/client';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { until } from '../../support/http/until.ts';
import { at } from '../../support/openapi-checker.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const TEXT = { 'Content-Type': 'text/plain' };

onTriggerEngines('a trigger', (api) => {
  const { storage } = api;
  const { served } = storage;

  /** Publishes each body on its subject, `subject body`. */
  async function publish(name: string, ...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const [subject = '', body = ''] = line.split(' ');
      expect((await storage.publish(name, subject, body)).status).toBe(200);
    }
  }

  /** A durable stream in a bucket of its own. */
  async function durable(bucket: string, id: string, headers = JSON_TYPE): Promise<string> {
    await served.put(`/${bucket}`);
    expect((await served.put(`/${bucket}/${id}`, { headers })).status).toBe(201);
    return `/${bucket}/${id}`;
  }

  test('carries what arrives from its creation on, in order, and nothing from before', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    await publish(from, `${from}.a early`);
    await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, `${from}.a one`, `${from}.b two`, `${from}.a three`);
    await api.untilLines(to, [`${to}.a "one"`, `${to}.b "two"`, `${to}.a "three"`]);
  });

  test.each<[string | number, readonly string[]]>([
    ['all', ['1', '2', '3']],
    [2, ['2', '3']],
    [9, []],
    ['1999-01-01T00:00:00Z', ['1', '2', '3']],
    ['2999-01-01T00:00:00Z', []],
  ])('that starts at %j begins there', async (start, bodies) => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    await publish(from, `${from}.a 1`, `${from}.a 2`, `${from}.a 3`);
    const name = await api.carrying(`${from}.>`, `${to}.out`, { start });
    await api.untilLines(
      to,
      bodies.map((body) => `${to}.out "${body}"`),
    );
    expect(await api.status(name)).toMatchObject({ state: 'active', delivered: bodies.length });
  });

  test('filters, maps subjects and projects bodies', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    const name = await api.carrying(`${from}.*.*`, `${to}.>`, {
      filter: { path: '/amount', gte: 10 },
      transform: { subject: `${to}.$2.$1`, body: { total: { $get: '/body/amount' } } },
    });
    for (const amount of [5, 12, 30]) {
      await storage.publish(from, `${from}.new.eu`, { amount });
    }
    await api.untilLines(to, [`${to}.eu.new {"total":12}`, `${to}.eu.new {"total":30}`]);
    expect(await api.status(name)).toMatchObject({ delivered: 2, filtered: 1 });
  });

  test('carries from a managed stream to a durable one that the official client tails', async () => {
    const from = await storage.stream();
    const path = await durable(freshName(), 'tail');
    const [, bucket = '', id = ''] = path.split('/');
    await api.carrying(`${from}.>`, `$DS.${bucket}.${id}`);
    await publish(from, `${from}.a one`, `${from}.b two`);
    const response = await stream({
      url: `http://127.0.0.1:${served.server().port}${path}`,
      offset: '-1',
      live: 'sse',
    });
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      response.subscribeJson(({ items }) => {
        seen.push(...items);
        if (seen.length >= 2) resolve();
        return Promise.resolve();
      });
    });
    response.cancel();
    expect(seen).toEqual(['one', 'two']);
  });

  test('carries from durable streams of a bucket, those to come too', async () => {
    const to = await storage.stream();
    const bucket = freshName();
    const first = await durable(bucket, 'first');
    await api.carrying(`$DS.${bucket}.*`, `${to}.$1`);
    await served.post(first, { headers: JSON_TYPE, body: '[{"n":1},{"n":2}]' });
    await api.untilLines(to, [`${to}.first {"n":1}`, `${to}.first {"n":2}`]);
    const second = await durable(bucket, 'second', TEXT);
    await served.post(second, { headers: TEXT, body: 'some text' });
    await api.untilLines(to, [
      `${to}.first {"n":1}`,
      `${to}.first {"n":2}`,
      `${to}.second "some text"`,
    ]);
  });

  test('waits for a target that is not there, and loses nothing', async () => {
    const from = await storage.stream();
    const to = freshName();
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, `${from}.a one`);
    await api.untilState(name, 'waiting', 'target-missing');
    await publish(from, `${from}.a two`);
    await storage.put(to, { subjects: [`${to}.>`] });
    await api.untilLines(to, [`${to}.a "one"`, `${to}.a "two"`]);
    await api.untilState(name, 'active');
  });

  test('waits for a source that is not there, which is all new then', async () => {
    const to = await storage.stream();
    const from = freshName();
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await api.untilState(name, 'waiting', 'source-missing');
    await storage.put(from, { subjects: [`${from}.>`] });
    await publish(from, `${from}.a one`);
    await api.untilLines(to, [`${to}.a "one"`]);
  });

  test('waits for room in a target that is full, and goes on when there is', async () => {
    const from = await storage.stream();
    const to = await storage.stream({ max_msgs: 1, discard: 'new' });
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, `${from}.a one`, `${from}.a two`);
    await api.untilState(name, 'waiting', 'target-full');
    expect(await api.lines(to)).toEqual([`${to}.a "one"`]);
    await storage.put(to, { max_msgs: 5 });
    await api.untilLines(to, [`${to}.a "one"`, `${to}.a "two"`]);
  });

  test('waits before a durable stream that is closed', async () => {
    const from = await storage.stream();
    const path = await durable(freshName(), 'closed');
    await served.post(path, { headers: { ...JSON_TYPE, 'Stream-Closed': 'true' } });
    const [, bucket = '', id = ''] = path.split('/');
    const name = await api.carrying(`${from}.>`, `$DS.${bucket}.${id}`);
    await publish(from, `${from}.a one`);
    await api.untilState(name, 'waiting', 'target-closed');
  });

  test('stops at a record that is too large for its target, until there is room for it', async () => {
    const from = await storage.stream();
    const to = await storage.stream({ max_msg_size: 10 });
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, `${from}.a one`, `${from}.a ${'x'.repeat(20)}`, `${from}.a three`);
    await api.untilState(name, 'blocked', 'record-too-large');
    expect(await api.lines(to)).toEqual([`${to}.a "one"`]);
    await storage.put(to, { max_msg_size: 100 });
    await until('all came', async () => (await api.lines(to)).length === 3);
    await api.untilState(name, 'active');
  });

  test('shows what retention has taken before it was carried', async () => {
    const from = await storage.stream({ max_msgs: 2 });
    const to = freshName();
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    for (let count = 1; count <= 5; count += 1) await publish(from, `${from}.a ${count}`);
    await storage.put(to, { subjects: [`${to}.>`] });
    await api.untilLines(to, [`${to}.a "4"`, `${to}.a "5"`]);
    await until('the gap is shown', async () => at(await api.status(name), 'missed') === 3);
  });

  test('writes nothing among the records of triggers, for that would be a trigger', async () => {
    const from = await storage.stream();
    const transform = { subject: 'ms.$1.stream.forged' };
    const name = await api.carrying(`${from}.*`, 'ms.>', { transform });
    await publish(from, `${from}.trigger {}`);
    await api.untilState(name, 'waiting', 'target-missing');
    const path =
      '/storage/streams/quiva-trigger-config/search-by-subject?search=ms.trigger.*.forged';
    expect((await api.ask('GET', path)).json).toMatchObject({ body: { results_total: 0 } });
  });

  test('that is paused carries nothing, and goes on where it was', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, `${from}.a one`);
    await api.untilLines(to, [`${to}.a "one"`]);
    const path = `/trigger/triggers/stream/${name}`;
    expect((await api.ask('POST', `${path}/pause`)).json).toEqual({ status_code: 200 });
    expect(await api.status(name)).toMatchObject({ state: 'paused' });
    await publish(from, `${from}.a two`);
    expect((await api.ask('POST', `${path}/pause`)).status).toBe(200);
    expect(await api.lines(to)).toEqual([`${to}.a "one"`]);
    expect((await api.ask('POST', `${path}/resume`)).json).toEqual({ status_code: 200 });
    await api.untilLines(to, [`${to}.a "one"`, `${to}.a "two"`]);
  });

  test('that is deleted delivers nothing more, and one of the same name begins anew', async () => {
    const [from, to] = [await storage.stream(), await storage.stream()];
    const name = await api.carrying(`${from}.>`, `${to}.>`);
    await publish(from, `${from}.a one`);
    await api.untilLines(to, [`${to}.a "one"`]);
    const deleted = await api.ask('DELETE', `/trigger/triggers/stream/${name}`);
    expect(deleted.json).toEqual({ status_code: 200 });
    await publish(from, `${from}.a two`);
    expect((await api.get(name)).status).toBe(404);
    await api.carrying(`${from}.>`, `${to}.>`, { name });
    await publish(from, `${from}.a three`);
    await api.untilLines(to, [`${to}.a "one"`, `${to}.a "three"`]);
    const path = `/storage/streams/quiva-trigger-config/search-by-subject?search=ms.trigger.stream.${name}`;
    expect((await api.ask('GET', path)).json).toMatchObject({ body: { results_total: 3 } });
  });
});
