import { must } from '../lib/assert.ts';
import { isSubject } from '../subjects/subject.ts';
import type { Address } from '../triggers/address.ts';
import { targetAccount } from '../triggers/trigger.ts';
import { durableRef } from './durable-ref.ts';
import { DurableTarget } from './durable-target.ts';
import { ManagedTarget } from './managed-target.ts';
import { PagedTarget } from './paged-target.ts';
import type { RunningParts, TriggerIdentity } from './running.ts';
import { ServiceTarget, type ServiceTargetParts } from './service-target.ts';
import type { TargetStream } from './target.ts';

/** Where a trigger's records go, and in what form. `signal` ends calls that are under way. */
export function targetOf(
  parts: RunningParts,
  identity: TriggerIdentity,
  signal: AbortSignal,
): TargetStream {
  const { account, definition } = identity;
  const { trigger, from, to, response } = definition;
  const owner = targetAccount(account, trigger);
  const target =
    to.kind === 'service'
      ? serviceTarget(parts, identity, owner, signal)
      : streamTarget(parts, owner, to);
  const isPaged = response.kind === 'chunked' && from.kind !== 'service';
  return isPaged ? new PagedTarget(target) : target;
}

function serviceTarget(
  parts: RunningParts,
  { account, id, definition }: TriggerIdentity,
  owner: string,
  signal: AbortSignal,
): ServiceTarget {
  const { services, logs, clock, random } = parts;
  const { trigger, replyTo } = definition;
  return new ServiceTarget({
    services,
    logs,
    account: owner,
    trigger: { name: trigger.name, id },
    reply: replyTo && replyOf(parts, account, replyTo),
    nowMs: () => clock.nowMs(),
    random,
    signal,
  });
}

function replyOf(
  parts: RunningParts,
  account: string,
  address: Address,
): ServiceTargetParts['reply'] {
  const subject = isSubject(address.pattern) ? address.pattern : undefined;
  return {
    subject: must(subject, 'answers go to one subject'),
    target: streamTarget(parts, account, address),
  };
}

export function streamTarget(
  { messages, clock, carrying }: RunningParts,
  account: string,
  address: Address,
): TargetStream {
  if (address.kind === 'managed') {
    return new ManagedTarget(messages, account, () => clock.nowMs());
  }
  return new DurableTarget(carrying, durableRef(account, address));
}
