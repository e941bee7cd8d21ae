import { cycleThrough } from '../triggers/cycles.ts';
import { flowsOf } from '../triggers/flows.ts';
import { targetAccount } from '../triggers/trigger.ts';
import { grantedFlow } from '../triggers/trigger-grants.ts';
import type { Shown } from './consent.ts';
import type { GrantService } from './grant-service.ts';
import type { KeptTriggers } from './kept-triggers.ts';
import type { TriggerIdentity } from './running.ts';
import type { Created } from './trigger-outcomes.ts';

/** Of one account; each runs, and all of them are looked at when a stream is made. */
export const TRIGGERS_MAX = 10_000;

/** Why a trigger may not be made beside those that there are; undefined: it may. */
export function refusalOfNew(
  kept: KeptTriggers,
  grants: GrantService,
  made: TriggerIdentity,
  shown: Shown,
): Created | undefined {
  const { account, definition } = made;
  const { trigger } = definition;
  if (shown.kind === 'nothing' && !grants.letsIn(grantedFlow(made))) {
    return { kind: 'no-consent', account: targetAccount(account, trigger) };
  }
  if (kept.get(account, trigger.name) !== undefined) return { kind: 'name-in-use' };
  if (kept.of(account).length >= TRIGGERS_MAX) {
    return { kind: 'too-many', triggersMax: TRIGGERS_MAX };
  }
  const names = cycleThrough(flowsOf(account, definition), kept.flowsSeenBy(account));
  return names && { kind: 'cycle', names };
}
