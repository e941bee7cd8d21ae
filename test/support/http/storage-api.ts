import { expect } from 'vitest';
import { describe } from 'vitest';
import type { MillraceOptions } from '../../../src/index.ts';
import { at, OpenApiChecker } from '../openapi-checker.ts';
import type { Answer, Headers } from './client.ts';
import { freshName, serve, type Engine } from './engines.ts';

/** Those that have managed streams. */
const ENGINES: readonly Engine[] = ['memory', 'embedded'];

/** The same tests of the storage API on every engine that has managed streams. */
export function onStorageEngines(
  title: string,
  suite: (api: StorageApiClient) => void,
  options: MillraceOptions = {},
): void {
  for (const engine of ENGINES) {
    describe(`${title}, ${engine} engine`, () => {
      suite(new StorageApiClient(engine, options));
    });
  }
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };

export interface Message {
  readonly subject: string;
  readonly body: unknown;
}

/** Asks the storage API, and holds every answer against the server's own OpenAPI document. */
export class StorageApiClient {
  readonly #served: ReturnType<typeof serve>;
  #checker: OpenApiChecker | undefined;

  constructor(engine: Engine, options: MillraceOptions) {
    this.#served = serve(engine, options);
  }

  async checker(): Promise<OpenApiChecker> {
    this.#checker ??= new OpenApiChecker((await this.#served.get('/openapi.json')).json);
    return this.#checker;
  }

  get served(): ReturnType<typeof serve> {
    return this.#served;
  }

  /** `body`: sent as it is when it is a text, as JSON otherwise. */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Headers = JSON_HEADERS,
  ): Promise<Answer> {
    const answer = await this.#served.send(method, path, {
      headers,
      ...(body === undefined ? {} : { body: asText(body) }),
    });
    (await this.checker()).check(method, path, answer);
    return answer;
  }

  put(name: string, settings: unknown): Promise<Answer> {
    return this.ask('PUT', `/storage/streams/${name}`, settings);
  }

  /** A new stream that captures all subjects below its own name. */
  async stream(settings: object = {}): Promise<string> {
    const name = freshName();
    const answer = await this.put(name, { subjects: [`${name}.>`], ...settings });
    expect(answer.text).toBe('{"message":"success"}');
    return name;
  }

  publish(name: string, subject: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send(name, { stream: name, subject, body }, headers);
  }

  batch(name: string, messages: readonly Message[], headers: Headers = {}): Promise<Answer> {
    return this.send(name, { messages }, headers);
  }

  send(name: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    const path = `/storage/streams/${name}/messages`;
    return this.ask('POST', path, body, { ...JSON_HEADERS, ...headers });
  }

  /** Publishes the numbers from 1 on, each on a subject `{name}.{number}`. */
  async fill(name: string, count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, index) => ({
      subject: `${name}.${index + 1}`,
      body: index + 1,
    }));
    expect((await this.batch(name, messages)).status).toBe(200);
  }

  async look(name: string): Promise<{ config: unknown; state: unknown; created: unknown }> {
    const answer = await this.ask('GET', `/storage/streams/${name}`);
    expect(answer.status).toBe(200);
    const body = at(answer.json, 'body');
    return {
      config: at(body, 'config'),
      state: at(body, 'state'),
      created: at(body, 'created'),
    };
  }

  search(name: string, query: string): Promise<Answer> {
    return this.ask('GET', `/storage/streams/${name}/search-by-subject?${query}`);
  }

  /** The bodies of all messages, oldest first. */
  async bodies(name: string, query = 'search=%3E&limit=1000'): Promise<unknown[]> {
    const results = at((await this.search(name, query)).json, 'body', 'results');
    return Array.isArray(results) ? results.map((each) => parse(at(each, 'value'))) : [];
  }

  deleteMessages(name: string, sequences: string): Promise<Answer> {
    return this.ask('DELETE', `/storage/streams/${name}/messages?sequences=${sequences}`);
  }

  purge(name: string, request?: unknown): Promise<Answer> {
    return this.ask('DELETE', `/storage/stream/${name}/purge`, request);
  }
}

function asText(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

function parse(text: unknown): unknown {
  const value: unknown = JSON.parse(String(text));
  return value;
}

/** `400 validation_error`, or the status alone where nothing is refused. */
export function verdict(answer: Answer): string {
  const code = answer.status < 400 ? undefined : at(answer.json, 'error');
  return typeof code === 'string' ? `${answer.status} ${code}` : String(answer.status);
}
