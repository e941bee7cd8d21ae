import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './body.ts';
import type { CorsPolicy } from './cors.ts';
import { Exchange, SECURITY_HEADERS, splitTarget } from './exchange.ts';
import type { RenderedRefusal } from './problem.ts';
import { readHeaders } from './raw-headers.ts';

const UNREAD_BYTES_MAX = 1 << 26;

/** A request that `node:http` has read; its answer can also be a stream. */
export class NodeExchange extends Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, cors: CorsPolicy) {
    const { path, query } = splitTarget(request.url ?? '/');
    const headers = readHeaders(request.rawHeaders);
    super({ method: request.method ?? 'GET', path, query, headers }, cors);
    this.request = request;
    this.response = response;
  }

  get isEncrypted(): boolean {
    return 'encrypted' in this.request.socket;
  }

  body(bytesMax: number): Promise<Buffer | undefined> {
    return readBody(this.request, this.headers.contentLength, bytesMax, (refusal) => {
      this.refuse(refusal);
    });
  }

  /** Starts the answer; what follows is the body. */
  begin(status: number, headers: readonly string[]): void {
    this.response.writeHead(status, [...headers, ...SECURITY_HEADERS, ...this.corsHeaders()]);
  }

  /** For who answers by the response itself: sets what every answer carries. */
  prepare(): void {
    const headers = [...SECURITY_HEADERS, ...this.corsHeaders()];
    for (let index = 0; index + 1 < headers.length; index += 2) {
      this.response.setHeader(headers[index] ?? '', headers[index + 1] ?? '');
    }
  }

  answer(status: number, headers: readonly string[]): void {
    this.begin(status, headers);
    this.response.end();
  }

  override refuseAs(rendered: RenderedRefusal): void {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    this.discardBody();
    super.refuseAs(rendered);
  }

  protected send(status: number, headers: readonly string[], body: Buffer | string): void {
    this.begin(status, headers);
    this.response.end(body);
  }

  /**
   * An early answer leaves the rest of the body unread. It is read and dropped, so that the client
   * gets to see the answer and the connection stays usable, but not without end.
   */
  discardBody(): void {
    if (this.request.complete) return;
    let left = UNREAD_BYTES_MAX;
    this.request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.request.destroy();
    });
    this.request.on('error', () => undefined);
    this.request.resume();
  }
}

/** A header that the other routes have no use for; what came several times is joined by commas. */
export function headerOf({ request }: NodeExchange, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}
