import type { AccountRoom } from '../messages/publish.ts';
import type { Held, HeldByAccount } from './held.ts';

/** 0: no limit. */
export interface QuotaLimits {
  readonly accountStreamsMax: number;
  readonly accountBytesMax: number;
}

export type QuotaRefusal =
  | { readonly code: 'too-many-streams-of-account'; readonly streamsMax: number }
  | { readonly code: 'too-many-bytes-of-account'; readonly bytesMax: number };

/** How many streams and bytes an account may have. What adds nothing is never refused. */
export class Quota {
  readonly #held: HeldByAccount;
  readonly #limits: QuotaLimits;

  constructor(held: HeldByAccount, limits: QuotaLimits) {
    this.#held = held;
    this.#limits = limits;
  }

  /** Why the account may not have that much more. */
  refusal(account: string, more: Held): QuotaRefusal | undefined {
    const { accountStreamsMax: streamsMax, accountBytesMax: bytesMax } = this.#limits;
    const held = this.#held.of(account);
    if (streamsMax > 0 && more.streams > 0 && held.streams + more.streams > streamsMax) {
      return { code: 'too-many-streams-of-account', streamsMax };
    }
    if (bytesMax > 0 && more.bytes > 0 && held.bytes + more.bytes > bytesMax) {
      return { code: 'too-many-bytes-of-account', bytesMax };
    }
    return undefined;
  }

  /** Undefined: bytes are not limited. */
  room(account: string): AccountRoom | undefined {
    const { accountBytesMax: bytesMax } = this.#limits;
    if (bytesMax === 0) return undefined;
    return { bytesMax, bytesLeft: bytesMax - this.#held.of(account).bytes };
  }
}
