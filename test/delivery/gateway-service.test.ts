import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigStream, configSubject } from '../../src/delivery/config-stream.ts';
import type { Gateway } from '../../src/delivery/gateway.ts';
import { GATEWAYS_MAX, GatewayService } from '../../src/delivery/gateway-service.ts';
import type { Landed } from '../../src/delivery/landing.ts';
import { must } from '../../src/lib/assert.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { canonicalPath } from '../../src/triggers/gateway-path.ts';
import { isTriggerName, type TriggerName } from '../../src/triggers/trigger.ts';
import { NOW_MS } from '../support/states.ts';

const STORED: Landed = { kind: 'appended', stream: '$DS._.any', offset: 'there' };
const clock = { nowMs: () => NOW_MS };

let engine: MemoryEngine;
let config: ConfigStream;
/** Resolves the records that are under way. */
let land: (() => void)[];
let gateways: GatewayService;

function service(): GatewayService {
  let ids = 0;
  return new GatewayService({
    config,
    clock,
    monotonicMs: () => 0,
    mintId: () => `id-${(ids += 1)}`,
    landingOf: () => ({
      put: () =>
        new Promise((resolve) => {
          land.push(() => {
            resolve(STORED);
          });
        }),
    }),
  });
}

beforeEach(() => {
  engine = new MemoryEngine({ bytesMax: 1 << 26, life: 'test' });
  config = new ConfigStream(
    { messages: engine.messages, onStreamMade: () => undefined },
    clock.nowMs,
  );
  land = [];
  gateways = service();
});

function name(text: string): TriggerName {
  if (!isTriggerName(text)) throw new Error(`no name: ${text}`);
  return text;
}

function given(trigger: string, path = `/${trigger}`, method = 'GET'): object {
  return { name: trigger, trigger_type: 'gateway', gateway_mapping: { method, path } };
}

function servedAt(path: string, from = gateways): string[] {
  const there = from.at(must(canonicalPath(path), 'a path'));
  return [...(there ?? [])].map(([method, each]) => `${method} ${each.account}/${each.name}`);
}

async function made(account: string, trigger: object): Promise<Gateway> {
  const created = await gateways.create(account, trigger);
  if (created.kind !== 'created') throw new Error(created.kind);
  return must(gateways.get(account, created.definition.trigger.name), 'it is kept');
}

describe('gateway triggers', () => {
  it('are served where they say, whichever account has them', async () => {
    await made('acme', given('one', '/a'));
    await made('other', given('one', '/a', 'POST'));
    expect(servedAt('/a')).toEqual(['GET acme/one', 'POST other/one']);
    expect(servedAt('/b')).toEqual([]);
  });

  it('have names of their own in an account, and places of their own on the server', async () => {
    await made('acme', given('one', '/a'));
    expect(await gateways.create('acme', given('one', '/b'))).toEqual({ kind: 'name-in-use' });
    expect(await gateways.create('other', given('two', '/a'))).toEqual({ kind: 'path-in-use' });
  });

  it('are judged one after the other, however they come', async () => {
    const outcomes = await Promise.all(
      ['acme', 'other', 'third'].map((account) => gateways.create(account, given('one', '/a'))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['created', 'path-in-use', 'path-in-use']);
  });

  it('are taken up again after a restart, as they were left', async () => {
    await made('acme', given('standing'));
    await made('acme', given('paused'));
    await made('acme', given('deleted'));
    await gateways.pause('acme', name('paused'));
    await gateways.remove('acme', name('deleted'));
    const next = service();
    await next.start(() => {
      throw new Error('all can be read');
    });
    expect(servedAt('/standing', next)).toEqual(['GET acme/standing']);
    expect(next.get('acme', name('paused'))?.isPaused).toBe(true);
    expect(servedAt('/deleted', next)).toEqual([]);
  });

  it('that cannot be read are told of, and keep no other from being served', async () => {
    await made('acme', given('good'));
    await config.write('acme', configSubject('gateway', 'bad'), '{"type":"active"}');
    const unreadable: string[] = [];
    const next = service();
    await next.start((account, topic) => unreadable.push(`${account}/${topic}`));
    expect(unreadable).toEqual(['acme/bad']);
    expect(servedAt('/good', next)).toEqual(['GET acme/good']);
  });

  it('are so many in an account at most', async () => {
    for (let count = 0; count < GATEWAYS_MAX; count += 1) {
      await made('acme', given(`gateway-${count}`));
    }
    const refused = { kind: 'too-many', triggersMax: GATEWAYS_MAX };
    expect(await gateways.create('acme', given('more'))).toEqual(refused);
    expect((await gateways.create('other', given('more'))).kind).toBe('created');
    await gateways.remove('acme', name('gateway-7'));
    expect((await gateways.create('acme', given('again'))).kind).toBe('created');
  });

  it.each(['remove', 'pause'] as const)(
    'end by %s when no record of theirs is under way any more',
    async (ending) => {
      const gateway = await made('acme', given('one'));
      const putting = gateway.put(Buffer.from('1'));
      const seen: string[] = [];
      const ended = gateways[ending]('acme', name('one')).then(() => seen.push('ended'));
      // What is written of it is in memory, and needs no more turns than these.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      expect([gateway.isDeleted, gateway.isPaused]).toEqual([
        ending === 'remove',
        ending === 'pause',
      ]);
      expect(seen).toEqual([]);
      land.forEach((resolve) => {
        resolve();
      });
      expect(await putting).toEqual(STORED);
      await ended;
    },
  );

  it('take no more changes when they are stopped', async () => {
    await gateways.stop();
    const refused = { kind: 'refused', refusal: { code: 'shutting-down' } };
    expect(await gateways.create('acme', given('late'))).toEqual(refused);
  });
});
