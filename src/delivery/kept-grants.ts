import {
  isShownTo,
  letsIn,
  letsOut,
  type Export,
  type Grant,
  type GrantSide,
  type Import,
} from '../triggers/grant.ts';
import { grantedFlow, type GrantingTrigger } from '../triggers/trigger-grants.ts';
import { GrantTable } from './grant-table.ts';

/** Why a trigger may not carry: one of the accounts does not let it, or no longer. */
export type CutReason = 'export-missing' | 'import-missing';

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

  #tableOf(side: GrantSide): GrantTable<Export> | GrantTable<Import> {
    return side === 'export' ? this.#exports : this.#imports;
  }

  /** What a trigger has made of them, as far as it is still there. */
  madeBy(trigger: GrantingTrigger): readonly Grant[] {
    const { from, to } = grantedFlow(trigger);
    const own = [
      this.#exports.get(from.account, trigger.id),
      this.#imports.get(to.account, trigger.id),
    ];
    return own.filter((each) => each !== undefined);
  }

  /** What keeps a trigger from carrying; undefined: nothing. */
  missing(trigger: GrantingTrigger): CutReason | undefined {
    const flow = grantedFlow(trigger);
    const { from, to } = flow;
    const isOut =
      this.#exports.get(from.account, trigger.id) !== undefined ||
      this.#exports.hasForOthers(from.account, (each) => letsOut(each, flow));
    if (!isOut) return 'export-missing';
    const isIn = this.#imports.get(to.account, trigger.id) !== undefined || this.letsIn(trigger);
    return isIn ? undefined : 'import-missing';
  }

  /** Whether the target's account lets it in, be it with an import of its own or without. */
  letsIn(trigger: GrantingTrigger): boolean {
    const flow = grantedFlow(trigger);
    return this.#imports.hasForOthers(flow.to.account, (each) => letsIn(each, flow));
  }

  /** Exports that their accounts want this one to find. */
  advertisedTo(account: string): readonly Export[] {
    return [...this.#advertised].filter((each) => isShownTo(account, each));
  }
}
