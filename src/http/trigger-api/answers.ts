import type { FastifyReply } from 'fastify';
import { adviceOn } from '../../delivery/advice.ts';
import type { TriggerView } from '../../delivery/trigger-outcomes.ts';
import { CONFIG_STREAM, configSubject } from '../../delivery/config-stream.ts';
import type { Gateway } from '../../delivery/gateway.ts';
import type { GatewayDefinition } from '../../triggers/gateway-definition.ts';
import type { StreamTrigger } from '../../triggers/trigger.ts';
import type { TriggerState } from '../../triggers/trigger-state.ts';
import { sendJson } from '../json/json-app.ts';

/** Every answer says its status in its body, too. */
export function send(reply: FastifyReply, status: number, body: object): FastifyReply {
  return sendJson(reply, status, JSON.stringify({ ...body, status_code: status }));
}

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

/** The same of a gateway trigger. */
export function gatewayBody({ trigger, to }: GatewayDefinition): object {
  return {
    ...trigger,
    gateway_mapping_subject: to.pattern,
    stream: CONFIG_STREAM,
    subject: configSubject('gateway', trigger.name),
    trigger_type: 'gateway',
    type: 'created',
  };
}

export function gatewayStatusBody({ isPaused, sinceMs, counts }: Gateway): object {
  return {
    state: isPaused ? 'paused' : 'active',
    reason: null,
    since: new Date(sinceMs).toISOString(),
    ...counts,
  };
}

type Count = 'delivered' | 'filtered' | 'retried' | 'deadLettered' | 'skipped' | 'missed';

export function statusBody({ state, sources, lag }: TriggerView): object {
  const sum = (count: Count): number =>
    sources.reduce((total, { progress }) => total + (progress?.[count] ?? 0), 0);
  return {
    state: state.kind,
    reason: reasonOf(state),
    advice: adviceFor(state),
    since: new Date(state.sinceMs).toISOString(),
    delivered: sum('delivered'),
    filtered: sum('filtered'),
    retried: sum('retried'),
    dead_lettered: sum('deadLettered'),
    skipped: sum('skipped'),
    missed: sum('missed'),
    lag: { records: lag.records, seconds: lag.seconds },
    last_error: lastErrorOf(sources),
    sources: sources.map(({ name, progress, head }) => ({
      name,
      cursor: progress?.next ?? null,
      end: head === undefined || !Number.isFinite(head.tail) ? null : head.tail,
    })),
  };
}

/** The latest of them all. */
function lastErrorOf(sources: TriggerView['sources']): object | null {
  const [last] = sources
    .flatMap(({ name, lastRefusal }) => (lastRefusal ? [{ name, ...lastRefusal }] : []))
    .sort((one, other) => other.atMs - one.atMs);
  if (last === undefined) return null;
  const { name, position, reason, detail, atMs } = last;
  const at = new Date(atMs).toISOString();
  return { reason, detail: detail ?? null, source: name, position, at };
}

function adviceFor(state: TriggerState): string | null {
  const reason = reasonOf(state);
  return (reason === null ? undefined : adviceOn(reason)) ?? null;
}

function reasonOf(state: TriggerState): string | null {
  return 'reason' in state ? state.reason : null;
}
