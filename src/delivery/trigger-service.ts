import { refused, type ManagedRefused } from '../managed/refusal.ts';
import { subjectMatcher, type SubjectPattern } from '../subjects/subject.ts';
import { cycleThrough, flowOf, type Flow } from '../triggers/cycles.ts';
import { parseDefinition, type Definition } from '../triggers/definition.ts';
import type { Misfit } from '../triggers/field-reader.ts';
import { targetAccount, type TriggerName } from '../triggers/trigger.ts';
import type { TriggerRecord } from '../triggers/trigger-record.ts';
import type { TriggerState } from '../triggers/trigger-state.ts';
import { configKey, configSubject, type ConfigStream } from './config-stream.ts';
import { forgetPlaces, placesNow } from './places.ts';
import { subjectOfLog } from './source-finder.ts';
import { RunningTrigger, type CarriedSource, type RunningParts } from './running-trigger.ts';

export interface TriggerServiceParts extends RunningParts {
  readonly config: ConfigStream;
  /** A name that no trigger had before. */
  readonly mintId: () => string;
  /** Whether the caller's account may deliver into another one. */
  readonly mayReach: (account: string, target: string) => boolean;
}

/** A trigger as it is kept. */
interface Kept {
  readonly account: string;
  readonly name: TriggerName;
  readonly id: string;
  readonly definition: Definition;
  readonly target: string;
  readonly takes: (subject: string) => boolean;
  readonly delivers: (subject: string) => boolean;
  /** Undefined: it is paused. */
  running: RunningTrigger | undefined;
  sinceMs: number;
}

export interface TriggerView {
  readonly definition: Definition;
  readonly state: TriggerState;
  readonly sources: readonly CarriedSource[];
}

export type Created =
  | { readonly kind: 'created'; readonly definition: Definition }
  | { readonly kind: 'unfit'; readonly misfit: Misfit }
  | { readonly kind: 'name-in-use' }
  /** Through these triggers what it delivers would come back to it. */
  | { readonly kind: 'cycle'; readonly names: readonly string[] }
  | { readonly kind: 'no-consent'; readonly account: string }
  | { readonly kind: 'too-many'; readonly triggersMax: number }
  | ManagedRefused;

export type Changed = { readonly kind: 'done' } | { readonly kind: 'absent' } | ManagedRefused;

/** Of one account; each runs, and all of them are looked at when a stream is made. */
export const TRIGGERS_MAX = 10_000;

const DONE: Changed = { kind: 'done' };
const ABSENT: Changed = { kind: 'absent' };

/** The triggers of all accounts: what a user asks of them, kept on record and carried out. */
export class TriggerService {
  readonly #parts: TriggerServiceParts;
  readonly #kept = new Map<string, Kept>();
  /** Changes come one after the other: each is judged by all that were made before. */
  #last: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(parts: TriggerServiceParts) {
    this.#parts = parts;
  }

  /** Takes up what was left. Records that cannot be read are told of, and are no triggers. */
  async start(onUnreadable: (account: string, name: string) => void): Promise<void> {
    for (const { account, name, record } of await this.#parts.config.load()) {
      if (record === undefined) onUnreadable(account, name);
      else if (record.kind === 'standing') this.#keep(account, name, record);
    }
  }

  #keep(
    account: string,
    name: TriggerName,
    { id, definition, isPaused }: Extract<TriggerRecord, { kind: 'standing' }>,
  ): void {
    const { from, to, trigger } = definition;
    const kept: Kept = {
      account,
      name,
      id,
      definition,
      target: targetAccount(account, trigger),
      takes: subjectMatcher(from.pattern),
      delivers: subjectMatcher(to.pattern),
      running: undefined,
      sinceMs: this.#nowMs,
    };
    this.#kept.set(configKey(account, name), kept);
    if (!isPaused) kept.running = new RunningTrigger(this.#parts, kept);
  }

  get #nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  create(account: string, given: unknown): Promise<Created> {
    return this.#inTurn(() => this.#create(account, given));
  }

  async #create(account: string, given: unknown): Promise<Created> {
    const read = parseDefinition(given);
    if (!read.ok) return { kind: 'unfit', misfit: read.misfit };
    const { definition } = read;
    const { trigger } = definition;
    const { name } = trigger;
    const { config, mayReach, mintId } = this.#parts;
    const reached = targetAccount(account, trigger);
    if (reached !== account && !mayReach(account, reached)) {
      return { kind: 'no-consent', account: reached };
    }
    if (this.#kept.has(configKey(account, name))) return { kind: 'name-in-use' };
    const own = [...this.#kept.values()].filter((kept) => kept.account === account);
    if (own.length >= TRIGGERS_MAX) return { kind: 'too-many', triggersMax: TRIGGERS_MAX };
    const names = cycleThrough(flowOf(account, definition), this.#flows());
    if (names !== undefined) return { kind: 'cycle', names };
    const unmade = await config.ensure(account);
    if (unmade !== undefined) return unmade;
    const record = { kind: 'standing', id: mintId(), isPaused: false, definition } as const;
    const places = await placesNow(this.#parts, account, record.id, definition);
    const unwritten = await config.write(account, name, record, places);
    if (unwritten !== undefined) return unwritten;
    this.#keep(account, name, record);
    return { kind: 'created', definition };
  }

  #flows(): Flow[] {
    return [...this.#kept.values()].map(({ account, definition }) => flowOf(account, definition));
  }

  /** Those whose subject of configuration the pattern matches, by name. */
  list(account: string, pattern: SubjectPattern): readonly Definition[] {
    const isMeant = subjectMatcher(pattern);
    return [...this.#kept.values()]
      .filter((kept) => kept.account === account && isMeant(configSubject(kept.name)))
      .map(({ definition }) => definition)
      .sort((one, other) => (one.trigger.name < other.trigger.name ? -1 : 1));
  }

  async get(account: string, name: TriggerName): Promise<TriggerView | undefined> {
    const kept = this.#kept.get(configKey(account, name));
    if (kept === undefined) return undefined;
    const { definition, running, sinceMs } = kept;
    return {
      definition,
      state: running?.state ?? { kind: 'paused', sinceMs },
      sources: (await running?.sources()) ?? [],
    };
  }

  /** Final: nothing is delivered any more once it resolves. The history of its records stays. */
  remove(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, async (kept) => {
      const unwritten = await this.#parts.config.write(account, name, { kind: 'deleted' });
      if (unwritten !== undefined) return unwritten;
      this.#kept.delete(configKey(account, name));
      await kept.running?.stop();
      await forgetPlaces(this.#parts.logs, account, kept.id);
      return DONE;
    });
  }

  pause(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, async (kept) => {
      if (kept.running === undefined) return DONE;
      const { id, definition } = kept;
      const record = { kind: 'standing', id, isPaused: true, definition } as const;
      const unwritten = await this.#parts.config.write(account, name, record);
      if (unwritten !== undefined) return unwritten;
      const { running } = kept;
      kept.running = undefined;
      kept.sinceMs = this.#nowMs;
      await running.stop();
      return DONE;
    });
  }

  /** Goes on where it was, whether it was paused or has failed. */
  resume(account: string, name: TriggerName): Promise<Changed> {
    return this.#change(account, name, async (kept) => {
      const { id, definition, running } = kept;
      if (running !== undefined && running.state.kind !== 'failed') return DONE;
      const record = { kind: 'standing', id, isPaused: false, definition } as const;
      const unwritten = await this.#parts.config.write(account, name, record);
      if (unwritten !== undefined) return unwritten;
      await running?.stop();
      kept.running = new RunningTrigger(this.#parts, kept);
      return DONE;
    });
  }

  #change(
    account: string,
    name: TriggerName,
    change: (kept: Kept) => Promise<Changed>,
  ): Promise<Changed> {
    return this.#inTurn(async () => {
      const kept = this.#kept.get(configKey(account, name));
      return kept === undefined ? ABSENT : await change(kept);
    });
  }

  /** Managed streams of the account were made, configured or removed. */
  managedChanged(account: string): void {
    for (const kept of this.#kept.values()) {
      const { from, to } = kept.definition;
      const isFrom = kept.account === account && from.kind === 'managed';
      const isTo = kept.target === account && to.kind === 'managed';
      if (isFrom || isTo) kept.running?.lookAgain();
    }
  }

  /** A durable stream was made, in the log of that name. */
  durableMade(account: string, log: string): void {
    const subject = this.#kept.size === 0 ? undefined : subjectOfLog(account, log);
    if (subject === undefined) return;
    for (const kept of this.#kept.values()) {
      const isFrom = kept.account === account && kept.takes(subject);
      const isTo = kept.target === account && kept.delivers(subject);
      if (isFrom || isTo) kept.running?.lookAgain();
    }
  }

  async #inTurn<Outcome>(
    act: () => Promise<Outcome | ManagedRefused>,
  ): Promise<Outcome | ManagedRefused> {
    const before = this.#last;
    const mine = before.then(() => (this.#isStopping ? refused({ code: 'shutting-down' }) : act()));
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#last;
    await Promise.all([...this.#kept.values()].map((kept) => stopped(kept)));
  }
}

async function stopped({ running }: Kept): Promise<void> {
  await running?.stop();
}
