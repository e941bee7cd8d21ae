import type { TriggerView } from '../../delivery/trigger-service.ts';
import { CONFIG_STREAM, configSubject } from '../../delivery/config-stream.ts';
import type { StreamTrigger } from '../../triggers/trigger.ts';
import type { TriggerState } from '../../triggers/trigger-state.ts';

/** A trigger as the contract page answers with it. */
export function triggerBody(trigger: StreamTrigger): object {
  return {
    ...trigger,
    stream: CONFIG_STREAM,
    subject: configSubject('stream', trigger.name),
    trigger_type: 'stream',
    type: 'created',
  };
}

export function statusBody({ state, sources }: TriggerView): object {
  const sum = (count: 'delivered' | 'filtered' | 'missed'): number =>
    sources.reduce((total, { progress }) => total + (progress?.[count] ?? 0), 0);
  return {
    state: state.kind,
    reason: reasonOf(state),
    since: new Date(state.sinceMs).toISOString(),
    delivered: sum('delivered'),
    filtered: sum('filtered'),
    missed: sum('missed'),
    sources: sources.map(({ name, progress, head }) => ({
      name,
      cursor: progress?.next ?? null,
      end: head?.tail ?? null,
    })),
  };
}

function reasonOf(state: TriggerState): string | null {
  return 'reason' in state ? state.reason : null;
}
