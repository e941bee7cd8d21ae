import type { Answer, AnswerInParts } from './answer.ts';
import { headersFor, type Headers } from './hop.ts';
import type { CallBase, Outbound } from './outbound.ts';
import type { Registration } from './registration.ts';
import type { Question, Service } from './service.ts';
import { SIGNATURE_HEADER } from './signing-key.ts';

export interface HttpServiceParts {
  readonly outbound: Outbound;
  /** The value of the signature's header for exactly these bytes, sent now. */
  readonly sign: (body: Buffer) => string;
  /** Of a service that was registered without a time of its own. */
  readonly timeoutMs: number;
  /** Of an answer that is taken whole. */
  readonly answerBytesMax: number;
}

/** An HTTP endpoint: what it is asked with a body is a POST, and anything else a GET. */
export class HttpService implements Service {
  readonly #parts: HttpServiceParts;
  readonly #registration: Registration;
  readonly #url: URL;

  constructor(parts: HttpServiceParts, registration: Registration) {
    this.#parts = parts;
    this.#registration = registration;
    this.#url = new URL(registration.url);
  }

  ask(question: Question): Promise<Answer> {
    const { outbound, answerBytesMax: bytesMax } = this.#parts;
    return outbound.call({ ...this.#call(question), bytesMax, timeoutMs: this.#timeOf(question) });
  }

  askInParts(question: Question): Promise<AnswerInParts> {
    // Parts are let go of as they are read: a stream may have no end, and holds no memory.
    const bytesMax = Number.POSITIVE_INFINITY;
    const idleTimeoutMs = this.#timeOf(question);
    return this.#parts.outbound.callInParts({ ...this.#call(question), bytesMax, idleTimeoutMs });
  }

  #timeOf({ timeoutMs }: Question): number {
    const own = this.#registration.timeoutMs ?? this.#parts.timeoutMs;
    return Math.min(own, timeoutMs ?? own);
  }

  /** A page elsewhere is asked for without what was meant for the service itself. */
  #call({ body, headers, page, signal }: Question): Omit<CallBase, 'bytesMax'> {
    const to = page ?? this.#url;
    const signature = body === undefined ? {} : { [SIGNATURE_HEADER]: this.#parts.sign(body) };
    const all = joined(this.#registration.headers, headers, signature);
    return {
      url: to.href,
      method: body === undefined ? 'GET' : 'POST',
      headers: headersFor(all, this.#url, to),
      body,
      redirectsMax: 0,
      signal,
    };
  }
}

/** Of a name that is there several times, in whatever case, the last one counts. */
function joined(...all: readonly Headers[]): Headers {
  const entries = all.flatMap((headers) => Object.entries(headers));
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
