import type { Refusal } from '../protocol/refusal.ts';

/** Where a request may show who it comes from, each undefined when it does not. */
export interface Presented {
  /** `Authorization` */
  readonly authorization: string | undefined;
  /** `X-Api-Key` */
  readonly apiKey: string | undefined;
  /** The parameter `access_token` of the query, which a browser's `EventSource` has to use. */
  readonly accessToken: string | undefined;
}

export type Credential =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

// RFC 6750, "Authorization Request Header Field".
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * The one credential of a request. Of two there is no telling which one was meant, and whoever can
 * add one to another's request must not decide it.
 */
export function credentialOf({ authorization, apiKey, accessToken }: Presented): Credential {
  const given = [authorization, apiKey, accessToken].filter((each) => each !== undefined);
  if (given.length === 0) return { kind: 'refused', refusal: UNAUTHORIZED.missing };
  if (given.length > 1) return { kind: 'refused', refusal: UNAUTHORIZED.several };
  if (apiKey !== undefined) return { kind: 'key', text: apiKey };
  const text = accessToken ?? BEARER.exec(authorization ?? '')?.[1];
  return text === undefined
    ? { kind: 'refused', refusal: UNAUTHORIZED.invalid }
    : { kind: 'token', text };
}

const UNAUTHORIZED = {
  missing: { code: 'unauthorized', reason: 'missing' },
  several: { code: 'unauthorized', reason: 'several' },
  invalid: { code: 'unauthorized', reason: 'invalid' },
} as const;
