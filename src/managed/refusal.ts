import type { Declined } from '../messages/declined.ts';
import type { ConfigRefusal } from '../messages/given.ts';

/** Why a managed stream's request was not carried out; `http/` turns each into a status. */
export type ManagedRefusal =
  | ConfigRefusal
  | Exclude<Declined, { code: 'conflict' }>
  | { readonly code: 'stream-exists' }
  | { readonly code: 'keep-and-up-to' }
  | { readonly code: 'message-not-found' }
  | { readonly code: 'overloaded' }
  | { readonly code: 'storage-full' }
  | { readonly code: 'storage-failed' }
  | { readonly code: 'data-corrupt' }
  | { readonly code: 'shutting-down' };

export interface ManagedRefused {
  readonly kind: 'refused';
  readonly refusal: ManagedRefusal;
}

export function refused(refusal: ManagedRefusal): ManagedRefused {
  return { kind: 'refused', refusal };
}
