import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import type { Clock } from '../lib/clock.ts';

export interface KeySetParts {
  readonly url: string;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** No key set has been had yet, so nothing can be said of any token. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

/** How old the keys may be before newer ones are fetched beside the work. */
const FRESH_MS = 10 * 60_000;
/** Between one fetch and the next, whatever asks for it: tokens of made-up keys fetch nothing. */
const COOLDOWN_MS = 10_000;
const TIMEOUT_MS = 5000;
const BYTES_MAX = 1 << 20;

/**
 * The public keys behind a JWKS URL. What was fetched once is used until something newer is there:
 * that the issuer cannot be reached is no reason to turn away those whom it has vouched for.
 */
export class KeySet {
  readonly #parts: KeySetParts;
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #fetching: Promise<void> | undefined;

  constructor(parts: KeySetParts) {
    this.#parts = parts;
  }

  /** The key that a token's header names. An unknown one may be newer than what is known. */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    if (this.#keys === undefined) await this.#refetch();
    else if (this.#isPast(this.#fetchedAtMs, FRESH_MS)) void this.#refetch();
    const known = this.#keys;
    if (known === undefined) throw new KeysUnavailable();
    try {
      return await known(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refetch();
      const newest = this.#keys;
      if (newest === undefined || newest === known) throw error;
      return newest(header);
    }
  }

  /** Resolves whether or not there are newer keys. One fetch at a time, and not soon again. */
  #refetch(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    if (!this.#isPast(this.#triedAtMs, COOLDOWN_MS)) return Promise.resolve();
    this.#triedAtMs = this.#parts.clock.nowMs();
    this.#fetching = this.#fetch()
      // The old ones go on; the next fetch may succeed.
      .catch(() => undefined)
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { url, clock, fetch } = this.#parts;
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const set: unknown = JSON.parse(await readText(response));
    if (!isKeySet(set)) throw new Error('no key set');
    this.#keys = createLocalJWKSet(set);
    this.#fetchedAtMs = clock.nowMs();
  }

  // The clock may step either way; a step back must not put a fetch off for as long.
  #isPast(sinceMs: number, spanMs: number): boolean {
    return Math.abs(this.#parts.clock.nowMs() - sinceMs) >= spanMs;
  }
}

/** The rest of its shape is looked at key by key, as they are used. */
function isKeySet(value: unknown): value is JSONWebKeySet {
  if (typeof value !== 'object' || value === null || !('keys' in value)) return false;
  const { keys } = value;
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
}

async function readText({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const read: AsyncIterable<Uint8Array> | undefined = body ?? undefined;
  if (read === undefined) return '';
  for await (const piece of read) {
    bytes += piece.length;
    if (bytes > BYTES_MAX) throw new Error('the key set is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
