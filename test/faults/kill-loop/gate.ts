import { isBroken } from '../support/broken.ts';
import { Violation } from './violation.ts';

/** Lets clients at the server while it is up, and knows when none of them is at it any more. */
export class Gate {
  #isOpen = false;
  #isOver = false;
  #inside = 0;
  #waiting: (() => void)[] = [];
  #leaving: (() => void)[] = [];
  #counting: { left: number; resolve: () => void } | undefined;
  /** Steps that were begun. */
  steps = 0;
  /** The first thing that went wrong. */
  failure: unknown;

  open(): void {
    this.#isOpen = true;
    this.#wake();
  }

  /** From now on a connection may break. */
  close(): void {
    this.#isOpen = false;
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Resolves when so many steps more have been begun, or something went wrong. */
  count(steps: number): Promise<void> {
    return new Promise((resolve) => {
      this.#counting = { left: steps, resolve };
    });
  }

  /** Resolves when nobody is inside. */
  async empty(): Promise<void> {
    while (this.#inside > 0) await new Promise<void>((resolve) => this.#leaving.push(resolve));
  }

  /** Does one step after the other whenever the gate is open, until the end or a failure. */
  async live(step: () => Promise<void>): Promise<void> {
    while (await this.#enter()) {
      try {
        await step();
      } catch (error) {
        this.#judge(error);
      } finally {
        this.#leave();
      }
    }
  }

  #judge(error: unknown): void {
    if (this.failure !== undefined) return;
    if (isBroken(error) && !this.#isOpen) return;
    this.failure = isBroken(error)
      ? new Violation('a connection broke while the server was up', { cause: error })
      : error;
    this.#counting?.resolve();
  }

  async #enter(): Promise<boolean> {
    while (!this.#isOpen && !this.#isOver) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#isOver || this.failure !== undefined) return false;
    this.#inside += 1;
    this.steps += 1;
    if (this.#counting !== undefined) {
      this.#counting.left -= 1;
      if (this.#counting.left <= 0) this.#counting.resolve();
    }
    return true;
  }

  #leave(): void {
    this.#inside -= 1;
    if (this.#inside > 0) return;
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const resolve of leaving) resolve();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
