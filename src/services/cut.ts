import type { Failure } from './answer.ts';

/** Ends a call from outside, once, and remembers why. */
export class Cut {
  #failure: Failure | undefined;
  #stop: (() => void) | undefined;

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** How what is under way now is stopped; at once, where it is too late for it. */
  onCut(stop: () => void): void {
    this.#stop = stop;
    if (this.#failure !== undefined) stop();
  }

  /** The first reason counts. */
  because(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#stop?.();
  }
}
