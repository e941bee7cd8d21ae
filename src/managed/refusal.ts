import { unreachable } from '../lib/assert.ts';
import type { Declined } from '../messages/declined.ts';
import type { ConfigRefusal } from '../messages/given.ts';
import type { ChangeOutcome } from '../storage/message-port.ts';

/** Why a managed stream's request was not carried out; `http/` turns each into a status. */
export type ManagedRefusal =
  | ConfigRefusal
  | Exclude<Declined, { code: 'conflict' }>
  | { readonly code: 'stream-exists' }
  | { readonly code: 'stream-reserved' }
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

/** Undefined where another commit came first, so that the request is to be decided again. */
export function refusalOf(
  outcome: ChangeOutcome<{ readonly kind: 'removed' }>,
): ManagedRefused | undefined {
  switch (outcome.kind) {
    case 'removed':
    case 'conflict':
      return undefined;
    case 'declined':
      return outcome.declined.code === 'conflict' ? undefined : refused(outcome.declined);
    case 'refused':
      switch (outcome.reason) {
        case 'overloaded':
          return refused({ code: 'overloaded' });
        case 'full':
          return refused({ code: 'storage-full' });
        case 'failed':
          return refused({ code: 'storage-failed' });
        case 'closed':
          return refused({ code: 'shutting-down' });
        case 'corrupt':
          return refused({ code: 'data-corrupt' });
        default:
          return unreachable(outcome.reason);
      }
  }
}
