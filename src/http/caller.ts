import type { MaybePromise } from '../lib/maybe-promise.ts';
import { apiError, type ApiError } from './json/api-error.ts';
import type { Exchange } from './exchange.ts';
import { ACCOUNT } from './targets.ts';

/** On whose behalf a request is made. */
export interface Caller {
  readonly account: string;
}

export type Judged =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'unauthorized'; readonly message: string };

/** The one place where the credentials of requests to JSON APIs are judged: there are none yet. */
export type JudgeCaller = (exchange: Exchange) => MaybePromise<Judged>;

const OPEN: Judged = { kind: 'caller', caller: { account: ACCOUNT } };

export function openToAll(): Judged {
  return OPEN;
}

export function unauthorized(message: string): ApiError {
  return apiError(401, 'unauthorized', message, ['WWW-Authenticate', 'Bearer']);
}
