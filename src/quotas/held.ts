/** What is kept, or comes or goes. */
export interface Held {
  readonly streams: number;
  /** Of records and messages. */
  readonly bytes: number;
}

export const NOTHING: Held = { streams: 0, bytes: 0 };

/** How much each account has. Those that have nothing are not remembered. */
export class HeldByAccount {
  readonly #accounts = new Map<string, { streams: number; bytes: number }>();

  of(account: string): Held {
    return this.#accounts.get(account) ?? NOTHING;
  }

  add(account: string, streams: number, bytes: number): void {
    const held = this.#accounts.get(account);
    if (held === undefined) {
      if (streams !== 0 || bytes !== 0) this.#accounts.set(account, { streams, bytes });
      return;
    }
    held.streams += streams;
    held.bytes += bytes;
    if (held.streams === 0 && held.bytes === 0) this.#accounts.delete(account);
  }

  /** How many accounts have something. */
  get size(): number {
    return this.#accounts.size;
  }
}
