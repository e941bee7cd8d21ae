import { ACTIONS, DEFAULT_SCOPE, parseScopes, type Scopes } from './scopes.ts';

/** Whose request it is, and what it may do. */
export interface Caller {
  readonly account: string;
  readonly scopes: Scopes;
  /** From then on the credential counts for nothing. Undefined: it does not end by itself. */
  readonly expiresAtMs: number | undefined;
  /** Which credential it came with; for people, and no secret. */
  readonly credential: string;
  /** False: nobody has to show a credential here, so what is read may be kept by anyone. */
  readonly isIdentified: boolean;
  /** Calls back once the credential has been revoked, until cancelled. */
  readonly onRevoked: (listener: () => void) => () => void;
}

export const DEFAULT_ACCOUNT = 'default';

/** Everybody, where no credentials are asked for. */
export function anyone(mayManageAccount: boolean): Caller {
  return {
    account: DEFAULT_ACCOUNT,
    scopes: parseScopes(mayManageAccount ? ACTIONS.join(' ') : DEFAULT_SCOPE),
    expiresAtMs: undefined,
    credential: 'none',
    isIdentified: false,
    onRevoked: neverRevoked,
  };
}

export function neverRevoked(): () => void {
  return () => undefined;
}

export function hasExpired({ expiresAtMs }: Caller, nowMs: number): boolean {
  return expiresAtMs !== undefined && nowMs >= expiresAtMs;
}
