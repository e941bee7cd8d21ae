import type { Answer, AnswerInParts } from './answer.ts';
import type { Headers } from './hop.ts';

/** What a service is asked. */
export interface Question {
  /** Undefined: nothing is sent. */
  readonly body: Buffer | undefined;
  readonly headers: Headers;
  /** Another page of an answer that it gave. Undefined: the service itself. */
  readonly page: URL | undefined;
  /** No longer than the service is given anyway. Undefined: that long. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What answers on a subject: an HTTP endpoint, or a handler in this process. Never rejects. */
export interface Service {
  /** The whole answer. */
  ask(question: Question): Promise<Answer>;
  /** The answer's head, with the body to come; the time counts to the head, and then for each part. */
  askInParts(question: Question): Promise<AnswerInParts>;
}

/** The services of all accounts. */
export interface ServiceDirectory {
  /** Undefined: nothing answers on this subject. */
  find(account: string, subject: string): Service | undefined;
}
