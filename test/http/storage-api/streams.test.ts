import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onStorageEngines, verdict } from '../../support/http/storage-api.ts';
import { at } from '../../support/openapi-checker.ts';

onStorageEngines('creating a stream by POST', (api) => {
  const create = (body: unknown): ReturnType<typeof api.ask> =>
    api.ask('POST', '/storage/streams', body);

  test('takes every property, and shows it', async () => {
    const [name, source] = [freshName(), await api.stream()];
    const settings = {
      description: 'Orders of Europe',
      subjects: [`${name}.*`, `${name}.deep.>`],
      max_consumers: 3,
      max_msgs: 10,
      max_bytes: 2000,
      max_age: 31_536_000_000_000_000,
      discard: 'new',
      max_msgs_per_subject: 4,
      max_msg_size: 100,
      storage: 'memory',
      num_replicas: 1,
      duplicate_window: 1_000_000_000,
      sources: [{ name: source, filter_subject: 'a.>', opt_start_seq: 7 }],
      sealed: false,
      deny_delete: true,
      deny_purge: true,
      metadata: { team: 'é' },
    };
    const answer = await create({ name, retention: 'limits', ...settings });
    expect([answer.status, answer.text]).toEqual([200, '{"message":"success"}']);
    const { config, state } = await api.look(name);
    expect(config).toEqual({ name, ...settings, retention: 'Limits', mirror: null });
    expect(state).toEqual({
      messages: 0,
      bytes: 0,
      first_seq: 1,
      first_ts: null,
      last_seq: 0,
      last_ts: null,
      consumer_count: 0,
      num_subjects: 0,
      num_deleted: 0,
    });
  });

  test('gives what is left out its default: nothing is limited', async () => {
    const name = freshName();
    expect((await create({ name })).status).toBe(200);
    const { config, created } = await api.look(name);
    expect(config).toEqual({
      name,
      description: '',
      metadata: {},
      subjects: [name],
      retention: 'Limits',
      max_consumers: -1,
      max_msgs: -1,
      max_bytes: -1,
      max_age: -1,
      discard: 'old',
      max_msgs_per_subject: -1,
      max_msg_size: -1,
      storage: 'file',
      num_replicas: 1,
      duplicate_window: 120_000_000_000,
      mirror: null,
      sources: [],
      sealed: false,
      deny_delete: false,
      deny_purge: false,
    });
    expect(String(created)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test.each([
    [0, 'old'],
    [1, 'new'],
    ['old', 'old'],
    ['new', 'new'],
  ])('takes %j for discarding the %s', async (discard, shown) => {
    const name = freshName();
    expect((await create({ name, discard })).status).toBe(200);
    expect((await api.look(name)).config).toMatchObject({ discard: shown });
  });

  test('is a success again with the same, and 400 with another configuration', async () => {
    const name = freshName();
    const settings = { name, max_msgs: 3, subjects: [`${name}.>`] };
    for (let round = 0; round < 2; round += 1) expect((await create(settings)).status).toBe(200);
    expect(verdict(await create({ ...settings, max_msgs: 4 }))).toBe('400 stream_exists');
    expect((await api.look(name)).config).toMatchObject({ max_msgs: 3 });
  });

  test('needs a name', async () => {
    for (const body of [
      {},
      { name: '' },
      { name: 5 },
      { name: 'a.b' },
      { name: 'x'.repeat(256) },
    ]) {
      expect(verdict(await create(body))).toBe('400 validation_error');
    }
  });

  test('refuses subjects that another stream captures, by POST and by PUT', async () => {
    const name = await api.stream();
    for (const subject of [`${name}.a`, `${name}.>`, '>', '*.*', `*.a.>`]) {
      const answer = await create({ name: freshName(), subjects: [subject] });
      expect([subject, verdict(answer)]).toEqual([subject, '400 subjects_overlap']);
    }
    const other = freshName();
    expect((await api.put(other, {})).status).toBe(200);
    expect(verdict(await api.put(other, { subjects: [`${name}.b`] }))).toBe('400 subjects_overlap');
    // Its own subjects are no obstacle.
    expect((await api.put(name, { subjects: [`${name}.*`] })).status).toBe(200);
  });
});

onStorageEngines('the streams', (api) => {
  test('are listed with what they are, by name', async () => {
    const before = await api.ask('GET', '/storage/streams');
    const [one, two] = [
      await api.stream({ description: 'the first', metadata: { a: 'b' } }),
      await api.stream(),
    ];
    await api.fill(two, 3);
    const answer = await api.ask('GET', '/storage/streams');
    expect(answer.status).toBe(200);
    const results = at(answer.json, 'body', 'results');
    expect(results).toContainEqual({
      name: one,
      subjects: [`${one}.>`],
      description: 'the first',
      metadata: { a: 'b' },
      created: (await api.look(one)).created,
      messages_total: 0,
    });
    expect(results).toContainEqual(
      expect.objectContaining({ name: two, description: '', metadata: {}, messages_total: 3 }),
    );
    const totals = [before, answer].map(({ json }) => Number(at(json, 'body', 'results_total')));
    expect(totals).toEqual([(totals[1] ?? 0) - 2, Array.isArray(results) ? results.length : 0]);
    expect(at(answer.json, 'metadata', 'duration')).toBeGreaterThanOrEqual(0);
  });

  test('know their messages: how many, from when to when, and what has gone', async () => {
    const name = await api.stream();
    await api.fill(name, 5);
    await api.publish(name, `${name}.1`, 'again');
    expect((await api.deleteMessages(name, '1,3')).status).toBe(200);
    const { state } = await api.look(name);
    expect(state).toMatchObject({
      messages: 4,
      first_seq: 2,
      last_seq: 6,
      num_subjects: 4,
      num_deleted: 1,
      consumer_count: 0,
    });
    const [first, last] = [String(at(state, 'first_ts')), String(at(state, 'last_ts'))];
    expect(Date.parse(first)).toBeLessThanOrEqual(Date.parse(last));
    expect((await api.purge(name)).status).toBe(200);
    expect((await api.look(name)).state).toMatchObject({
      messages: 0,
      bytes: 0,
      first_seq: 7,
      first_ts: null,
      last_seq: 6,
      last_ts: last,
      num_subjects: 0,
      num_deleted: 0,
    });
  });

  test('are gone when they are deleted, and begin anew', async () => {
    const name = await api.stream();
    await api.fill(name, 2);
    const deleted = await api.ask('DELETE', `/storage/streams/${name}`);
    expect([deleted.status, deleted.text]).toEqual([200, '{"message":"success"}']);
    expect(verdict(await api.ask('GET', `/storage/streams/${name}`))).toBe('404 not_found');
    expect((await api.put(name, {})).status).toBe(200);
    expect((await api.look(name)).state).toMatchObject({ messages: 0, last_seq: 0 });
  });

  test('that are not there are 404 for every request but the one that makes them', async () => {
    const name = freshName();
    const answers = [
      await api.ask('GET', `/storage/streams/${name}`),
      await api.ask('DELETE', `/storage/streams/${name}`),
      await api.publish(name, name, 1),
      await api.deleteMessages(name, '1'),
      await api.purge(name),
      await api.purge(name, { keep: 1 }),
      await api.search(name, 'search=a'),
      await api.ask('GET', `/storage/streams/${name}/messages/1`),
    ];
    expect(answers.map(verdict)).toEqual(answers.map(() => '404 not_found'));
    expect((await api.ask('HEAD', `/storage/streams/${name}`)).status).toBe(404);
  });
});
