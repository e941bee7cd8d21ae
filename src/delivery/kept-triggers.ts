import { doMeet, flowsOf, type Flow, type Place } from '../triggers/flows.ts';
import { targetAccount, type TriggerName } from '../triggers/trigger.ts';
import { configKey } from './config-stream.ts';
import type { GrantedFlow } from '../triggers/grant.ts';
import { grantedFlow } from '../triggers/trigger-grants.ts';
import { progressPrefix } from './names.ts';
import type { TriggerState } from '../triggers/trigger-state.ts';
import type { CutReason } from './kept-grants.ts';
import type { Running, TriggerIdentity } from './running.ts';
import { isRelay } from './running-of.ts';

/** A trigger as it is kept. */
export interface Kept extends TriggerIdentity {
  readonly name: TriggerName;
  readonly target: string;
  readonly flow: GrantedFlow;
  readonly flows: readonly Flow[];
  /** Undefined: it is paused, or cut off. */
  running: Running | undefined;
  isPaused: boolean;
  /** What keeps it from running, where it is not paused. */
  cut: CutReason | undefined;
  /** Since when it does not run. */
  sinceMs: number;
}

export function kept(identity: TriggerIdentity, nowMs: number): Kept {
  const { account, definition } = identity;
  const { trigger } = definition;
  return {
    ...identity,
    name: trigger.name,
    target: targetAccount(account, trigger),
    flow: grantedFlow(identity),
    flows: flowsOf(account, definition),
    running: undefined,
    isPaused: false,
    cut: undefined,
    sinceMs: nowMs,
  };
}

export function stateOf({ running, isPaused, cut, sinceMs }: Kept): TriggerState {
  if (running !== undefined) return running.state;
  if (isPaused || cut === undefined) return { kind: 'paused', sinceMs };
  return cutState(cut, sinceMs);
}

export function cutState(
  reason: CutReason,
  sinceMs: number,
): Extract<TriggerState, { kind: 'waiting' }> {
  return { kind: 'waiting', sinceMs, reason };
}

/** Resolves when nothing is carried any more. */
export async function cutOff(trigger: Kept, reason: CutReason, nowMs: number): Promise<void> {
  const { running } = trigger;
  if (trigger.cut !== reason) trigger.sinceMs = nowMs;
  trigger.cut = reason;
  trigger.running = undefined;
  await running?.stop();
}

/** A trigger that answers to requests. */
export interface Answering {
  readonly trigger: Kept;
  /** Aborted when it answers no more. */
  readonly ended: AbortSignal;
}

/** The triggers that there are, of all accounts. */
export class KeptTriggers {
  readonly #byKey = new Map<string, Kept>();
  /** Those that hand requests through, by what is asked. */
  readonly #relays = new Map<string, Set<Kept>>();

  get size(): number {
    return this.#byKey.size;
  }

  get(account: string, name: TriggerName): Kept | undefined {
    return this.#byKey.get(configKey(account, name));
  }

  add(added: Kept): void {
    this.#byKey.set(configKey(added.account, added.name), added);
    if (!isRelay(added.definition)) return;
    const asked = askedKey(added);
    const relays = this.#relays.get(asked) ?? new Set();
    this.#relays.set(asked, relays.add(added));
  }

  delete(deleted: Kept): void {
    this.#byKey.delete(configKey(deleted.account, deleted.name));
    const asked = askedKey(deleted);
    const relays = this.#relays.get(asked);
    relays?.delete(deleted);
    if (relays?.size === 0) this.#relays.delete(asked);
  }

  all(): readonly Kept[] {
    return [...this.#byKey.values()];
  }

  of(account: string): readonly Kept[] {
    return this.all().filter((each) => each.account === account);
  }

  /** What the names begin with of all that they keep among the logs. */
  owners(): ReadonlySet<string> {
    return new Set(this.all().map(({ account, id }) => progressPrefix(account, id)));
  }

  /** Of all accounts. What others call their triggers is nothing to this one. */
  flowsSeenBy(account: string): readonly Flow[] {
    return this.all().flatMap((each) => {
      return each.account === account
        ? each.flows
        : each.flows.map((flow) => ({ ...flow, name: 'a trigger of another account' }));
    });
  }

  /** Those that take from one of these places, or deliver to one of them. */
  *about(places: readonly Place[]): Generator<Kept, void, undefined> {
    for (const each of this.#byKey.values()) {
      const isMeant = (place: Place): boolean => places.some((other) => doMeet(place, other));
      if (each.flows.some(({ from, to }) => isMeant(from) || isMeant(to))) yield each;
    }
  }

  /** What answers to requests on this subject of this account: rather one that runs. */
  answering(account: string, subject: string): Answering | 'paused' | undefined {
    const meant = this.#relays.get(configKey(account, subject));
    for (const trigger of meant ?? []) {
      if (trigger.running !== undefined) return { trigger, ended: trigger.running.ended };
    }
    return meant === undefined ? undefined : 'paused';
  }
}

function askedKey({ target, definition }: Kept): string {
  return configKey(target, definition.to.pattern);
}
