import type { Clock } from '../lib/clock.ts';
import { must } from '../lib/assert.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { writeDocument } from '../storage/documents.ts';
import type { LogStore } from '../storage/port.ts';
import { transact, type Heads, type Plan } from '../streams/transact.ts';
import { KEY_RING_NAME, readKeyRing, writeKeyRing, type KeyRing } from './key-ring-document.ts';
import {
  generateSigningKey,
  parseSigningKey,
  signatureOf,
  type Jwks,
  type PublicJwk,
  type SigningKey,
} from './signing-key.ts';

/** How many keys are published beside the one that signs. */
export const FORMER_KEYS_MAX = 3;

export type OpenedSigning =
  | { readonly ok: true; readonly signing: Signing }
  | { readonly ok: false; readonly refusal: Refusal };

type Ring = { readonly kind: 'ring'; readonly ring: KeyRing };

/** Signs what is sent to services, with a key that lives as long as the stored data. */
export class Signing {
  readonly #store: LogStore;
  readonly #clock: Clock;
  #ring: KeyRing;

  /** Takes the keys of this store, or makes the first. */
  static async open(store: LogStore, clock: Clock): Promise<OpenedSigning> {
    const taken = await transact<Ring>(store, [KEY_RING_NAME], ([head]) => {
      const ring = readKeyRing(head);
      if (ring !== undefined) return { kind: 'answer', outcome: { kind: 'ring', ring } };
      return replaced([head], []);
    });
    if (taken.kind === 'refused') return { ok: false, refusal: taken.refusal };
    return { ok: true, signing: new Signing(store, clock, taken.ring) };
  }

  private constructor(store: LogStore, clock: Clock, ring: KeyRing) {
    this.#store = store;
    this.#clock = clock;
    this.#ring = ring;
  }

  /** What receivers check signatures by. The first is what signs. */
  get jwks(): Jwks {
    return { keys: [this.#ring.current.publicJwk, ...this.#ring.former] };
  }

  /** The value of `Webhook-Signature` for exactly these bytes, sent now. */
  sign(body: Buffer): string {
    return signatureOf(this.#ring.current, body, this.#clock.nowMs());
  }

  /**
   * Signs with a new key from now on. The old one is published for a while longer, for what is
   * under way; its private half is deleted. Undefined: done.
   */
  async rotate(): Promise<Refusal | undefined> {
    const rotated = await transact<Ring>(this.#store, [KEY_RING_NAME], (heads) => {
      const ring = readKeyRing(heads[0]) ?? this.#ring;
      return replaced(heads, [ring.current.publicJwk, ...ring.former]);
    });
    if (rotated.kind === 'refused') return rotated.refusal;
    this.#ring = rotated.ring;
    return undefined;
  }
}

function replaced([head]: Heads, before: readonly PublicJwk[]): Plan<Ring> {
  const former = before.slice(0, FORMER_KEYS_MAX);
  const text = generateSigningKey();
  const current: SigningKey = must(parseSigningKey(text), 'a new key can be read');
  return {
    kind: 'commit',
    ops: [writeDocument(KEY_RING_NAME, head, writeKeyRing(text, former))],
    outcome: () => ({ kind: 'ring', ring: { current, former } }),
  };
}
