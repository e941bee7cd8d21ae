import { expect } from 'vitest';
import { signWithSecret } from '../accounts/tokens.ts';
import { at } from '../openapi-checker.ts';
import type { Asked } from './asked.ts';
import type { Answer, Headers } from './client.ts';
import { freshName } from './engines.ts';
import { until } from './until.ts';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const ALL =
  'streams:read streams:write storage:read storage:write trigger:read trigger:write accounts:admin';

export async function bearer(account: string, scope = ALL): Promise<string> {
  return `Bearer ${await signWithSecret({ account, scope })}`;
}

/** Asks as one account of a server that wants credentials; no other test has the account. */
export class AccountClient {
  readonly account: string;
  readonly #api: Asked;
  readonly #scope: string;

  constructor(api: Asked, scope = ALL, account = freshName()) {
    this.#api = api;
    this.#scope = scope;
    this.account = account;
  }

  async ask(method: string, path: string, body?: unknown, more: Headers = {}): Promise<Answer> {
    const Authorization = await bearer(this.account, this.#scope);
    return this.#api.ask(method, path, body, { ...JSON_HEADERS, Authorization, ...more });
  }

  get(path: string): Promise<Answer> {
    return this.ask('GET', path);
  }

  /** A new managed stream with all subjects below its name. */
  async stream(): Promise<string> {
    const name = freshName();
    const path = `/storage/streams/${name}`;
    expect((await this.ask('PUT', path, { subjects: [`${name}.>`] })).status).toBe(200);
    return name;
  }

  async publish(stream: string, ...bodies: readonly unknown[]): Promise<void> {
    for (const body of bodies) {
      const message = { stream, subject: `${stream}.a`, body };
      const answer = await this.ask('POST', `/storage/streams/${stream}/messages`, message);
      expect(answer.status).toBe(200);
    }
  }

  /** The bodies that a managed stream holds, oldest first. */
  async bodies(stream: string): Promise<unknown[]> {
    const path = `/storage/streams/${stream}/search-by-subject?search=%3E&limit=1000`;
    const results = at((await this.ask('GET', path)).json, 'body', 'results');
    if (!Array.isArray(results)) throw new Error(`${stream} cannot be searched`);
    return results.map((each: unknown): unknown => JSON.parse(String(at(each, 'value'))));
  }

  async untilBodies(stream: string, ...bodies: readonly unknown[]): Promise<void> {
    await until(`${stream} holds ${bodies.length}`, async () => {
      return (await this.bodies(stream)).length >= bodies.length;
    });
    expect(await this.bodies(stream)).toEqual(bodies);
  }

  /** Tries to make a trigger of this name from a stream of its own to another, whose it may be. */
  try(from: string, target: object, more: object = {}, headers: Headers = {}): Promise<Answer> {
    const given = { name: freshName(), trigger_type: 'stream', source: { subject: `${from}.>` } };
    return this.ask('POST', '/trigger/stream', { ...given, target, ...more }, headers);
  }

  /** The same, which has to succeed. Its name. */
  async trigger(
    from: string,
    target: object,
    more: object = {},
    headers: Headers = {},
  ): Promise<string> {
    const answer = await this.try(from, target, more, headers);
    expect(answer.text).toContain('"status_code":201');
    return String(at(answer.json, 'body', 'name'));
  }

  async delete(trigger: string): Promise<void> {
    expect((await this.ask('DELETE', `/trigger/triggers/stream/${trigger}`)).status).toBe(200);
  }

  /** `active`, or `waiting export-missing`. */
  async state(trigger: string): Promise<string> {
    const { json } = await this.ask('GET', `/trigger/triggers/stream/${trigger}`);
    const status = at(json, 'body', 'status');
    const parts = [at(status, 'state'), at(status, 'reason')];
    return parts.filter((part) => typeof part === 'string').join(' ');
  }

  async grants(side: 'export' | 'import'): Promise<readonly unknown[]> {
    const { json } = await this.ask('GET', `/accounts/${side}`);
    const results: unknown = at(json, 'body', 'results');
    if (!isList(results)) throw new Error(`${side}s cannot be listed`);
    expect(at(json, 'body', 'results_total')).toBe(results.length);
    return results;
  }

  /** The id of what a trigger has made. */
  async grantOf(side: 'export' | 'import', trigger: string): Promise<string> {
    const found = (await this.grants(side)).find((each) => at(each, 'trigger') === trigger);
    return String(at(found, 'id'));
  }

  /** Makes a standing one. Its id. */
  async grant(side: 'export' | 'import', terms: object): Promise<string> {
    const answer = await this.ask('POST', `/accounts/${side}`, terms);
    expect(answer.text).toContain('"message":"success"');
    expect(answer.status).toBe(201);
    return String(at(answer.json, 'id'));
  }

  async ungrant(side: 'export' | 'import', id: string): Promise<void> {
    const answer = await this.ask('DELETE', `/accounts/${side}?id=${id}`);
    expect(answer.json).toEqual({ message: 'success', id });
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
