import type { Failure, AnswerHead } from '../../services/answer.ts';
import { nextDelayMs } from '../../services/retry.ts';
import type { Service } from '../../services/service.ts';
import { detailOf } from '../service-detail.ts';
import type { Waiting } from '../verdict.ts';

/** One record of what a service says: the text of a JSON value. */
export interface Said {
  readonly body: Buffer;
  /** What has to be known to go on behind it. */
  readonly mark: string;
}

export type Heard =
  | { readonly kind: 'said'; readonly records: readonly Said[] }
  /** It has said all. */
  | { readonly kind: 'ended' }
  | Waiting;

/** Where the one who listens has come to. */
export interface Place {
  /** Of the last record that was taken. Empty: there was none. */
  readonly mark: string;
  /** How many were. */
  readonly taken: number;
}

/** What a service answers, in one of the forms that it may have. */
export interface Answers {
  /** Waits until there is something behind the place, or until it fails. */
  next(place: Place): Promise<Heard>;
  close(): void;
}

export interface AnswersParts {
  /** Undefined: nothing answers on the subject. */
  readonly find: () => Service | undefined;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Ends calls that are under way. */
  readonly signal: AbortSignal;
}

export const NO_SERVICE: Waiting = { kind: 'waiting', reason: 'service-missing' };

/** Counts how often in a row it failed, and says how long to wait. */
export class Failures {
  readonly #parts: AnswersParts;
  #inARow = 0;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  forget(): void {
    this.#inARow = 0;
  }

  waiting(answer: (AnswerHead & { readonly kind: 'answered' }) | Failure): Waiting {
    this.#inARow += 1;
    const { random, nowMs } = this.#parts;
    const outcome = answer.kind === 'answered' ? { ...answer, body: NOTHING } : answer;
    return {
      kind: 'waiting',
      reason: 'service-failed',
      detail: detailOf(answer),
      retryAfterMs: nextDelayMs(this.#inARow, outcome, random, nowMs()),
    };
  }

  /** It answers, but with something else than what it was asked for. */
  unfit(detail: string): Waiting {
    const waiting = this.waiting({ kind: 'too-large' });
    return { ...waiting, detail };
  }
}

const NOTHING = Buffer.alloc(0);
