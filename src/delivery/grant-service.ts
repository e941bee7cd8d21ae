import type { Clock } from '../lib/clock.ts';
import { refusalOf, refused, type ManagedRefused } from '../managed/refusal.ts';
import type { Complaint } from '../messages/complaint.ts';
import type { LogStore, Op } from '../storage/port.ts';
import { judgeGrant, type GivenGrant } from '../triggers/given-grant.ts';
import {
  isForOthers,
  type Export,
  type Grant,
  type GrantedFlow,
  type GrantSide,
} from '../triggers/grant.ts';
import { concerns, type FlowingTrigger } from '../triggers/trigger-grants.ts';
import { KeptGrants, type CutReason } from './kept-grants.ts';
import { cutOff, cutState, type Kept, type KeptTriggers } from './kept-triggers.ts';
import { placeOfGrant, type GrantPlace } from './names.ts';
import { grantOp, storedGrants, ungrantOps } from './stored-grants.ts';
import type { StateLog } from './state-log.ts';
import type { Turns } from './turns.ts';

export interface GrantServiceParts {
  readonly logs: LogStore;
  readonly clock: Clock;
  /** A name that no grant had before. */
  readonly mintId: () => string;
  readonly states: StateLog;
}

/** The triggers that flow, or do not, as grants say. */
export interface GrantedTriggers {
  readonly kept: KeptTriggers;
  readonly turns: Turns;
  /** Runs one that does not run. */
  readonly run: (trigger: Kept) => void;
}

export type Granted =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'unfit'; readonly complaint: Complaint }
  | { readonly kind: 'too-many'; readonly grantsMax: number }
  | ManagedRefused;

export type Ungranted = { readonly kind: 'done' } | { readonly kind: 'absent' } | ManagedRefused;

/** Of a side and an account. */
export const STANDING_GRANTS_MAX = 10_000;

/** Exports and imports of all accounts: what lets triggers carry from one account to another. */
export class GrantService {
  readonly #parts: GrantServiceParts;
  readonly #triggers: GrantedTriggers;
  readonly #grants = new KeptGrants();

  constructor(parts: GrantServiceParts, triggers: GrantedTriggers) {
    this.#parts = parts;
    this.#triggers = triggers;
  }

  /** Learns what is stored, before any trigger runs. */
  async load(onUnreadable: (account: string, id: string) => void): Promise<void> {
    const stored = storedGrants(this.#parts.logs, (name) => {
      const { account, id } = placeOfGrant(name);
      onUnreadable(account, id);
    });
    for await (const grant of stored) this.#grants.add(grant);
  }

  /** The oldest first. */
  list(account: string, side: GrantSide): readonly Grant[] {
    return this.#grants.of(account, side);
  }

  /** Exports of any account that wants this one to find them. */
  advertisedTo(account: string): readonly Export[] {
    return this.#grants.advertisedTo(account);
  }

  /** Makes a standing one. What it lets through has gone on when this resolves. */
  grant(account: string, given: GivenGrant): Promise<Granted> {
    return this.#triggers.turns.take(async () => {
      const judged = judgeGrant(given);
      if (!judged.ok) return { kind: 'unfit', complaint: judged.complaint };
      if (this.#grants.standing(account, given.side) >= STANDING_GRANTS_MAX) {
        return { kind: 'too-many', grantsMax: STANDING_GRANTS_MAX };
      }
      const grant: Grant = {
        ...judged.terms,
        id: this.#parts.mintId(),
        account,
        createdAtMs: this.#parts.clock.nowMs(),
        trigger: undefined,
      };
      const unwritten = await this.#commit([grantOp(grant)]);
      if (unwritten !== undefined) return unwritten;
      await this.keep([grant]);
      return { kind: 'granted', grant };
    });
  }

  /** Takes one away, standing or a trigger's own. What flowed by it has ended when this resolves. */
  remove({ account, side, id }: GrantPlace): Promise<Ungranted> {
    return this.#triggers.turns.take(async () => {
      const grant = this.#grants.get(account, side, id);
      if (grant === undefined) return { kind: 'absent' };
      const unwritten = await this.#commit(await ungrantOps(this.#parts.logs, [grant]));
      if (unwritten !== undefined) return unwritten;
      await this.forget([grant]);
      return { kind: 'done' };
    });
  }

  async #commit(ops: readonly Op[]): Promise<ManagedRefused | undefined> {
    if (ops.length === 0) return refused({ code: 'data-corrupt' });
    const outcome = await this.#parts.logs.commit(ops);
    if (outcome.kind === 'stored') return undefined;
    return refusalOf(outcome) ?? refused({ code: 'overloaded' });
  }

  /** What keeps a trigger from carrying; undefined: nothing. */
  missing(trigger: FlowingTrigger): CutReason | undefined {
    return this.#grants.missing(trigger);
  }

  /** Whether the target's account lets a trigger in that has no import of its own. */
  letsIn(flow: GrantedFlow): boolean {
    return this.#grants.letsIn(flow);
  }

  /** Whether what lets a trigger carry lets the context of a trace through as well. */
  letsTrace(trigger: FlowingTrigger): boolean {
    return this.#grants.letsTrace(trigger);
  }

  /** The trigger's own that are there. */
  madeBy(trigger: FlowingTrigger): readonly Grant[] {
    return this.#grants.madeBy(trigger);
  }

  /** They are stored: who was waiting for them goes on. */
  async keep(grants: readonly Grant[]): Promise<void> {
    for (const grant of grants) this.#grants.add(grant);
    await this.#look(grants.filter(isForOthers));
  }

  /** They are gone: resolves when nothing flows by them any more. */
  async forget(grants: readonly Grant[]): Promise<void> {
    for (const grant of grants) this.#grants.delete(grant);
    await this.#look(grants);
  }

  async #look(changed: readonly Grant[]): Promise<void> {
    if (changed.length === 0) return;
    const { kept, run } = this.#triggers;
    const ending: Promise<void>[] = [];
    for (const trigger of kept.all()) {
      // A paused one is looked at when it is resumed.
      if (trigger.isPaused || !changed.some((grant) => concerns(grant, trigger))) continue;
      const missing = this.missing(trigger);
      if (missing !== undefined) ending.push(this.#cut(trigger, missing));
      else if (trigger.running === undefined) run(trigger);
    }
    await Promise.all(ending);
  }

  async #cut(trigger: Kept, reason: CutReason): Promise<void> {
    const { clock, states } = this.#parts;
    await cutOff(trigger, reason, clock.nowMs());
    states.stoodStill(trigger, cutState(reason, trigger.sinceMs));
  }
}
