import type { Definition } from './definition.ts';
import {
  letsIn,
  letsOut,
  reachOf,
  type Export,
  type Grant,
  type GrantedFlow,
  type Import,
} from './grant.ts';
import { present } from './present.ts';
import { targetAccount } from './trigger.ts';

/** A trigger, as far as its grants are made of it. */
export interface GrantingTrigger {
  readonly account: string;
  readonly id: string;
  readonly definition: Pick<Definition, 'trigger' | 'from' | 'to'>;
}

/** The same, as far as grants let it flow or not. */
export interface FlowingTrigger {
  readonly id: string;
  readonly flow: GrantedFlow;
}

export function grantedFlow({
  account,
  definition,
}: Pick<GrantingTrigger, 'account' | 'definition'>): GrantedFlow {
  const { trigger, from, to } = definition;
  return {
    from: { account, reach: reachOf(from) },
    to: { account: targetAccount(account, trigger), reach: reachOf(to) },
  };
}

/**
 * What a trigger makes with itself. One that rests on what lets others in as well has no import of
 * its own: it has to end with that.
 */
export function grantsOf(
  granting: GrantingTrigger,
  hasImport: boolean,
  createdAtMs: number,
): readonly Grant[] {
  const made = exportOf(granting, createdAtMs);
  return hasImport ? [made, importOf(granting, createdAtMs)] : [made];
}

/** What the source's account lets out. */
function exportOf(granting: GrantingTrigger, createdAtMs: number): Export {
  const { name: trigger, source } = granting.definition.trigger;
  const { from, to } = grantedFlow(granting);
  const { name, description, info_url, advertise, allow_trace, response_type } = source;
  return {
    side: 'export',
    id: granting.id,
    account: from.account,
    createdAtMs,
    trigger,
    subject: source.subject,
    reach: from.reach,
    accounts: [to.account],
    details: present({ name, description, info_url, advertise, allow_trace, response_type }),
  };
}

/** What the target's account lets in. */
function importOf(granting: GrantingTrigger, createdAtMs: number): Import {
  const { name: trigger, description, target } = granting.definition.trigger;
  const { from, to } = grantedFlow(granting);
  const { name, local_subject, share, allow_trace } = target;
  return {
    side: 'import',
    id: granting.id,
    account: to.account,
    createdAtMs,
    trigger,
    subject: target.subject,
    reach: to.reach,
    from: from.account,
    details: present({ name, description, local_subject, share, allow_trace }),
  };
}

/** Whether it may matter to the trigger that the grant comes or goes. */
export function concerns(grant: Grant, { id, flow }: FlowingTrigger): boolean {
  const side = grant.side === 'export' ? flow.from : flow.to;
  if (grant.account !== side.account) return false;
  if (grant.id === id) return true;
  return grant.side === 'export' ? letsOut(grant, flow) : letsIn(grant, flow);
}
