import type { Landed } from '../../delivery/landing.ts';
import { isContentType } from '../../protocol/content-type.ts';
import type { GatewayLimit } from '../../triggers/gateway.ts';
import { apiError, errorOfRefusal, invalid, RETRY_SOON, type ApiError } from '../json/api-error.ts';
import type { NodeExchange } from '../node-exchange.ts';
import { toApiError } from '../storage-api/refusal.ts';

/** Until somebody resumes it. */
export const PAUSED = apiError(503, 'paused', 'What is served here is paused', [
  'Retry-After',
  '60',
]);

export function overLimit({ request, time }: GatewayLimit, waitMs: number): ApiError {
  const seconds = String(Math.ceil(waitMs / 1000));
  const message = `At most ${request} requests in ${time} ms are taken here`;
  return apiError(429, 'too_many_requests', message, ['Retry-After', seconds]);
}

/** A query longer than this is no value of a header, as which a service gets it. */
const QUERY = /^[\x21-\x7e]{0,8192}$/;

/** What must be right of a request's head, whatever becomes of the request. */
export function unfitHead({ query, headers }: NodeExchange): ApiError | undefined {
  const { contentType } = headers;
  if (contentType !== undefined && !isContentType(contentType)) {
    return errorOfRefusal({
      code: 'invalid-header',
      header: 'Content-Type',
      reason: 'must be a media type',
    });
  }
  return QUERY.test(query)
    ? undefined
    : invalid('The query must be at most 8192 characters of ASCII');
}

/** Why the request is no record; nothing of it was stored. */
export function errorOfLanded(landed: Exclude<Landed, { kind: 'message' | 'appended' }>): ApiError {
  switch (landed.kind) {
    case 'nowhere':
      return NOWHERE;
    case 'declined':
      return toApiError(landed.refusal);
    case 'refused':
      return withoutPosition(errorOfRefusal(landed.refusal));
  }
}

/** What a durable stream says of where it stands is nothing to who does not know of it. */
function withoutPosition(error: ApiError): ApiError {
  const retry = error.headers.indexOf('Retry-After');
  return { ...error, headers: retry < 0 ? [] : error.headers.slice(retry, retry + 2) };
}

const NOWHERE = apiError(
  503,
  'nothing_takes_it',
  'No service answers here and no stream takes the request; it was not stored',
  RETRY_SOON,
);
