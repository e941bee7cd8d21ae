import type { Lsn } from './wal/frame.ts';

interface Waiter {
  readonly lsn: Lsn;
  readonly resolve: (held: boolean) => void;
}

/** Those who wait until what they have seen is on disk, or is taken back. */
export class Settling {
  #waiters: Waiter[] = [];

  /** Resolves true when the commit is on disk, false when it was taken back. */
  wait(lsn: Lsn): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiters.push({ lsn, resolve });
    });
  }

  /** The commits up to this one are on disk. */
  stored(upTo: Lsn): void {
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ lsn }) => lsn > upTo);
    for (const { lsn, resolve } of waiting) if (lsn <= upTo) resolve(true);
  }

  /** What was pending is void. */
  takenBack(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiting) resolve(false);
  }
}
