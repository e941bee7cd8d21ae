/** What is wrong with a URL that was to be called. */
export type UrlFault = 'malformed' | 'too-long' | 'scheme' | 'credentials' | 'fragment';

/** Why there was no answer, as far as it can be told from here. */
export type UnreachableReason =
  | 'name-unknown'
  | 'connection-refused'
  | 'connection-lost'
  | 'no-route'
  | 'tls'
  | 'not-http'
  | 'too-many-redirects'
  /** From https to http, where anybody could listen. */
  | 'redirect-downgrade'
  /** As many calls as may be under way at once are. */
  | 'busy'
  /** The caller gave it up, or this server is closing. */
  | 'stopped';

/** How a call to a service ends without an answer. */
export type Failure =
  /** The name or the literal leads where no connection may be made. */
  | { readonly kind: 'refused-address'; readonly address: string }
  /** The answer's head or body goes beyond its bound. */
  | { readonly kind: 'too-large' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'unreachable'; readonly reason: UnreachableReason }
  | { readonly kind: 'invalid-url'; readonly reason: UrlFault }
  | { readonly kind: 'invalid-header'; readonly name: string };

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** By name in lower case; what came several times is joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where it came from, behind all redirects: what its links are relative to. */
  readonly url: URL;
}

export interface Answered extends AnswerHead {
  readonly kind: 'answered';
  readonly body: Buffer;
}

export interface AnsweredInParts extends AnswerHead {
  readonly kind: 'answered';
  readonly body: AnswerBody;
}

export interface AnswerBody extends AsyncIterable<Buffer, void, undefined> {
  /** Cuts the connection. A body that is not read to its end must be let go of. */
  cancel(): void;
}

/** Thrown while a body is read that does not come to its end. */
export class BodyCut extends Error {
  override name = 'BodyCut';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`the body was cut: ${failure.kind}`);
    this.failure = failure;
  }
}

export type Answer = Answered | Failure;
export type AnswerInParts = AnsweredInParts | Failure;

export function unreachableFor(reason: UnreachableReason): Failure {
  return { kind: 'unreachable', reason };
}
