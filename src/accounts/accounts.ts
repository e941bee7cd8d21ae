import type { Clock } from '../lib/clock.ts';
import { isPromise, type MaybePromise } from '../lib/maybe-promise.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { DataCorrupt } from '../storage/port.ts';
import type { ApiKeys, CreateKeyOutcome } from './api-keys.ts';
import { anyone } from './caller.ts';
import { credentialOf, type Presented } from './credentials.ts';
import { known, unauthorized, type Identified } from './identified.ts';
import type { WrittenKeyRequest } from './key-request.ts';
import { RecentCallers } from './recent-callers.ts';
import type { RequestRates } from './request-rates.ts';
import { allows, type Action } from './scopes.ts';
import type { Tokens } from './tokens.ts';

export interface AccountsParts {
  readonly keys: ApiKeys;
  /** Undefined: no issuer is configured, so no token counts. */
  readonly tokens: Tokens | undefined;
  readonly rates: RequestRates;
  readonly clock: Clock;
  /** Milliseconds that never step back. */
  readonly monotonicMs: () => number;
  /** Only this machine reaches the server, so whoever asks may set its first credentials. */
  readonly isLoopback: boolean;
  /** Called for every request of an identified caller that is let through. */
  readonly onRequest: (account: string) => void;
}

/**
 * Who may do what. Without any credentials configured everybody may, as one account. That ends with
 * the first API key, at once, and does not come back while the process lasts: revoking the last key
 * must never open what it has closed.
 */
export class Accounts {
  readonly #parts: AccountsParts;
  readonly #byAuthorization = new RecentCallers();
  readonly #byKey = new RecentCallers();
  readonly #anyone: Identified;
  /** Called when the doors close for those who came without a credential. */
  readonly #onClosed = new Set<() => void>();
  #isOpen = false;

  private constructor(parts: AccountsParts) {
    this.#parts = parts;
    const onRevoked = (listener: () => void): (() => void) => {
      this.#onClosed.add(listener);
      return () => this.#onClosed.delete(listener);
    };
    this.#anyone = known({ ...anyone(parts.isLoopback), onRevoked });
  }

  static async open(parts: AccountsParts): Promise<Accounts> {
    const accounts = new Accounts(parts);
    accounts.#isOpen = parts.tokens === undefined && !(await parts.keys.hasAny());
    return accounts;
  }

  /** Nobody has to show a credential. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get keys(): ApiKeys {
    return this.#parts.keys;
  }

  /** Makes a key. The first one ends that everybody may do everything. */
  async createKey(account: string, request: WrittenKeyRequest): Promise<CreateKeyOutcome> {
    const outcome = await this.#parts.keys.create(account, request);
    if (outcome.kind === 'created') this.#closeDoors();
    return outcome;
  }

  #closeDoors(): void {
    this.#isOpen = false;
    for (const onClosed of [...this.#onClosed]) onClosed();
    this.#onClosed.clear();
  }

  /**
   * Who asks, if they may do this here and now. What is not allowed is refused without a look at
   * whether the resource is there, so a refusal tells nothing of it. `owner`: the account whose
   * resource it is, where an address does not say; to all others it is not there.
   */
  judge(
    presented: Presented,
    action: Action,
    resource: string,
    owner?: string,
  ): MaybePromise<Identified> {
    const identified = this.#isOpen ? this.#anyone : this.#identify(presented);
    return isPromise(identified)
      ? identified.then((each) => this.#admit(each, action, resource, owner))
      : this.#admit(identified, action, resource, owner);
  }

  /** Counts a request to what an account lets everybody ask, or says why there must be none now. */
  admitAnyone(account: string): Refusal | undefined {
    return this.#parts.rates.take(account, this.#parts.monotonicMs());
  }

  #admit(
    identified: Identified,
    action: Action,
    resource: string,
    owner: string | undefined,
  ): Identified {
    if (!identified.ok) return identified;
    const { account, scopes, isIdentified } = identified.caller;
    if (owner !== undefined && account !== owner) return ABSENT;
    if (!allows(scopes, action, resource)) {
      return { ok: false, refusal: { code: 'forbidden', scope: action } };
    }
    const tooMany = this.#parts.rates.take(account, this.#parts.monotonicMs());
    if (tooMany !== undefined) return { ok: false, refusal: tooMany };
    if (isIdentified) this.#parts.onRequest(account);
    return identified;
  }

  #identify(presented: Presented): MaybePromise<Identified> {
    const { authorization, apiKey, accessToken } = presented;
    // Nearly every request has exactly one of these, and one that was seen before.
    if (accessToken === undefined && (authorization === undefined) !== (apiKey === undefined)) {
      const recent = authorization === undefined ? this.#byKey : this.#byAuthorization;
      const identified = recent.get(authorization ?? apiKey ?? '', this.#parts.clock.nowMs());
      if (identified !== undefined) return identified;
    }
    const credential = credentialOf(presented);
    switch (credential.kind) {
      case 'refused':
        return { ok: false, refusal: credential.refusal };
      case 'key':
        return this.#remembering(this.#byKey, credential.text, this.#identifyKey(credential.text));
      case 'token': {
        const verified = this.#parts.tokens?.verify(credential.text) ?? unauthorized('invalid');
        return authorization === undefined
          ? verified
          : this.#remembering(this.#byAuthorization, authorization, verified);
      }
    }
  }

  #identifyKey(text: string): MaybePromise<Identified> {
    try {
      const identified = this.#parts.keys.identify(text);
      return isPromise(identified) ? identified.catch(refusedAsDamage) : identified;
    } catch (error) {
      return refusedAsDamage(error);
    }
  }

  #remembering(
    recent: RecentCallers,
    text: string,
    identified: MaybePromise<Identified>,
  ): MaybePromise<Identified> {
    const remember = (each: Identified): Identified => {
      recent.remember(text, each, this.#parts.clock.nowMs());
      return each;
    };
    return isPromise(identified) ? identified.then(remember) : remember(identified);
  }

  /** Lets go of what watches over the credentials that are in use. */
  close(): void {
    this.#byAuthorization.clear();
    this.#byKey.clear();
  }
}

const ABSENT: Identified = { ok: false, refusal: { code: 'not-found' } };

function refusedAsDamage(error: unknown): Identified {
  if (error instanceof DataCorrupt) return { ok: false, refusal: { code: 'data-corrupt' } };
  throw error;
}
