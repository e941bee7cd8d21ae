import { unreachable } from '../../lib/assert.ts';
import type { Relayed } from '../../delivery/relay.ts';
import { apiError, invalid, RETRY_SOON, type ApiError } from '../json/api-error.ts';
import { errorOfFailure } from '../service-failure.ts';

function why({ by }: Extract<Relayed, { kind: 'absent' }>): string {
  if (by === undefined) return '';
  return `: the trigger ${by.trigger} asks the service of ${by.asks}, and none is registered there`;
}

type Unanswered = Exclude<Relayed, { kind: 'whole' | 'parts' }>;

/** Why a request on a subject has no answer. */
export function errorOfRelayed(unanswered: Unanswered, subject: string): ApiError {
  switch (unanswered.kind) {
    case 'absent':
      return apiError(404, 'not_found', `Nothing answers on ${subject}${why(unanswered)}`);
    case 'paused':
      return apiError(
        503,
        'paused',
        `The trigger that answers on ${subject} is paused, or let through no more`,
        RETRY_SOON,
      );
    case 'bad-page':
      return invalid('page is none that was answered with; ask anew');
    case 'failed':
      return errorOfFailure(unanswered.failure, subject);
    default:
      return unreachable(unanswered);
  }
}
