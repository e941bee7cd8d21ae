import { unreachableFor, type Failure } from './answer.ts';
import { Cut } from './cut.ts';

interface Got<Value> {
  readonly kind: 'got';
  readonly value: Value;
}

/** A call of a handler, which may take no longer than this for each step. */
export class HandlerCall {
  readonly #cut = new Cut();
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  readonly #asked: AbortSignal | undefined;
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, asked: AbortSignal | undefined, onEnd: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#asked = asked;
    this.#onEnd = onEnd;
    asked?.addEventListener('abort', this.stop);
    if (asked?.aborted === true) this.stop();
    this.restart();
  }

  /** Aborted with the call, for the handler. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time does not count. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** The time counts anew. */
  restart(): void {
    this.rest();
    this.#timer = setTimeout(() => {
      this.because({ kind: 'timed-out' });
    }, this.#timeoutMs);
  }

  readonly stop = (): void => {
    this.because(unreachableFor('stopped'));
  };

  because(failure: Failure): void {
    this.#cut.because(failure);
    this.#controller.abort();
  }

  /** What it comes to, or why the call was cut before. Rejects as it does. */
  get<Value>(coming: Promise<Value>): Promise<Got<Value> | Failure> {
    return new Promise((resolve, reject) => {
      this.#cut.onCut(() => {
        resolve(this.#cut.failure ?? unreachableFor('stopped'));
      });
      coming.then((value) => {
        resolve({ kind: 'got', value });
      }, reject);
    });
  }

  end(): void {
    this.rest();
    this.#asked?.removeEventListener('abort', this.stop);
    this.#onEnd();
  }
}
