/**
 * Lets so many through in a span of time: it holds the tokens of one span, full at first, and fills at
 * an even pace. Times are milliseconds that never step back.
 */
export class TokenBucket {
  readonly #max: number;
  readonly #spanMs: number;
  /** What it holds, a token counting as many as the span has milliseconds: whole numbers stay whole. */
  #level: number;
  #atMs: number;

  constructor(max: number, spanMs: number, nowMs: number) {
    this.#max = max;
    this.#spanMs = spanMs;
    this.#level = max * spanMs;
    this.#atMs = nowMs;
  }

  /** Takes a token and answers 0, or takes none and answers how long it is until there is one. */
  take(nowMs: number): number {
    const gained = (nowMs - this.#atMs) * this.#max;
    this.#level = Math.min(this.#max * this.#spanMs, this.#level + gained);
    this.#atMs = nowMs;
    if (this.#level < this.#spanMs) return (this.#spanMs - this.#level) / this.#max;
    this.#level -= this.#spanMs;
    return 0;
  }

  /** Whether nobody has asked for a span, so that a new one would be the same. */
  isFull(nowMs: number): boolean {
    return nowMs - this.#atMs >= this.#spanMs;
  }
}
