import { hasExpired, type Caller } from './caller.ts';
import type { Identified } from './identified.ts';

interface Recent {
  readonly text: string;
  readonly identified: Identified;
  readonly caller: Caller;
  /** It is verified anew then, for the keys of an issuer come and go. */
  readonly staleAtMs: number;
  readonly forget: () => void;
}

const CALLERS_MAX = 10_000;
const TEXT_LENGTH_MAX = 4096;
const FRESH_MS = 60_000;
/** Hashing a whole token costs more than the rest of a look; it ends with its signature, or a key. */
const END_LENGTH = 40;

/**
 * Remembers whom credentials stand for, so that all but the first request of a client costs a look
 * into a map. Only what has been verified gets in, and a revoked key is out before its revocation is
 * answered.
 *
 * It looks up the texts themselves. A hash of each would cost more than all the rest of it, and hide
 * nothing from those who can read this memory, through which the credentials pass anyway. Nor does a
 * look tell by its time how near a guess is: texts are only compared once their seeded hashes agree.
 */
export class RecentCallers {
  /** By the ends of their texts. */
  readonly #recent = new Map<string, Recent>();

  get size(): number {
    return this.#recent.size;
  }

  get(text: string, nowMs: number): Identified | undefined {
    const recent = this.#recent.get(text.slice(-END_LENGTH));
    if (recent?.text !== text) return undefined;
    if (nowMs < recent.staleAtMs && !hasExpired(recent.caller, nowMs)) return recent.identified;
    this.#forget(text.slice(-END_LENGTH));
    return undefined;
  }

  remember(text: string, identified: Identified, nowMs: number): void {
    if (!identified.ok || text.length > TEXT_LENGTH_MAX) return;
    const end = text.slice(-END_LENGTH);
    this.#forget(end);
    const [oldest] = this.#recent.size >= CALLERS_MAX ? this.#recent.keys() : [];
    if (oldest !== undefined) this.#forget(oldest);
    const { caller } = identified;
    const forget = caller.onRevoked(() => {
      this.#forget(end);
    });
    this.#recent.set(end, { text, identified, caller, staleAtMs: nowMs + FRESH_MS, forget });
  }

  clear(): void {
    for (const end of [...this.#recent.keys()]) this.#forget(end);
  }

  #forget(end: string): void {
    this.#recent.get(end)?.forget();
    this.#recent.delete(end);
  }
}
