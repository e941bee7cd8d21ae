import { expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { at } from '../../support/openapi-checker.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';

/** The contract page's example, and its answer. */
const EXAMPLE = {
  name: 'my-stream-trigger',
  collection: 'my-collection',
  description: 'Stream data processing trigger',
  trigger_type: 'stream',
  source: { subject: 'ms.data.source', type: 'stream', response_type: 'Stream' },
  target: { subject: 'ms.data.target', account: 'account_identifier', type: 'stream' },
};
const EXAMPLE_BODY = {
  name: 'my-stream-trigger',
  collection: 'my-collection',
  description: 'Stream data processing trigger',
  source: { subject: 'ms.data.source', type: 'stream', response_type: 'Stream' },
  target: { subject: 'ms.data.target', account: 'account_identifier', type: 'stream' },
  stream: 'quiva-trigger-config',
  subject: 'ms.trigger.stream.my-stream-trigger',
  trigger_type: 'stream',
  type: 'created',
};

onTriggerEngines('POST /trigger/stream', (api) => {
  function plain(name = freshName()): {
    name: string;
    trigger_type: string;
    source: object;
    target: object;
  } {
    return {
      name,
      trigger_type: 'stream',
      source: { subject: `${name}.in` },
      target: { subject: `${name}.out` },
    };
  }

  test("answers the page's example with the page's answer, to the letter", async () => {
    const answer = await api.create(EXAMPLE);
    expect(answer.status).toBe(201);
    expect(answer.text).toBe(JSON.stringify({ body: EXAMPLE_BODY, status_code: 201 }));
    const seen = await api.get('my-stream-trigger');
    expect(seen.json).toMatchObject({ body: EXAMPLE_BODY, status_code: 200 });
  });

  test('keeps the configuration as a record of a managed stream', async () => {
    const { name } = plain();
    await api.create(plain(name));
    const path = `/storage/streams/quiva-trigger-config/search-by-subject?search=ms.trigger.stream.${name}`;
    const { json } = await api.ask('GET', path);
    expect(json).toMatchObject({ body: { results_total: 1 } });
    expect(JSON.stringify(json)).toContain(name);
  });

  test('the stream of configurations is written by triggers alone', async () => {
    await api.create(plain());
    const path = '/storage/streams/quiva-trigger-config';
    const subject = 'ms.trigger.stream.mine';
    const message = { stream: 'quiva-trigger-config', subject, body: {} };
    const refused = [
      await api.ask('POST', `${path}/messages`, message),
      await api.ask('PUT', path, { max_msgs: 1 }),
      await api.ask('DELETE', path),
    ];
    for (const answer of refused) {
      expect(answer.json).toMatchObject({ error: 'stream_reserved' });
    }
    expect((await api.ask('DELETE', '/storage/stream/quiva-trigger-config/purge')).status).toBe(
      400,
    );
    expect((await api.ask('DELETE', `${path}/messages?sequences=1`)).status).toBe(400);
  });

  test.each([
    ['name', "Missing required field 'name' in trigger definition"],
    ['trigger_type', "Missing required field 'trigger_type' in trigger definition"],
    ['source', "Missing required field 'source' in trigger definition"],
    ['target', "Missing required field 'target' in trigger definition"],
  ])('without %s is 400 and names it', async (field, reason) => {
    const given = Object.fromEntries(Object.entries(plain()).filter(([name]) => name !== field));
    const answer = await api.create(given);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ error: `Invalid request: ${reason}`, status_code: 400 });
  });

  test.each([
    [{ name: 'a.b' }, /^Invalid request: name must be 1 to 255/],
    [{ name: 'x'.repeat(256) }, /^Invalid request: name must/],
    [{ trigger_type: 'gateway' }, /^Invalid request: trigger_type must be one of/],
    [{ source: { subject: 'a..b' } }, /^Invalid request: source\.subject must/],
    [{ target: { subject: 'a b' } }, /^Invalid request: target\.subject must/],
    [{ fliter: {} }, /^Invalid request: fliter is nothing/],
  ])('with %j is 400', async (wrong, reason) => {
    const answer = await api.create({ ...plain(), ...wrong });
    expect(answer.status).toBe(400);
    expect(at(answer.json, 'error')).toMatch(reason);
    expect(at(answer.json, 'status_code')).toBe(400);
  });

  test.each(['', 'no JSON', '[]', '7'])('with the body %j is 400', async (body) => {
    const answer = await api.create(body);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ status_code: 400 });
  });

  test('with a name in use is 400, until its trigger is deleted', async () => {
    const { name } = plain();
    expect((await api.create(plain(name))).status).toBe(201);
    expect((await api.create(plain(name))).json).toMatchObject({ status_code: 400 });
    await api.ask('DELETE', `/trigger/triggers/stream/${name}`);
    expect((await api.create(plain(name))).status).toBe(201);
  });

  test('a cycle is 400 and names its triggers, over several of them and over wildcards', async () => {
    const name = freshName();
    const one = await api.carrying(`${name}.a`, `${name}.b`);
    const two = await api.carrying(`${name}.b`, `${name}.c.x`);
    const closing = {
      name: freshName(),
      trigger_type: 'stream',
      source: { subject: `${name}.c.*` },
      target: { subject: `${name}.a` },
    };
    const answer = await api.create(closing);
    expect(answer.status).toBe(400);
    for (const each of [closing.name, one, two]) expect(answer.text).toContain(each);
    expect((await api.get(closing.name)).status).toBe(404);
    const own = { ...closing, target: { subject: `${name}.c.d` } };
    expect((await api.create(own)).status).toBe(400);
  });
});

onTriggerEngines('triggers', (api) => {
  test('are listed by a pattern of subjects', async () => {
    const [name, other] = [freshName(), freshName()];
    await api.carrying(`${name}.a`, `${name}.b`, { name });
    await api.carrying(`${other}.a`, `${other}.b`, { name: other });
    const list = async (pattern: string) =>
      (await api.ask('GET', `/trigger/triggers?subject_pattern=${encodeURIComponent(pattern)}`))
        .json;
    expect(await list(`ms.trigger.stream.${name}`)).toMatchObject({
      body: { results: [{ name, subject: `ms.trigger.stream.${name}` }], results_total: 1 },
      metadata: { subject: `ms.trigger.stream.${name}` },
      status_code: 200,
    });
    const all = JSON.stringify(await list('ms.trigger.>'));
    expect([all.includes(name), all.includes(other)]).toEqual([true, true]);
    expect(await list('ms.trigger.gateway.*')).toMatchObject({ body: { results_total: 0 } });
    const unasked = await api.ask('GET', '/trigger/triggers');
    expect(unasked.status).toBe(400);
    expect(unasked.text).toContain('subject_pattern must be given, as in ?subject_pattern=');
    expect((await api.ask('GET', '/trigger/triggers?subject_pattern=a..b')).status).toBe(400);
  });

  test.each(['stream/none', 'gateway/none', 'stream/a.b'])('there is none at %s', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await api.ask(method, `/trigger/triggers/${path}`);
      expect(answer.status).toBe(404);
      expect(answer.json).toMatchObject({ status_code: 404 });
    }
    expect((await api.ask('POST', `/trigger/triggers/${path}/pause`)).status).toBe(404);
  });
});
