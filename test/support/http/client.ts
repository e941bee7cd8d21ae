import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { mustBeDescribed } from './described-answers.ts';

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface Message {
  readonly headers?: Headers;
  readonly body?: string | Buffer;
}

/** A whole answer. */
export class Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;

  constructor(status: number, headers: IncomingHttpHeaders, body: Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /** Undefined when absent. */
  header(name: string): string | undefined {
    const value = this.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get text(): string {
    return this.body.toString();
  }

  get json(): unknown {
    const value: unknown = JSON.parse(this.text);
    return value;
  }

  get offset(): string {
    return this.header('stream-next-offset') ?? 'no offset';
  }

  get tag(): string {
    return this.header('etag') ?? 'no tag';
  }

  get isClosed(): boolean {
    return this.header('stream-closed') === 'true';
  }

  /** `409 stream-closed` for a refusal in problem+json, and otherwise the status alone. */
  get verdict(): string {
    const isProblem = this.header('content-type') === 'application/problem+json';
    if (!isProblem || this.body.length === 0) return String(this.status);
    const problem = this.json;
    const hasCode = typeof problem === 'object' && problem !== null && 'code' in problem;
    return `${this.status} ${hasCode ? String(problem.code) : 'no code'}`;
  }
}

interface OpenAnswer {
  readonly incoming: IncomingMessage;
  readonly cut: () => void;
}

/**
 * Sends paths and headers as they are given: nothing is normalized on the way, and everything of an
 * answer can be seen. An answer that the server's own document does not describe fails the test.
 */
export class HttpClient {
  readonly #origin: () => string;
  readonly #agent = new Agent({ keepAlive: true });

  /** `origin` is asked for each request, for a server may come back on another port. */
  constructor(origin: () => string) {
    this.#origin = origin;
  }

  put(path: string, message?: Message): Promise<Answer> {
    return this.send('PUT', path, message);
  }

  post(path: string, message?: Message): Promise<Answer> {
    return this.send('POST', path, message);
  }

  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  head(path: string): Promise<Answer> {
    return this.send('HEAD', path);
  }

  delete(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send('DELETE', path, { headers });
  }

  async send(method: string, path: string, message: Message = {}): Promise<Answer> {
    const { incoming } = await this.#request(method, path, message);
    const pieces: Buffer[] = [];
    for await (const piece of incoming) {
      if (Buffer.isBuffer(piece)) pieces.push(piece);
    }
    const body = Buffer.concat(pieces);
    check(method, path, incoming, body);
    return new Answer(incoming.statusCode ?? 0, incoming.headers, body);
  }

  /** Resolves with the answer's head; its body is the caller's to read or to cut off. */
  async open(method: string, path: string, message: Message = {}): Promise<OpenAnswer> {
    const answer = await this.#request(method, path, message);
    check(method, path, answer.incoming, undefined);
    return answer;
  }

  #request(method: string, path: string, { headers = {}, body }: Message): Promise<OpenAnswer> {
    const { hostname, port } = new URL(this.#origin());
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : [...value],
      ]),
    );
    if (body !== undefined) sent['Content-Length'] = String(Buffer.byteLength(body));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { hostname, port, method, path, headers: sent, agent: this.#agent },
        (incoming) => {
          resolve({ incoming, cut: () => outgoing.destroy() });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function check(
  method: string,
  target: string,
  { statusCode: status = 0, headers: all }: IncomingMessage,
  body: Buffer | undefined,
): void {
  const headers = new Map(Object.entries(all).map(([name, value]) => [name, String(value)]));
  mustBeDescribed({ method, target, status, headers, body });
}
