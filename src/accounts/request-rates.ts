import type { Refusal } from '../protocol/refusal.ts';

interface Bucket {
  /** Requests that the account may still make at `atMs`. */
  tokens: number;
  atMs: number;
}

const ACCOUNTS_MAX = 10_000;

/**
 * How many requests an account may make in a second, as a bucket of tokens: it holds those of one
 * second, and fills at an even pace. Accounts that have let theirs fill up need not be remembered.
 */
export class RequestRates {
  readonly #perSecondMax: number;
  readonly #accountsMax: number;
  readonly #buckets = new Map<string, Bucket>();

  /** 0: no limit. */
  constructor(perSecondMax: number, accountsMax = ACCOUNTS_MAX) {
    this.#perSecondMax = perSecondMax;
    this.#accountsMax = accountsMax;
  }

  /** Counts a request, or says why there must be none now. `nowMs` never steps back. */
  take(account: string, nowMs: number): Refusal | undefined {
    const max = this.#perSecondMax;
    if (max === 0) return undefined;
    const bucket = this.#bucketOf(account, nowMs);
    bucket.tokens = Math.min(max, bucket.tokens + ((nowMs - bucket.atMs) * max) / 1000);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) {
      const retryAfterSeconds = Math.max(1, Math.ceil((1 - bucket.tokens) / max));
      return { code: 'too-many-requests', requestsPerSecondMax: max, retryAfterSeconds };
    }
    bucket.tokens -= 1;
    return undefined;
  }

  #bucketOf(account: string, nowMs: number): Bucket {
    const known = this.#buckets.get(account);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#accountsMax) this.#dropFull(nowMs);
    const bucket = { tokens: this.#perSecondMax, atMs: nowMs };
    this.#buckets.set(account, bucket);
    return bucket;
  }

  /** After a second of silence a bucket is full, which is what an unknown account gets. */
  #dropFull(nowMs: number): void {
    for (const [account, { atMs }] of this.#buckets) {
      if (nowMs - atMs >= 1000) this.#buckets.delete(account);
    }
    const [oldest] = this.#buckets.size >= this.#accountsMax ? this.#buckets.keys() : [];
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
