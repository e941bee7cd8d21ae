import { HOPS_HEADER, HOPS_MAX, type Hops } from '../triggers/hops.ts';
import { apiError, errorOfRefusal, type ApiError } from './json/api-error.ts';

/** A request that goes no further. */
export function errorOfHops({ kind }: Exclude<Hops, { kind: 'next' }>): ApiError {
  if (kind === 'too-many') {
    const message = `The request has been relayed ${HOPS_MAX} times: services call each other in circles`;
    return apiError(508, 'loop_detected', message);
  }
  const reason = 'must be a number of relays';
  return errorOfRefusal({ code: 'invalid-header', header: HOPS_HEADER, reason });
}
