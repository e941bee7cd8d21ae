import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';
import { until } from '../../support/http/until.ts';
import { at, entriesOf } from '../../support/openapi-checker.ts';

const TEXT = { 'Content-Type': 'text/plain' };

onTriggerEngines('a trigger from all streams of a wildcard', (api) => {
  const { storage } = api;
  const { served } = storage;

  /** A bucket with these streams, and a trigger that carries them all to a managed stream. */
  async function carried(...ids: readonly string[]) {
    const [bucket, to] = [freshName(), await storage.stream()];
    await served.put(`/${bucket}`);
    const paths = ids.map((id) => `/${bucket}/${id}`);
    for (const path of paths) await made(path);
    const name = await api.carrying(`$DS.${bucket}.*`, `${to}.$1`);
    return { name, to, paths, subjects: ids.map((id) => `$DS.${bucket}.${id}`) };
  }

  async function made(path: string): Promise<void> {
    expect((await served.put(path, { headers: TEXT })).status).toBe(201);
  }

  async function append(path: string, body: string): Promise<void> {
    expect((await served.post(path, { headers: TEXT, body })).status).toBeLessThan(300);
  }

  async function untilSources(name: string, sources: readonly unknown[]): Promise<void> {
    await until(`${name} has ${sources.length} sources`, async () => {
      const found = await sourcesOf(name);
      return JSON.stringify(found) === JSON.stringify(sources);
    });
  }

  async function sourcesOf(name: string): Promise<readonly unknown[]> {
    return entriesOf(at(await api.status(name), 'sources')).map(([, each]) => at(each, 'name'));
  }

  test('goes on without one that is deleted, and carries all of it when it is made again', async () => {
    const { name, to, paths, subjects } = await carried('first', 'second');
    const [first = '', second = ''] = paths;
    await append(first, 'one');
    await api.untilLines(to, [`${to}.first "one"`]);
    expect((await served.send('DELETE', first)).status).toBe(204);
    await untilSources(name, subjects.slice(1));
    expect(await api.status(name)).toMatchObject({ state: 'active', reason: null });
    await append(second, 'two');
    await api.untilLines(to, [`${to}.first "one"`, `${to}.second "two"`]);

    await made(first);
    await append(first, 'three');
    await append(first, 'four');
    const lines = ['first "one"', 'second "two"', 'first "three"', 'first "four"'];
    await api.untilLines(
      to,
      lines.map((line) => `${to}.${line}`),
    );
    await api.untilState(name, 'active');
  });

  test('waits when the last one is deleted, until one is made', async () => {
    const { name, to, paths } = await carried('only');
    const [only = ''] = paths;
    await append(only, 'one');
    await api.untilLines(to, [`${to}.only "one"`]);
    expect((await served.send('DELETE', only)).status).toBe(204);
    await api.untilState(name, 'waiting', 'source-missing');
    await untilSources(name, []);
    await made(only);
    await append(only, 'two');
    await api.untilLines(to, [`${to}.only "one"`, `${to}.only "two"`]);
    await api.untilState(name, 'active');
  });

  test('loses nothing of one that is deleted and made again at once, over and over', async () => {
    const { name, to, paths } = await carried('one', 'other');
    const [one = ''] = paths;
    const lines: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      expect((await served.send('DELETE', one)).status).toBe(204);
      await made(one);
      await append(one, `round ${round}`);
      lines.push(`${to}.one "round ${round}"`);
      await api.untilLines(to, lines);
    }
    await api.untilState(name, 'active');
  });

  test('goes on without a managed stream that is deleted', async () => {
    const [root, to] = [freshName(), await storage.stream()];
    const [first, second] = [freshName(), freshName()];
    await storage.put(first, { subjects: [`${root}.first.>`] });
    await storage.put(second, { subjects: [`${root}.second.>`] });
    const name = await api.carrying(`${root}.>`, `${to}.>`);
    await storage.publish(first, `${root}.first.a`, 1);
    await api.untilLines(to, [`${to}.first.a 1`]);
    expect((await api.ask('DELETE', `/storage/streams/${first}`)).status).toBe(200);
    await untilSources(name, [second]);
    expect(await api.status(name)).toMatchObject({ state: 'active' });
    await storage.publish(second, `${root}.second.a`, 2);
    await storage.put(first, { subjects: [`${root}.first.>`] });
    await storage.publish(first, `${root}.first.a`, 3);
    await until('three', async () => (await api.lines(to)).length === 3);
    expect((await api.lines(to)).toSorted()).toEqual(
      ['first.a 1', 'first.a 3', 'second.a 2'].map((line) => `${to}.${line}`),
    );
  });

  test('from one subject goes on with the stream that captures it next', async () => {
    const [root, to] = [freshName(), await storage.stream()];
    const [first, second] = [freshName(), freshName()];
    const subjects = [`${root}.a`];
    await storage.put(first, { subjects });
    const name = await api.carrying(`${root}.a`, `${to}.out`);
    await storage.publish(first, `${root}.a`, 1);
    await api.untilLines(to, [`${to}.out 1`]);
    expect((await api.ask('DELETE', `/storage/streams/${first}`)).status).toBe(200);
    await api.untilState(name, 'waiting', 'source-missing');
    await storage.put(second, { subjects });
    await storage.publish(second, `${root}.a`, 2);
    await api.untilLines(to, [`${to}.out 1`, `${to}.out 2`]);
    await api.untilState(name, 'active');
    expect(await sourcesOf(name)).toEqual([second]);
  });

  test('of a single stream waits for it, and shows where it was', async () => {
    const [bucket, to] = [freshName(), await storage.stream()];
    await served.put(`/${bucket}`);
    await made(`/${bucket}/only`);
    const subject = `$DS.${bucket}.only`;
    const name = await api.carrying(subject, `${to}.out`);
    expect((await served.send('DELETE', `/${bucket}/only`)).status).toBe(204);
    await api.untilState(name, 'waiting', 'source-missing');
    expect(await sourcesOf(name)).toEqual([subject]);
  });
});
