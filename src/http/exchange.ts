import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { corsHeaders, type CorsPolicy } from './cors.ts';
import { renderProblem, type RenderedRefusal } from './problem.ts';
import type { StreamHeaders } from './raw-headers.ts';

/** On every answer (protocol, "12.7. Browser Security Headers"). */
export const SECURITY_HEADERS: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
];

/** What a request says before its body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: StreamHeaders;
}

/** One request and its answer, whoever read the one and writes the other. */
export abstract class Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: StreamHeaders;
  /** In which words an API refuses; those of durable streams unless another is addressed. */
  renderRefusal: (refusal: Refusal) => RenderedRefusal = renderProblem;
  readonly #cors: CorsPolicy;

  constructor({ method, path, query, headers }: RequestHead, cors: CorsPolicy) {
    this.method = method;
    this.path = path;
    this.query = query;
    this.headers = headers;
    this.#cors = cors;
  }

  abstract get isEncrypted(): boolean;

  /** The whole body, at most `bytesMax`, or undefined when the request has been refused for it. */
  abstract body(bytesMax: number): MaybePromise<Buffer | undefined>;

  /** Answers without a body. `headers` is a flat list of names and values. */
  abstract answer(status: number, headers: readonly string[]): void;

  answerWith(status: number, headers: readonly string[], body: Buffer | string): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.send(status, [...headers, 'Content-Length', String(length)], body);
  }

  answerJson(status: number, body: unknown): void {
    const headers = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
    this.answerWith(status, headers, JSON.stringify(body));
  }

  refuse(refusal: Refusal): void {
    this.refuseAs(this.renderRefusal(refusal));
  }

  /** Refuses in words of the caller's. */
  refuseAs({ status, contentType, headers, body }: RenderedRefusal): void {
    const all = ['Content-Type', contentType, 'Cache-Control', 'no-store', ...headers];
    if (this.method === 'HEAD') this.answer(status, all);
    else this.answerWith(status, all, body);
  }

  protected abstract send(status: number, headers: readonly string[], body: Buffer | string): void;

  /** What an answer to this request's page has to say, if a page sent it. */
  protected corsHeaders(): readonly string[] {
    const { origin } = this.headers;
    return origin === undefined ? NONE : corsHeaders(this.#cors, origin);
  }
}

const NONE: readonly string[] = [];

/** A request's target, split at the question mark. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: '' };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
