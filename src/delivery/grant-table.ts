import { PatternTree } from '../subjects/pattern-tree.ts';
import type { SubjectPattern } from '../subjects/subject.ts';
import { isForOthers, type Grant } from '../triggers/grant.ts';

interface OfAccount<Each extends Grant> {
  readonly byId: Map<string, Each>;
  /** Those that let others through than the trigger that has made them. */
  readonly forOthers: PatternTree<Each>;
}

/** The exports, or the imports, of all accounts. */
export class GrantTable<Each extends Grant> {
  readonly #byAccount = new Map<string, OfAccount<Each>>();

  get(account: string, id: string): Each | undefined {
    return this.#byAccount.get(account)?.byId.get(id);
  }

  add(grant: Each): void {
    const { account, id } = grant;
    const those = this.#byAccount.get(account) ?? { byId: new Map(), forOthers: new PatternTree() };
    this.#byAccount.set(account, those);
    those.byId.set(id, grant);
    if (isForOthers(grant)) those.forOthers.add(grant.reach.pattern, grant);
  }

  delete(grant: Each): void {
    const those = this.#byAccount.get(grant.account);
    those?.byId.delete(grant.id);
    those?.forOthers.delete(grant.reach.pattern, grant);
    if (those?.byId.size === 0) this.#byAccount.delete(grant.account);
  }

  /** The oldest first. */
  of(account: string): readonly Each[] {
    return [...(this.#byAccount.get(account)?.byId.values() ?? [])].sort(byAge);
  }

  /** How many stand by themselves. */
  standing(account: string): number {
    let count = 0;
    for (const { trigger } of this.#byAccount.get(account)?.byId.values() ?? []) {
      if (trigger === undefined) count += 1;
    }
    return count;
  }

  /** Those of the account that are for others and cover the pattern. */
  *covering(account: string, pattern: SubjectPattern): Generator<Each, void, undefined> {
    yield* this.#byAccount.get(account)?.forOthers.covering(pattern) ?? [];
  }
}

function byAge(one: Grant, other: Grant): number {
  return one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1);
}
