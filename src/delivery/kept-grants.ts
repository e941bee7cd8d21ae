import {
  isShownTo,
  letsIn,
  letsOut,
  type Export,
  type Grant,
  type GrantedFlow,
  type GrantSide,
  type Import,
} from '../triggers/grant.ts';
import type { FlowingTrigger } from '../triggers/trigger-grants.ts';
import { GrantTable } from './grant-table.ts';

/** Why a trigger may not carry: one of the accounts does not let it, or no longer. */
export type CutReason = 'export-missing' | 'import-missing';

type IsMeant = (grant: Grant) => boolean;

function isAny(): boolean {
  return true;
}

function allowsTrace({ details }: Grant): boolean {
  return details.allow_trace === true;
}

/** The exports and imports that there are, of all accounts. */
export class KeptGrants {
  readonly #exports = new GrantTable<Export>();
  readonly #imports = new GrantTable<Import>();
  readonly #advertised = new Set<Export>();

  add(grant: Grant): void {
    if (grant.side === 'import') this.#imports.add(grant);
    else {
      this.#exports.add(grant);
      if (grant.details.advertise === true) this.#advertised.add(grant);
    }
  }

  delete(grant: Grant): void {
    if (grant.side === 'import') this.#imports.delete(grant);
    else {
      this.#exports.delete(grant);
      this.#advertised.delete(grant);
    }
  }

  get(account: string, side: GrantSide, id: string): Grant | undefined {
    return this.#tableOf(side).get(account, id);
  }

  /** The oldest first. */
  of(account: string, side: GrantSide): readonly Grant[] {
    return this.#tableOf(side).of(account);
  }

  /** How many stand by themselves. */
  standing(account: string, side: GrantSide): number {
    return this.#tableOf(side).standing(account);
  }

  #tableOf(side: GrantSide): GrantTable<Export> | GrantTable<Import> {
    return side === 'export' ? this.#exports : this.#imports;
  }

  /** What a trigger has made of them, as far as it is still there. */
  madeBy({ id, flow: { from, to } }: FlowingTrigger): readonly Grant[] {
    const own = [this.#exports.get(from.account, id), this.#imports.get(to.account, id)];
    return own.filter((each) => each !== undefined);
  }

  /** What keeps a trigger from carrying; undefined: nothing. */
  missing(trigger: FlowingTrigger): CutReason | undefined {
    if (!this.#isLetOut(trigger, isAny)) return 'export-missing';
    return this.#isLetIn(trigger, isAny) ? undefined : 'import-missing';
  }

  /** Whether what lets a trigger carry, on either side, lets the context of a trace through too. */
  letsTrace(trigger: FlowingTrigger): boolean {
    return this.#isLetOut(trigger, allowsTrace) && this.#isLetIn(trigger, allowsTrace);
  }

  /** What a trigger has of its own counts before what it could rest on. */
  #isLetOut({ id, flow }: FlowingTrigger, isMeant: IsMeant): boolean {
    const own = this.#exports.get(flow.from.account, id);
    if (own !== undefined) return isMeant(own);
    for (const each of this.#exports.covering(flow.from.account, flow.from.reach.pattern)) {
      if (isMeant(each) && letsOut(each, flow)) return true;
    }
    return false;
  }

  #isLetIn({ id, flow }: FlowingTrigger, isMeant: IsMeant): boolean {
    const own = this.#imports.get(flow.to.account, id);
    return own === undefined ? this.letsIn(flow, isMeant) : isMeant(own);
  }

  /** Whether the target's account lets in what has no import of its own. */
  letsIn(flow: GrantedFlow, isMeant: IsMeant = isAny): boolean {
    for (const each of this.#imports.covering(flow.to.account, flow.to.reach.pattern)) {
      if (isMeant(each) && letsIn(each, flow)) return true;
    }
    return false;
  }

  /** Exports that their accounts want this one to find. */
  advertisedTo(account: string): readonly Export[] {
    return [...this.#advertised].filter((each) => isShownTo(account, each));
  }
}
