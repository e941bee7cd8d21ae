/** Somebody who waits on an open request for what comes next. */
export interface LiveReader {
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
  readonly max: number;
  readonly #readers = new Set<LiveReader>();
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(max: number) {
    this.max = max;
  }

  get count(): number {
    return this.#readers.size;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  get isFull(): boolean {
    return this.#readers.size >= this.max;
  }

  add(reader: LiveReader): void {
    this.#readers.add(reader);
    this.#timer ??= setInterval(() => {
      const nowMs = performance.now();
      for (const each of this.#readers) each.tick(nowMs);
    }, TICK_MS).unref();
  }

  remove(reader: LiveReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  shutdown(): void {
    this.#isStopping = true;
    for (const reader of [...this.#readers]) reader.shutdown();
  }
}
