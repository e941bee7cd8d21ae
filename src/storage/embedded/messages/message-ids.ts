import type { Index } from '../index/index.ts';
import { idKey } from '../index/message-keys.ts';
import { decodeId, type StoredId } from '../index/message-values.ts';

/** The message ids of a managed stream, from its creation to its end. */
export class MessageIds {
  /** Under which they are kept; names the incarnation. */
  readonly birthId: number;
  readonly index: Index;
  /** Those that the index does not have. */
  readonly fresh = new Map<string, StoredId>();
  /** None in the index is younger. */
  storedUntilMs: number;

  constructor(birthId: number, index: Index, storedUntilMs = 0) {
    this.birthId = birthId;
    this.index = index;
    this.storedUntilMs = storedUntilMs;
  }

  /** What an id was given to. Which are older than `sinceMs` may be forgotten. */
  find(id: string, sinceMs: number): StoredId | undefined {
    const fresh = this.fresh.get(id);
    if (fresh !== undefined || this.storedUntilMs < sinceMs) return fresh;
    const value = this.index.get(idKey(this.birthId, id));
    return value === undefined ? undefined : decodeId(value);
  }

  /** Forgets what is older, in the order in which it was given. */
  forget(beforeMs: number): void {
    for (const [id, { atMs }] of this.fresh) {
      if (atMs >= beforeMs) return;
      this.fresh.delete(id);
    }
  }
}
