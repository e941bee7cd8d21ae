import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Definition } from '../triggers/definition.ts';
import { targetAccount, type TriggerName } from '../triggers/trigger.ts';

/** What a request shows of an account that it wants to deliver into. */
export type Shown =
  /** That the account consents to just this. */
  | { readonly kind: 'consent' }
  | { readonly kind: 'nothing' }
  /** Something that counts for nothing. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Looks at what a request shows of the account for a trigger of this name. */
export type ShowsConsent = (account: string, name: TriggerName) => MaybePromise<Shown>;

export const NONE: ShowsConsent = () => ({ kind: 'nothing' });

/** Nobody has to consent to what happens within the own account. */
export async function shownFor(
  account: string,
  { trigger }: Definition,
  shows: ShowsConsent,
): Promise<Shown> {
  const reached = targetAccount(account, trigger);
  return reached === account ? { kind: 'consent' } : await shows(reached, trigger.name);
}
