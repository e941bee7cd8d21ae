import type { Refusal, UnauthorizedReason } from '../protocol/refusal.ts';
import type { Caller } from './caller.ts';

/** Who a credential stands for, or why it counts for nothing. */
export type Identified =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly refusal: Refusal };

export function known(caller: Caller): Identified {
  return { ok: true, caller };
}

export function unauthorized(reason: UnauthorizedReason): Identified {
  return { ok: false, refusal: { code: 'unauthorized', reason } };
}
