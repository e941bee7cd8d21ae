import { TokenBucket } from '../lib/token-bucket.ts';
import type { Refusal } from '../protocol/refusal.ts';

const ACCOUNTS_MAX = 10_000;
const SPAN_MS = 1000;

/**
 * How many requests an account may make in a second. Accounts that have let their bucket fill up need
 * not be remembered.
 */
export class RequestRates {
  readonly #perSecondMax: number;
  readonly #accountsMax: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** 0: no limit. */
  constructor(perSecondMax: number, accountsMax = ACCOUNTS_MAX) {
    this.#perSecondMax = perSecondMax;
    this.#accountsMax = accountsMax;
  }

  /** Counts a request, or says why there must be none now. `nowMs` never steps back. */
  take(account: string, nowMs: number): Refusal | undefined {
    const max = this.#perSecondMax;
    if (max === 0) return undefined;
    const waitMs = this.#bucketOf(account, nowMs).take(nowMs);
    if (waitMs === 0) return undefined;
    const retryAfterSeconds = Math.ceil(waitMs / 1000);
    return { code: 'too-many-requests', requestsPerSecondMax: max, retryAfterSeconds };
  }

  #bucketOf(account: string, nowMs: number): TokenBucket {
    const known = this.#buckets.get(account);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#accountsMax) this.#dropFull(nowMs);
    const bucket = new TokenBucket(this.#perSecondMax, SPAN_MS, nowMs);
    this.#buckets.set(account, bucket);
    return bucket;
  }

  #dropFull(nowMs: number): void {
    for (const [account, bucket] of this.#buckets) {
      if (bucket.isFull(nowMs)) this.#buckets.delete(account);
    }
    const [oldest] = this.#buckets.size >= this.#accountsMax ? this.#buckets.keys() : [];
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
