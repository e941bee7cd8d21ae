import { refused, type ManagedRefused } from '../managed/refusal.ts';

/** Changes that come one after the other: each is judged by all that were made before it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  async take<Outcome>(
    act: () => Promise<Outcome | ManagedRefused>,
  ): Promise<Outcome | ManagedRefused> {
    const before = this.#last;
    const mine = before.then(() => (this.#isClosed ? refused({ code: 'shutting-down' }) : act()));
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  /** Resolves when the last of them is made; no other is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }
}
