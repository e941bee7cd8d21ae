import { expect } from 'vitest';
import type { Answer, Headers } from './client.ts';
import { EventStream } from './event-stream.ts';
import { freshName, type Served } from './engines.ts';

export const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Makes managed streams with the storage API, and asks for them as for durable ones. */
export class ManagedStreams {
  readonly #served: Served;
  /** Sent with everything. */
  readonly #headers: Headers;

  constructor(served: Served, headers: Headers = {}) {
    this.#served = served;
    this.#headers = headers;
  }

  /** A new stream that captures its own name and all subjects below it. */
  async create(settings: object = {}, name = freshName()): Promise<string> {
    await this.configure(name, { subjects: [name, `${name}.>`], ...settings });
    return name;
  }

  async configure(name: string, settings: object): Promise<void> {
    const path = `/storage/streams/${name}`;
    const answer = await this.#ask('PUT', path, {}, JSON.stringify(settings));
    expect(answer.text).toBe('{"message":"success"}');
  }

  /** Each body, JSON text, is a message on the subject `{name}.{rest}`; all at once. */
  async publish(name: string, rest: string, ...bodies: readonly string[]): Promise<void> {
    const subject = JSON.stringify(`${name}.${rest}`);
    const messages = bodies.map((body) => `{"subject":${subject},"body":${body}}`).join(',');
    const path = `/storage/streams/${name}/messages`;
    const answer = await this.#ask('POST', path, {}, `{"messages":[${messages}]}`);
    expect(answer.status, answer.text).toBe(200);
  }

  async removeMessages(name: string, sequences: string): Promise<void> {
    const path = `/storage/streams/${name}/messages?sequences=${sequences}`;
    expect((await this.#ask('DELETE', path)).status).toBe(200);
  }

  async remove(name: string): Promise<void> {
    expect((await this.#ask('DELETE', `/storage/streams/${name}`)).status).toBe(200);
  }

  read(name: string, query = 'offset=-1', headers: Headers = {}): Promise<Answer> {
    return this.#served.get(`/streams/${name}?${query}`, { ...this.#headers, ...headers });
  }

  head(name: string, headers: Headers = {}): Promise<Answer> {
    const path = `/streams/${name}`;
    return this.#served.send('HEAD', path, { headers: { ...this.#headers, ...headers } });
  }

  append(name: string, body: string, headers: Headers = {}): Promise<Answer> {
    return this.#ask('POST', `/streams/${name}`, headers, body);
  }

  async follow(name: string, query = 'offset=-1', headers: Headers = {}): Promise<EventStream> {
    const path = `/streams/${name}?${query}&live=sse`;
    const { incoming, cut } = await this.#served.open('GET', path, {
      headers: { ...this.#headers, ...headers },
    });
    return new EventStream(incoming, cut);
  }

  #ask(method: string, path: string, headers: Headers = {}, body?: string): Promise<Answer> {
    return this.#served.send(method, path, {
      headers: { ...JSON_TYPE, ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }
}

/** The offset from which what is behind the message of this sequence is read. */
export function offsetBehind(seq: number): string {
  return `${'0'.repeat(16)}_${String(seq).padStart(16, '0')}`;
}

/** The messages of all data events, in the order they came. */
export function messagesOf(reader: EventStream): unknown[] {
  return reader.data.flatMap((data): unknown => JSON.parse(data));
}
