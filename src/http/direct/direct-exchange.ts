import { STATUS_CODES } from 'node:http';
import type { CorsPolicy } from '../cors.ts';
import { Exchange, SECURITY_HEADERS } from '../exchange.ts';
import type { WholeRequest } from './whole-request.ts';

/** An answer but for what only its connection knows. */
export interface DirectAnswer {
  /** The status line and the fields, each a line; no blank line yet. */
  readonly head: string;
  readonly body: Buffer | string;
  /** The client is told to come back on another connection. */
  readonly isLast: boolean;
}

/** What becomes of a request. */
export interface DirectAnswers {
  /** `onEnd` is called when the client's side has all of it, or is gone. */
  readonly send: (answer: DirectAnswer, onEnd: () => void) => void;
  /** Leaves the request, of which nothing has been answered, to node. */
  readonly decline: () => void;
}

/** A request that came in one piece; its answer leaves in one. */
export class DirectExchange extends Exchange {
  readonly #body: Buffer;
  readonly #answers: DirectAnswers;
  readonly #onEnd: (status: number) => void;

  constructor(
    request: WholeRequest,
    cors: CorsPolicy,
    answers: DirectAnswers,
    onEnd: (status: number) => void,
  ) {
    super(request, cors);
    this.#body = request.body;
    this.#answers = answers;
    this.#onEnd = onEnd;
  }

  get isEncrypted(): boolean {
    return false;
  }

  body(bytesMax: number): Buffer | undefined {
    if (this.#body.length <= bytesMax) return this.#body;
    this.refuse({ code: 'body-too-large', bytesMax });
    return undefined;
  }

  /** Its answer would have to be a stream. */
  decline(): void {
    this.#answers.decline();
  }

  answer(status: number, headers: readonly string[]): void {
    this.send(status, headers, '');
  }

  protected send(status: number, headers: readonly string[], body: Buffer | string): void {
    const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    const head = statusLine + lines(headers) + SECURITY_LINES + lines(this.corsHeaders());
    const isLast = headers.includes('Connection');
    this.#answers.send({ head, body, isLast }, () => {
      this.#onEnd(status);
    });
  }
}

/** The fields of a flat list, a line each; but what is said of the connection is not theirs to say. */
function lines(headers: readonly string[]): string {
  let text = '';
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name !== 'Connection') text += `${name}: ${headers[index + 1] ?? ''}\r\n`;
  }
  return text;
}

const SECURITY_LINES = lines(SECURITY_HEADERS);
