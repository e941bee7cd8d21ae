import type { Caller } from '../accounts/caller.ts';
import type { Identified } from '../accounts/identified.ts';
import type { Action } from '../accounts/scopes.ts';
import { isPromise, type MaybePromise } from '../lib/maybe-promise.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { apiError, errorOfRefusal, type ApiError } from './json/api-error.ts';

export type Judged =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly error: ApiError };

/** Judges who makes a request to a JSON API, and whether they may do this there. */
export type JudgeCaller = (
  exchange: Exchange,
  action: Action,
  resource: string,
) => MaybePromise<Judged>;

export function judgeAt(gate: Gate): JudgeCaller {
  return (exchange, action, resource) => {
    const identified = gate.judge(exchange, action, resource);
    return isPromise(identified) ? identified.then(judged) : judged(identified);
  };
}

function judged(identified: Identified): Judged {
  return identified.ok
    ? { kind: 'caller', caller: identified.caller }
    : { kind: 'refused', error: errorOf(identified.refusal) };
}

/** The JSON APIs answer 401 to an insufficient scope as well. */
export function errorOf(refusal: Refusal): ApiError {
  const error = errorOfRefusal(refusal);
  return refusal.code === 'forbidden'
    ? apiError(401, 'unauthorized', error.message, error.headers)
    : error;
}
