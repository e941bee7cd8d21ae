import { expect, test } from 'vitest';
import { recordsOf } from '../support/http/copies.ts';
import { until } from '../support/http/until.ts';
import { at } from '../support/openapi-checker.ts';
import type { Mortal } from './support/mortal.ts';
import { mortal } from './support/mortals.ts';
import { readAll } from './support/read-all.ts';
import { killWhenTold } from './support/status-line.ts';

// Gateways, and a server that is killed while requests come to them.

const ROUNDS = 2;
const CONNECTIONS = 8;
/** How many requests at least are answered before a kill. */
const ANSWERED_PER_ROUND = 100;
const A_NUMBER: unknown = expect.any(Number);

function gateway(name: string, subject: string): object {
  const mapping = { method: 'POST', path: `/${name}`, is_public: true, subject };
  return { name, trigger_type: 'gateway', gateway_mapping: mapping };
}

/** Clients of a gateway: what they have asked, and where they were told that it is. */
class Clients {
  readonly asked: string[] = [];
  readonly placeOf = new Map<string, unknown>();
  readonly #server: Mortal;
  readonly #path: string;

  constructor(server: Mortal, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /** Whether it was answered. Nothing is asked twice. */
  async ask(): Promise<boolean> {
    const id = `request-${this.asked.length}`;
    this.asked.push(id);
    const answer = await this.#server.ask('POST', this.#path, { id }).catch(() => undefined);
    if (answer === undefined) return false;
    expect(answer.status).toBe(202);
    this.placeOf.set(id, at(answer.json, 'body'));
    return true;
  }

  /** Asks by several connections at once. */
  async askUntilKilled(): Promise<void> {
    const connections = Array.from({ length: CONNECTIONS }, async () => {
      while (await this.ask());
    });
    await Promise.all(connections);
  }

  /** Holds what is stored, in its order, against what was asked. */
  check(stored: readonly unknown[]): void {
    const ids = stored.map((record) => String(at(record, 'body', 'id')));
    expect(new Set(ids).size).toBe(ids.length);
    const asked = new Set(this.asked);
    expect(ids.filter((id) => !asked.has(id))).toEqual([]);
    const there = new Set(ids);
    expect([...this.placeOf.keys()].filter((id) => !there.has(id))).toEqual([]);
  }
}

test('a killed server has the record of each 202 where it said, and nothing else', async () => {
  const server = await mortal();
  await server.tell('PUT', '/storage/streams/INBOX', { subjects: ['inbox.>'] });
  await server.tell('PUT', '/demo/inbox');
  await server.tell('POST', '/trigger/gateway', gateway('managed', 'inbox.in'));
  await server.tell('POST', '/trigger/gateway', gateway('durable', '$DS.demo.inbox'));
  const managed = new Clients(server, '/gateway/managed');
  const durable = new Clients(server, '/gateway/durable');
  const both = [managed, durable];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = both.map(({ placeOf }) => placeOf.size);
    const asking = both.map((each) => each.askUntilKilled());
    await until('enough is answered', () => {
      return both.every((each, i) => each.placeOf.size >= (before[i] ?? 0) + ANSWERED_PER_ROUND);
    });
    await server.die();
    await Promise.all(asking);
    await server.start();

    const records = await recordsOf(server.client, 'INBOX');
    managed.check(records.map(({ body }) => body));
    const idAt = new Map(records.map(({ seq, body }) => [seq, at(body, 'body', 'id')]));
    for (const [id, place] of managed.placeOf) {
      expect(place).toEqual({ stream: 'INBOX', seq: A_NUMBER });
      expect(idAt.get(Number(at(place, 'seq')))).toBe(id);
    }
    const values: unknown = JSON.parse(await readAll(server.client, '/demo/inbox'));
    durable.check(Array.isArray(values) ? values : []);
    for (const [id, place] of [...durable.placeOf].slice(before[1])) {
      const offset = String(at(place, 'offset'));
      expect(place).toEqual({ stream: '$DS.demo.inbox', offset });
      const { json } = await server.client.get(`/demo/inbox?offset=${offset}`);
      expect(at(json, '0', 'body', 'id')).toBe(id);
    }
  }
  for (const each of both) expect(await each.ask()).toBe(true);
}, 60_000);

test('what was answered of a gateway before a kill is so after it', async () => {
  const server = await mortal();
  await server.tell('PUT', '/storage/streams/INBOX', { subjects: ['inbox.>'] });
  const path = '/trigger/triggers/gateway/orders';
  const state = async (): Promise<unknown> => {
    return at((await server.ask('GET', path)).json, 'body', 'status', 'state');
  };
  const ask = async (): Promise<number> => {
    return (await server.ask('POST', '/gateway/orders', { id: 1 })).status;
  };
  const told = async (method: string, to: string, body?: object): Promise<number> => {
    const status = await killWhenTold(server, method, to, body);
    await server.start();
    return status;
  };

  expect(await told('POST', '/trigger/gateway', gateway('orders', 'inbox.orders'))).toBe(201);
  expect([await state(), await ask()]).toEqual(['active', 202]);
  expect(await told('POST', `${path}/pause`)).toBe(200);
  expect([await state(), await ask()]).toEqual(['paused', 503]);
  await server.tell('POST', `${path}/resume`);
  expect([await state(), await ask()]).toEqual(['active', 202]);
  expect(await told('DELETE', path)).toBe(200);
  expect([await state(), await ask()]).toEqual([undefined, 404]);
  // Name and path are free.
  await server.tell('POST', '/trigger/gateway', gateway('orders', 'inbox.anew'));
  expect([await state(), await ask()]).toEqual(['active', 202]);
  const subjects = (await recordsOf(server.client, 'INBOX')).map(({ subject }) => subject);
  expect(subjects).toEqual(['inbox.orders', 'inbox.orders', 'inbox.anew']);
});
