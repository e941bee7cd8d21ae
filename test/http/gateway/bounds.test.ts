import { describe, expect, test } from 'vitest';
import type { MillraceOptions } from '../../../src/index.ts';
import { freshName, type Engine } from '../../support/http/engines.ts';
import { StorageApiClient } from '../../support/http/storage-api.ts';
import { TriggerApiClient } from '../../support/http/trigger-api.ts';
import { at } from '../../support/openapi-checker.ts';

function serving(engine: Engine, options: MillraceOptions) {
  const api = new TriggerApiClient(new StorageApiClient(engine, options));
  const { storage } = api;
  const { served } = storage;

  /** A public gateway, whose requests become records of a managed stream of its name. */
  async function open(name = freshName(), mapping: object = {}): Promise<string> {
    await storage.put(name, { subjects: [`gateway.${name}`] });
    const created = await api.ask('POST', '/trigger/gateway', {
      name,
      trigger_type: 'gateway',
      gateway_mapping: { method: 'POST', path: `/${name}`, is_public: true, ...mapping },
    });
    expect(created.text).toContain('"status_code":201');
    return name;
  }

  return { api, storage, served, open };
}

describe('the bodies of requests to a gateway', () => {
  const { storage, served, open } = serving('memory', { bodyBytesMax: 1000 });

  test('are as long as others, and 413 beyond', async () => {
    const name = await open();
    const post = (length: number) => served.post(`/gateway/${name}`, { body: 'x'.repeat(length) });
    expect((await post(1000)).status).toBe(202);
    const refused = await post(1001);
    expect(refused.status).toBe(413);
    expect(refused.json).toMatchObject({ status_code: 413 });
    expect(await storage.bodies(name)).toHaveLength(1);
  });

  test('are not read where the limit refuses the request', async () => {
    const name = await open(freshName(), { limit: { request: 1, time: 3_600_000 } });
    expect((await served.post(`/gateway/${name}`)).status).toBe(202);
    const announced = { 'Content-Length': '1000' };
    const { incoming, cut } = await served.open('POST', `/gateway/${name}`, { headers: announced });
    expect(incoming.statusCode).toBe(429);
    cut();
  });
});

describe('the requests that an account may make', () => {
  const { served, open } = serving('memory', { accountRequestsPerSecondMax: 5 });

  test('are counted at its public gateways too', async () => {
    const name = await open();
    const answers = [];
    for (let tries = 0; tries < 1000 && answers.at(-1)?.status !== 429; tries += 1) {
      answers.push(await served.post(`/gateway/${name}`));
    }
    expect(answers.at(-1)?.text).toContain('The account may make 5 requests a second');
    expect(answers.at(-1)?.header('retry-after')).toBe('1');
  });
});

describe('gateways on a disk', () => {
  const { api, storage, served, open } = serving('embedded', {});

  test('are as they were after a restart: served, paused and deleted', async () => {
    const [standing, paused, deleted] = [await open(), await open(), await open()];
    const trigger = (name: string): string => `/trigger/triggers/gateway/${name}`;
    await api.ask('POST', `${trigger(paused)}/pause`);
    await api.ask('DELETE', trigger(deleted));
    await served.post(`/gateway/${standing}`, { body: 'before' });
    await served.restart();
    const statuses = [];
    for (const name of [standing, paused, deleted]) {
      statuses.push((await served.post(`/gateway/${name}`, { body: 'after' })).status);
    }
    expect(statuses).toEqual([202, 503, 404]);
    expect(await storage.bodies(standing)).toMatchObject([{ body: 'before' }, { body: 'after' }]);
    const seen = await api.ask('GET', trigger(paused));
    expect(at(seen.json, 'body', 'status')).toMatchObject({ state: 'paused', requests: 0 });
    const again = { method: 'POST', path: `/${standing}` };
    const taken = await api.ask('POST', '/trigger/gateway', {
      name: freshName(),
      trigger_type: 'gateway',
      gateway_mapping: again,
    });
    expect(taken.status).toBe(400);
    await open(deleted);
  });
});
