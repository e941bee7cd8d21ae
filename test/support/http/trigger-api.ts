import { describe, expect } from 'vitest';
import type { MillraceOptions } from '../../../src/index.ts';
import type { Answer, Headers } from './client.ts';
import { freshName } from './engines.ts';
import { StorageApiClient } from './storage-api.ts';
import { at } from '../openapi-checker.ts';
import { until } from './until.ts';

const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** The same tests of triggers on every engine that has them. */
export function onTriggerEngines(
  title: string,
  suite: (api: TriggerApiClient) => void,
  options: MillraceOptions = {},
): void {
  for (const engine of ['memory', 'embedded'] as const) {
    describe(`${title}, ${engine} engine`, () => {
      suite(new TriggerApiClient(new StorageApiClient(engine, options)));
    });
  }
}

/** Asks for triggers, and holds every answer against the server's own OpenAPI document. */
export class TriggerApiClient {
  readonly storage: StorageApiClient;

  constructor(storage: StorageApiClient) {
    this.storage = storage;
  }

  ask(method: string, path: string, body?: unknown, headers: Headers = JSON_HEADERS) {
    return this.storage.ask(method, path, body, headers);
  }

  create(trigger: unknown): Promise<Answer> {
    return this.ask('POST', '/trigger/stream', trigger);
  }

  /** A new trigger between these subjects. */
  async carrying(source: string, target: string, more: object = {}): Promise<string> {
    const name = freshName();
    const answer = await this.create({
      name,
      trigger_type: 'stream',
      source: { subject: source },
      target: { subject: target },
      ...more,
    });
    expect(answer.text).toContain('"status_code":201');
    return name;
  }

  get(name: string): Promise<Answer> {
    return this.ask('GET', `/trigger/triggers/stream/${name}`);
  }

  async status(name: string): Promise<unknown> {
    return at((await this.get(name)).json, 'body', 'status');
  }

  async untilState(name: string, state: string, reason: string | null = null): Promise<void> {
    await until(`${name} is ${state}`, async () => {
      const status = await this.status(name);
      return at(status, 'state') === state && at(status, 'reason') === reason;
    });
  }

  /** `subject body` of each message of a managed stream. */
  async lines(stream: string): Promise<string[]> {
    const path = `/storage/streams/${stream}/search-by-subject?search=${encodeURIComponent('>')}&limit=1000`;
    const results = at((await this.ask('GET', path)).json, 'body', 'results');
    if (!Array.isArray(results)) throw new Error(`${stream} cannot be searched`);
    return results.map(
      (each: unknown) => `${String(at(each, 'subject'))} ${String(at(each, 'value'))}`,
    );
  }

  async untilLines(stream: string, lines: readonly string[]): Promise<void> {
    await until(`${stream} holds ${lines.length}`, async () => {
      return (await this.lines(stream)).length >= lines.length;
    });
    expect(await this.lines(stream)).toEqual(lines);
  }
}
