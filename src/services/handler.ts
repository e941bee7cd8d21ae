/** What a service in this process is asked. */
export interface HandlerRequest {
  /** The subject that it answers on, and the account that this is a subject of. */
  readonly subject: string;
  readonly account: string;
  /** Empty when nothing was sent. */
  readonly body: Buffer;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a link to the next page (`Link: <…>; rel="next"`) led to. Undefined: it is asked anew. */
  readonly page: URL | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * The body of an answer: a string is text, bytes are bytes, what can be iterated over with
 * `for await` is sent part by part, and anything else as JSON.
 */
export type HandlerBody =
  string | Uint8Array | AsyncIterable<string | Uint8Array> | object | number | boolean | null;

/** What a service in this process answers. */
export interface HandlerAnswer {
  /** Default: 200, or 204 without a body. */
  readonly status?: number;
  /** `content-type` goes by the body where it is not said. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HandlerBody;
}

/** Answers in this process. What it throws is answered with status 500. */
export type Handler = (
  request: HandlerRequest,
) => HandlerAnswer | undefined | Promise<HandlerAnswer | undefined>;

/** A service of an embedder: what answers on a subject of an account. */
export interface HandlerRegistration {
  /** Default: the one of whoever shows no credentials. */
  readonly account?: string;
  readonly subject: string;
  readonly handle: Handler;
}
