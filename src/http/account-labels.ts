/** A label each is what a metrics store can bear; further accounts are counted together. */
const ACCOUNTS_MAX = 1000;
/** No account's name: those do not begin so. */
const OTHER_ACCOUNTS = '_other';

/** What accounts are called in metrics: the first ones by their names. */
export class AccountLabels {
  readonly #known = new Set<string>();

  of(account: string): string {
    if (this.#known.has(account)) return account;
    if (this.#known.size >= ACCOUNTS_MAX) return OTHER_ACCOUNTS;
    this.#known.add(account);
    return account;
  }
}
