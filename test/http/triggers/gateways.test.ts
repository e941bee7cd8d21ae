import { describe, expect, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines, type TriggerApiClient } from '../../support/http/trigger-api.ts';
import { at } from '../../support/openapi-checker.ts';

interface Given {
  readonly name?: string;
  readonly mapping?: object;
}

/** A gateway trigger at a path of its own name. */
function given({ name = freshName(), mapping = {} }: Given = {}) {
  return {
    name,
    trigger_type: 'gateway',
    gateway_mapping: { method: 'POST', path: `/${name}`, is_public: true, ...mapping },
  };
}

function create(api: TriggerApiClient, trigger: unknown) {
  return api.ask('POST', '/trigger/gateway', trigger);
}

onTriggerEngines('POST /trigger/gateway', (api) => {
  test('answers with what was given, where its requests go and where it is kept', async () => {
    const trigger = {
      name: 'shop',
      collection: 'web',
      description: 'Orders of the shop',
      trigger_type: 'gateway',
      gateway_mapping: {
        method: 'POST',
        path: '/shop/orders',
        is_public: true,
        limit: { request: 10, time: 1000 },
        timeout: 5000,
        subject: 'orders.new',
      },
    };
    const answer = await create(api, trigger);
    const { trigger_type: type, ...rest } = trigger;
    const body = {
      ...rest,
      gateway_mapping_subject: 'orders.new',
      stream: 'quiva-trigger-config',
      subject: 'ms.trigger.gateway.shop',
      trigger_type: type,
      type: 'created',
    };
    expect(answer.status).toBe(201);
    expect(answer.text).toBe(JSON.stringify({ body, status_code: 201 }));
    const seen = await api.ask('GET', '/trigger/triggers/gateway/shop');
    expect(seen.json).toMatchObject({ body, status_code: 200 });
  });

  test('sends requests to a subject of its name where none is given', async () => {
    const trigger = given();
    const answer = await create(api, trigger);
    expect(at(answer.json, 'body', 'gateway_mapping_subject')).toBe(`gateway.${trigger.name}`);
  });

  test('keeps the configuration as a record of the stream of configurations', async () => {
    const trigger = given();
    await create(api, trigger);
    const path = `/storage/streams/quiva-trigger-config/search-by-subject?search=ms.trigger.gateway.${trigger.name}`;
    const { json } = await api.ask('GET', path);
    expect(json).toMatchObject({ body: { results_total: 1 } });
    expect(JSON.stringify(json)).toContain(trigger.gateway_mapping.path);
  });

  test.each([
    ['name', "Missing required field 'name' in trigger definition"],
    ['trigger_type', "Missing required field 'trigger_type' in trigger definition"],
    ['gateway_mapping', "Missing required field 'gateway_mapping' in trigger definition"],
  ])('without %s is 400 and names it', async (field, reason) => {
    const part = Object.fromEntries(Object.entries(given()).filter(([name]) => name !== field));
    const answer = await create(api, part);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ error: `Invalid request: ${reason}`, status_code: 400 });
  });

  test.each([
    [{ method: 'TRACE' }, /^Invalid request: gateway_mapping\.method must be one of/],
    [{ path: 'orders' }, /^Invalid request: gateway_mapping\.path must be a path/],
    [{ limit: { request: 0, time: 1 } }, /^Invalid request: gateway_mapping\.limit\.request must/],
    [{ timeout: 600_001 }, /^Invalid request: gateway_mapping\.timeout must/],
    [{ subject: 'orders.>' }, /^Invalid request: gateway_mapping\.subject must/],
    [{ subject: 'ms.trigger.stream.a' }, /^Invalid request: gateway_mapping\.subject must not/],
    [{ isPublic: true }, /^Invalid request: gateway_mapping\.isPublic is nothing/],
  ])('with the mapping %j is 400', async (mapping, reason) => {
    const answer = await create(api, given({ mapping }));
    expect(answer.status).toBe(400);
    expect(at(answer.json, 'error')).toMatch(reason);
  });

  test('with a name in use is 400, and a stream trigger may have the same name', async () => {
    const trigger = given();
    expect((await create(api, trigger)).status).toBe(201);
    const again = await create(api, given({ name: trigger.name, mapping: { path: '/other' } }));
    expect(again.json).toMatchObject({ status_code: 400 });
    expect(at(again.json, 'error')).toContain('name is in use');
    await api.carrying(`${trigger.name}.a`, `${trigger.name}.b`, { name: trigger.name });
  });

  test('with a path in use is 400, until its trigger is deleted or for another method', async () => {
    const first = given();
    const { path } = first.gateway_mapping;
    expect((await create(api, first)).status).toBe(201);
    const second = given({ mapping: { path } });
    expect(at((await create(api, second)).json, 'error')).toContain('path is in use');
    expect((await create(api, given({ mapping: { path, method: 'PUT' } }))).status).toBe(201);
    await api.ask('DELETE', `/trigger/triggers/gateway/${first.name}`);
    expect((await create(api, second)).status).toBe(201);
  });
});

onTriggerEngines('gateway triggers', (api) => {
  test('are listed beside stream triggers, by a pattern of subjects', async () => {
    const { name, ...rest } = given();
    await create(api, { name, ...rest });
    await api.carrying(`${name}.a`, `${name}.b`, { name });
    const list = async (pattern: string): Promise<unknown[]> => {
      const path = `/trigger/triggers?subject_pattern=${encodeURIComponent(pattern)}`;
      const results = at((await api.ask('GET', path)).json, 'body', 'results');
      if (!Array.isArray(results)) throw new Error('no results');
      return results.map((each) => at(each, 'subject'));
    };
    const [gateway, stream] = [`ms.trigger.gateway.${name}`, `ms.trigger.stream.${name}`];
    expect(await list(gateway)).toEqual([gateway]);
    expect(await list(`ms.trigger.*.${name}`)).toEqual([stream, gateway]);
    expect(await list('ms.trigger.gateway.>')).toContain(gateway);
    expect(await list('ms.trigger.gateway.>')).not.toContain(stream);
  });

  test('are told apart by their type where they are seen, paused and deleted', async () => {
    const trigger = given();
    await create(api, trigger);
    const other = `/trigger/triggers/stream/${trigger.name}`;
    for (const [method, path] of [
      ['GET', other],
      ['DELETE', other],
      ['POST', `${other}/pause`],
    ] as const) {
      expect((await api.ask(method, path)).status).toBe(404);
    }
    const own = `/trigger/triggers/gateway/${trigger.name}`;
    expect((await api.ask('DELETE', own)).json).toEqual({ status_code: 200 });
    expect((await api.ask('GET', own)).status).toBe(404);
    expect((await api.ask('DELETE', own)).status).toBe(404);
  });

  describe('that were paused', () => {
    test('show it, and go on when they are resumed', async () => {
      const trigger = given();
      await create(api, trigger);
      const path = `/trigger/triggers/gateway/${trigger.name}`;
      const state = async () => at((await api.ask('GET', path)).json, 'body', 'status', 'state');
      for (const [verb, expected] of [
        ['pause', 'paused'],
        ['pause', 'paused'],
        ['resume', 'active'],
        ['resume', 'active'],
      ] as const) {
        expect((await api.ask('POST', `${path}/${verb}`)).json).toEqual({ status_code: 200 });
        expect(await state()).toBe(expected);
      }
    });
  });
});
