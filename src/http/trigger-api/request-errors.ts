import { unreachable } from '../../lib/assert.ts';
import type { Relayed } from '../../delivery/relay.ts';
import type { Failure, UnreachableReason } from '../../services/answer.ts';
import { apiError, RETRY_SOON, type ApiError } from '../json/api-error.ts';

type Unanswered = Exclude<Relayed, { kind: 'whole' | 'parts' }>;

/** Why a request on a subject has no answer. */
export function errorOfRelayed(unanswered: Unanswered, subject: string): ApiError {
  switch (unanswered.kind) {
    case 'absent':
      return apiError(404, 'not_found', `Nothing answers on ${subject}`);
    case 'paused':
      return apiError(
        503,
        'paused',
        `The trigger that answers on ${subject} is paused, or let through no more`,
        RETRY_SOON,
      );
    case 'bad-page':
      return apiError(400, 'validation_error', 'page is none that was answered with; ask anew');
    case 'failed':
      return errorOfFailure(unanswered.failure, subject);
    default:
      return unreachable(unanswered);
  }
}

function errorOfFailure(failure: Failure, subject: string): ApiError {
  switch (failure.kind) {
    case 'timed-out':
      return apiError(504, 'timed_out', `The service of ${subject} did not answer in time`);
    case 'too-large':
      return bad(subject, 'answers with more than --service-answer-bytes-max');
    case 'refused-address':
      return bad(subject, 'leads to an address that may not be called from here');
    case 'invalid-url':
      return bad(subject, 'leads to what is no URL that may be called');
    case 'invalid-header':
      return apiError(400, 'validation_error', `The header ${failure.name} cannot be handed on`);
    case 'unreachable':
      return errorOfUnreachable(failure.reason, subject);
    default:
      return unreachable(failure);
  }
}

function errorOfUnreachable(reason: UnreachableReason, subject: string): ApiError {
  switch (reason) {
    case 'busy':
      return apiError(503, 'busy', 'Too many calls are under way; try again', RETRY_SOON);
    case 'stopped':
      return apiError(503, 'shutting_down', 'The server is stopping; try again', RETRY_SOON);
    default:
      return bad(subject, `cannot be reached: ${reason.replaceAll('-', ' ')}`);
  }
}

function bad(subject: string, what: string): ApiError {
  return apiError(502, 'bad_gateway', `The service of ${subject} ${what}`);
}
