import type { Accounts } from '../accounts/accounts.ts';
import type { Caller } from '../accounts/caller.ts';
import type { Identified } from '../accounts/identified.ts';
import type { Action } from '../accounts/scopes.ts';
import { isPromise, type MaybePromise } from '../lib/maybe-promise.ts';
import { parseQuery } from '../protocol/query.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Exchange } from './exchange.ts';

/** What stands before every handler: who asks, and whether they may. */
export class Gate {
  readonly #accounts: Accounts;
  readonly #takesAccessToken: boolean;

  constructor(accounts: Accounts, takesAccessToken: boolean) {
    this.#accounts = accounts;
    this.#takesAccessToken = takesAccessToken;
  }

  /** Nobody has to show a credential. */
  get isOpen(): boolean {
    return this.#accounts.isOpen;
  }

  /** Lets those in who may do this, and refuses the others. */
  enter(
    exchange: Exchange,
    action: Action,
    resource: string,
    handle: (caller: Caller) => Promise<void>,
  ): Promise<void> {
    const identified = this.judge(exchange, action, resource);
    if (isPromise(identified)) return identified.then((each) => letIn(exchange, each, handle));
    return letIn(exchange, identified, handle);
  }

  /** A credential may also be a parameter of the query. */
  get takesAccessToken(): boolean {
    return this.#takesAccessToken;
  }

  /** Counts a request that needs no credential against the account that it is made to. */
  admitAnyone(account: string): Refusal | undefined {
    return this.#accounts.admitAnyone(account);
  }

  /**
   * Who asks, if they may do this, for those who answer by themselves. `owner`: the account whose
   * resource it is, where the address does not say.
   */
  judge(
    exchange: Exchange,
    action: Action,
    resource: string,
    owner?: string,
  ): MaybePromise<Identified> {
    const { authorization, apiKey } = exchange.headers;
    const { query } = exchange;
    if (!this.#takesAccessToken || !query.includes('access_token')) {
      return this.#accounts.judge(
        { authorization, apiKey, accessToken: undefined },
        action,
        resource,
        owner,
      );
    }
    const parsed = parseQuery(query, ['access_token']);
    if (!parsed.ok) return parsed;
    const accessToken = parsed.value.get('access_token');
    return this.#accounts.judge({ authorization, apiKey, accessToken }, action, resource, owner);
  }
}

function letIn(
  exchange: Exchange,
  identified: Identified,
  handle: (caller: Caller) => Promise<void>,
): Promise<void> {
  if (identified.ok) return handle(identified.caller);
  exchange.refuse(identified.refusal);
  return DONE;
}

const DONE = Promise.resolve();
