import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { isAccountId } from '../protocol/account.ts';
import { neverRevoked, type Caller } from './caller.ts';
import { DEFAULT_SCOPE, parseScopes } from './scopes.ts';
import { KeysUnavailable } from './key-set.ts';
import type { TokenKeys } from './token-keys.ts';
import { known, unauthorized, type Identified } from './identified.ts';

export interface TokenRules {
  readonly keys: TokenKeys;
  /** Undefined: any. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** The claim that names the account. */
  readonly accountClaim: string;
  /** How far apart this clock and the issuer's may be. */
  readonly leewayMs: number;
}

/** Verifies bearer tokens: JWTs of the one issuer that is configured. */
export class Tokens {
  readonly #rules: TokenRules;
  readonly #clock: Clock;

  constructor(rules: TokenRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  async verify(token: string): Promise<Identified> {
    const { keys, issuer, audience, accountClaim, leewayMs } = this.#rules;
    try {
      const { payload } = await jwtVerify(token, (header) => keys.find(header), {
        algorithms: [...keys.algorithms],
        requiredClaims: ['exp', accountClaim],
        clockTolerance: leewayMs / 1000,
        currentDate: new Date(this.#clock.nowMs()),
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      });
      const caller = this.#callerOf(payload);
      return caller === undefined ? unauthorized('invalid') : known(caller);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return unauthorized('expired');
      if (error instanceof KeysUnavailable) {
        return { ok: false, refusal: { code: 'credentials-unverifiable' } };
      }
      // Whatever else a token does to its reader, it is the token's fault: it came from outside.
      return unauthorized('invalid');
    }
  }

  #callerOf(payload: JWTPayload): Caller | undefined {
    const account = payload[this.#rules.accountClaim];
    const scope = payload['scope'] ?? DEFAULT_SCOPE;
    if (typeof account !== 'string' || !isAccountId(account)) return undefined;
    if (typeof scope !== 'string' || payload.exp === undefined) return undefined;
    return {
      account,
      scopes: parseScopes(scope),
      expiresAtMs: payload.exp * 1000 + this.#rules.leewayMs,
      credential: `token ${(payload.jti ?? payload.sub ?? 'without a name').slice(0, 64)}`,
      isIdentified: true,
      onRevoked: neverRevoked,
    };
  }
}
