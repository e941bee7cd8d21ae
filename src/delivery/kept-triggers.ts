import { subjectMatcher } from '../subjects/subject.ts';
import { flowsOf, type Flow } from '../triggers/cycles.ts';
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
  readonly takes: (subject: string) => boolean;
  readonly delivers: (subject: string) => boolean;
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
  const { trigger, from, to } = definition;
  return {
    ...identity,
    name: trigger.name,
    target: targetAccount(account, trigger),
    flow: grantedFlow(identity),
    takes: subjectMatcher(from.pattern),
    delivers: subjectMatcher(to.pattern),
    running: undefined,
    isPaused: false,
    cut: undefined,
    sinceMs: nowMs,
  };
}

export function stateOf({ running, isPaused, cut, sinceMs }: Kept): TriggerState {
  if (running !== undefined) return running.state;
  if (isPaused || cut === undefined) return { kind: 'paused', sinceMs };
  return { kind: 'waiting', sinceMs, reason: cut };
}

/** Resolves when nothing is carried any more. */
export async function cutOff(trigger: Kept, reason: CutReason, nowMs: number): Promise<void> {
  const { running } = trigger;
  if (trigger.cut !== reason) trigger.sinceMs = nowMs;
  trigger.cut = reason;
  trigger.running = undefined;
  await running?.stop();
}

/** The triggers that there are, of all accounts. */
export class KeptTriggers {
  readonly #byKey = new Map<string, Kept>();

  get size(): number {
    return this.#byKey.size;
  }

  get(account: string, name: TriggerName): Kept | undefined {
    return this.#byKey.get(configKey(account, name));
  }

  add(added: Kept): void {
    this.#byKey.set(configKey(added.account, added.name), added);
  }

  delete({ account, name }: Kept): void {
    this.#byKey.delete(configKey(account, name));
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

  flows(): readonly Flow[] {
    return this.all().flatMap(({ account, definition }) => flowsOf(account, definition));
  }

  /** Those that managed streams of this account have to do with. */
  *aboutManaged(account: string): Generator<Kept, void, undefined> {
    for (const each of this.#byKey.values()) {
      const { from, to, replyTo } = each.definition;
      const isFrom = each.account === account && from.kind === 'managed';
      const isTo = each.target === account && to.kind === 'managed';
      const isReply = each.account === account && replyTo?.kind === 'managed';
      if (isFrom || isTo || isReply) yield each;
    }
  }

  /** What answers to requests on this subject of this account: rather one that runs. */
  answering(account: string, subject: string): Kept | 'paused' | undefined {
    const meant = this.all().filter(({ target, definition }) => {
      return target === account && isRelay(definition) && definition.to.pattern === subject;
    });
    const found = meant.find(({ running }) => running !== undefined);
    return found ?? (meant.length > 0 ? 'paused' : undefined);
  }

  /** Those that services of this account have to do with. */
  *aboutServices(account: string): Generator<Kept, void, undefined> {
    for (const each of this.#byKey.values()) {
      const { from, to } = each.definition;
      const isFrom = each.account === account && from.kind === 'service';
      const isTo = each.target === account && to.kind === 'service';
      if (isFrom || isTo) yield each;
    }
  }

  /** Those that a durable stream of this account, on this subject, has to do with. */
  *aboutDurable(account: string, subject: string): Generator<Kept, void, undefined> {
    for (const each of this.#byKey.values()) {
      const isFrom = each.account === account && each.takes(subject);
      const isTo = each.target === account && each.delivers(subject);
      const isReply = each.account === account && each.definition.replyTo?.pattern === subject;
      if (isFrom || isTo || isReply) yield each;
    }
  }
}
