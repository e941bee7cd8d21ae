import type { Refusal } from '../protocol/refusal.ts';

/** Somebody who waits on an open request for what comes next. */
export interface LiveReader {
  /** Whose credential it came with. */
  readonly account: string;
  /** Called a few times a second: keep alive, give up, be counted as access. */
  tick(nowMs: number): void;
  /** The server is stopping: end in a way that the client can go on from. */
  shutdown(): void;
}

const TICK_MS = 250;

/**
 * All live readers of a server: how many there may be, and one timer for all of them instead of
 * several each.
 */
export class LiveReaders {
  readonly #max: number;
  readonly #perAccountMax: number;
  readonly #readers = new Set<LiveReader>();
  /** How many each account has; no more accounts than readers. */
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  /** `perAccountMax` 0: no limit but `max`. */
  constructor(max: number, perAccountMax: number) {
    this.#max = max;
    this.#perAccountMax = perAccountMax;
  }

  get count(): number {
    return this.#readers.size;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Why the account may have no further reader now. */
  refusalFor(account: string): Refusal | undefined {
    if (this.#isStopping) return { code: 'shutting-down' };
    if (this.#readers.size >= this.#max) {
      return { code: 'too-many-live-readers', liveReadersMax: this.#max };
    }
    const perAccountMax = this.#perAccountMax;
    if (perAccountMax === 0 || this.#countOf(account) < perAccountMax) return undefined;
    return { code: 'too-many-live-readers-of-account', liveReadersMax: perAccountMax };
  }

  add(reader: LiveReader): void {
    if (this.#readers.has(reader)) return;
    this.#readers.add(reader);
    this.#counts.set(reader.account, this.#countOf(reader.account) + 1);
    this.#timer ??= setInterval(() => {
      const nowMs = performance.now();
      for (const each of this.#readers) each.tick(nowMs);
    }, TICK_MS).unref();
  }

  remove(reader: LiveReader): void {
    if (!this.#readers.delete(reader)) return;
    const left = this.#countOf(reader.account) - 1;
    if (left > 0) this.#counts.set(reader.account, left);
    else this.#counts.delete(reader.account);
    if (this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #countOf(account: string): number {
    return this.#counts.get(account) ?? 0;
  }

  shutdown(): void {
    this.#isStopping = true;
    for (const reader of [...this.#readers]) reader.shutdown();
  }
}
