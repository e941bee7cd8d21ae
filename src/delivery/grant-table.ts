import { isForOthers, type Grant } from '../triggers/grant.ts';

interface OfAccount<Each extends Grant> {
  readonly byId: Map<string, Each>;
  /** Those that let others through than the trigger that has made them. */
  readonly forOthers: Set<Each>;
}

/** The exports, or the imports, of all accounts. */
export class GrantTable<Each extends Grant> {
  readonly #byAccount = new Map<string, OfAccount<Each>>();

  get(account: string, id: string): Each | undefined {
    return this.#byAccount.get(account)?.byId.get(id);
  }

  add(grant: Each): void {
    const { account, id } = grant;
    const those = this.#byAccount.get(account) ?? { byId: new Map(), forOthers: new Set() };
    this.#byAccount.set(account, those);
    those.byId.set(id, grant);
    if (isForOthers(grant)) those.forOthers.add(grant);
  }

  delete(grant: Each): void {
    const those = this.#byAccount.get(grant.account);
    those?.byId.delete(grant.id);
    those?.forOthers.delete(grant);
    if (those?.byId.size === 0) this.#byAccount.delete(grant.account);
  }

  /** The oldest first. */
  of(account: string): readonly Each[] {
    return [...(this.#byAccount.get(account)?.byId.values() ?? [])].sort(byAge);
  }

  /** Whether some grant of the account that is for others does. */
  hasForOthers(account: string, does: (grant: Each) => boolean): boolean {
    for (const grant of this.#byAccount.get(account)?.forOthers ?? []) {
      if (does(grant)) return true;
    }
    return false;
  }
}

function byAge(one: Grant, other: Grant): number {
  return one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1);
}
