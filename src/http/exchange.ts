import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders, type CorsPolicy } from './cors.ts';
import { problemBody, toProblem } from './problem.ts';
import { readHeaders, type StreamHeaders } from './raw-headers.ts';
import type { Refusal } from '../protocol/refusal.ts';

/** On every answer (protocol, "12.7. Browser Security Headers"). */
export const SECURITY_HEADERS: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
];

const UNREAD_BYTES_MAX = 1 << 26;

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: StreamHeaders;
  readonly #cors: CorsPolicy;

  constructor(request: IncomingMessage, response: ServerResponse, cors: CorsPolicy) {
    this.request = request;
    this.response = response;
    this.method = request.method ?? 'GET';
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? '' : target.slice(mark + 1);
    this.headers = readHeaders(request.rawHeaders);
    this.#cors = cors;
  }

  /** Starts the answer; what follows is the body. */
  begin(status: number, headers: readonly string[]): void {
    const all = [...headers, ...SECURITY_HEADERS];
    const { origin } = this.headers;
    if (origin !== undefined) all.push(...corsHeaders(this.#cors, origin));
    this.response.writeHead(status, all);
  }

  answer(status: number, headers: readonly string[]): void {
    this.begin(status, headers);
    this.response.end();
  }

  answerWith(status: number, headers: readonly string[], body: Buffer | string): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.begin(status, [...headers, 'Content-Length', String(length)]);
    this.response.end(body);
  }

  answerJson(status: number, body: unknown): void {
    const headers = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
    this.answerWith(status, headers, JSON.stringify(body));
  }

  refuse(refusal: Refusal): void {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const problem = toProblem(refusal);
    const headers = [
      'Content-Type',
      'application/problem+json',
      'Cache-Control',
      'no-store',
      ...problem.headers,
    ];
    if (!this.request.complete) this.#discardBody();
    if (this.method === 'HEAD') this.answer(problem.status, headers);
    else this.answerWith(problem.status, headers, problemBody(refusal, problem));
  }

  /**
   * An early answer leaves the rest of the body unread. It is read and dropped, so that the client
   * gets to see the answer and the connection stays usable, but not without end.
   */
  #discardBody(): void {
    let left = UNREAD_BYTES_MAX;
    this.request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.request.destroy();
    });
    this.request.on('error', () => undefined);
    this.request.resume();
  }
}
