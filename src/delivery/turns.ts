import { OneByOne } from '../lib/one-by-one.ts';
import { refused, type ManagedRefused } from '../managed/refusal.ts';

/** Changes that come one after the other: each is judged by all that were made before it. */
export class Turns {
  readonly #changes = new OneByOne();
  #isClosed = false;

  take<Outcome>(act: () => Promise<Outcome | ManagedRefused>): Promise<Outcome | ManagedRefused> {
    return this.#changes.run(async () => {
      return this.#isClosed ? refused({ code: 'shutting-down' }) : await act();
    });
  }

  /** Resolves when the last of them is made; no other is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changes.idle();
  }
}
