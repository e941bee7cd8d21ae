import type { Clock } from '../lib/clock.ts';
import type { LogStore } from '../storage/port.ts';
import { Accounts } from './accounts.ts';
import { ApiKeys } from './api-keys.ts';
import { RequestRates } from './request-rates.ts';
import { KeyUnusable, tokenKeys, type KeySource } from './token-keys.ts';
import { Tokens } from './tokens.ts';

/** What is configured of credentials. An empty text says nothing. */
export interface AccountSettings {
  readonly jwtSecret: string;
  readonly jwtPublicKey: string;
  readonly jwksUrl: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly jwtAccountClaim: string;
  readonly jwtLeewayMs: number;
  readonly accountRequestsPerSecondMax: number;
}

/** What accounts need of the world. */
export interface AccountsWorld {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly randomBytes: (size: number) => Buffer;
  /** Milliseconds that never step back. */
  readonly monotonicMs: () => number;
  readonly isLoopback: boolean;
  readonly onRequest: (account: string) => void;
}

/** Rejects with `KeyUnusable` when what is configured cannot verify tokens. */
export async function openAccounts(
  settings: AccountSettings,
  world: AccountsWorld,
): Promise<Accounts> {
  const { store, clock, randomBytes } = world;
  return await Accounts.open({
    ...world,
    keys: new ApiKeys(store, clock, randomBytes),
    tokens: tokensOf(settings, world),
    rates: new RequestRates(settings.accountRequestsPerSecondMax),
  });
}

function tokensOf(settings: AccountSettings, world: AccountsWorld): Tokens | undefined {
  const source = sourceOf(settings, world);
  if (source === undefined) return undefined;
  const rules = {
    keys: tokenKeys(source),
    issuer: settings.jwtIssuer === '' ? undefined : settings.jwtIssuer,
    audience: settings.jwtAudience === '' ? undefined : settings.jwtAudience,
    accountClaim: settings.jwtAccountClaim,
    leewayMs: settings.jwtLeewayMs,
  };
  return new Tokens(rules, world.clock);
}

function sourceOf(
  { jwtSecret, jwtPublicKey, jwksUrl }: AccountSettings,
  { clock, fetch }: AccountsWorld,
): KeySource | undefined {
  const sources: KeySource[] = [];
  if (jwtSecret !== '') sources.push({ kind: 'secret', secret: jwtSecret });
  if (jwtPublicKey !== '') sources.push({ kind: 'public-key', pem: jwtPublicKey });
  if (jwksUrl !== '') sources.push({ kind: 'jwks', url: urlOf(jwksUrl), clock, fetch });
  if (sources.length > 1) {
    throw new KeyUnusable('tokens are verified by a secret, a public key or a key set: name one');
  }
  return sources[0];
}

function urlOf(text: string): string {
  if (URL.canParse(text) && /^https?:/i.test(text)) return text;
  throw new KeyUnusable('the URL of the key set must be one of http or https');
}
