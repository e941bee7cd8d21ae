import type { Definition } from '../triggers/definition.ts';
import { RelayTrigger } from './relay-trigger.ts';
import type { Running, RunningParts, TriggerIdentity } from './running.ts';
import { RunningTrigger } from './running-trigger.ts';

/** Whether a trigger hands requests and answers through, and carries nothing. */
export function isRelay({ from, to }: Definition): boolean {
  return from.kind === 'service' && to.kind === 'service';
}

/** What carries a trigger out. */
export function runningOf(parts: RunningParts, identity: TriggerIdentity): Running {
  return isRelay(identity.definition)
    ? new RelayTrigger(parts, identity)
    : new RunningTrigger(parts, identity);
}
