import { unreachable } from '../lib/assert.ts';
import type { Failure, UnreachableReason } from '../services/answer.ts';
import { apiError, errorOfRefusal, invalid, RETRY_SOON, type ApiError } from './json/api-error.ts';

/**
 * The one place where a service that gave no answer becomes a status. `subject`: what it was asked
 * on. Undefined for strangers: which service it is, and what is wrong with it, is nothing to them.
 */
export function errorOfFailure(failure: Failure, subject?: string): ApiError {
  const tell: Tell = (status, code, plain, detail = plain) => {
    const what =
      subject === undefined ? `The service ${plain}` : `The service of ${subject} ${detail}`;
    return apiError(status, code, what);
  };
  switch (failure.kind) {
    case 'timed-out':
      return tell(504, 'gateway_timeout', 'did not answer in time');
    case 'too-large': {
      const detail = 'answers with more than --service-answer-bytes-max';
      return tell(502, 'bad_gateway', 'has answered more than is relayed', detail);
    }
    case 'refused-address': {
      const detail = 'leads to an address that may not be called from here';
      return tell(502, 'bad_gateway', 'cannot be called', detail);
    }
    case 'invalid-url': {
      const detail = 'leads to what is no URL that may be called';
      return tell(502, 'bad_gateway', 'cannot be called', detail);
    }
    case 'invalid-header': {
      const header = subject === undefined ? 'A header' : `The header ${failure.name}`;
      return invalid(`${header} cannot be handed on`);
    }
    case 'unreachable':
      return errorOfUnreachable(failure.reason, tell);
    default:
      return unreachable(failure);
  }
}

/** `detail`: for those who know the service. Left out, there is nothing to hide. */
type Tell = (status: number, code: string, plain: string, detail?: string) => ApiError;

function errorOfUnreachable(reason: UnreachableReason, tell: Tell): ApiError {
  switch (reason) {
    case 'busy':
      return apiError(503, 'busy', 'Too many calls are under way; try again', RETRY_SOON);
    case 'stopped':
      return errorOfRefusal({ code: 'shutting-down' });
    default: {
      const detail = `cannot be reached: ${reason.replaceAll('-', ' ')}`;
      return tell(502, 'bad_gateway', 'cannot be reached, or failed', detail);
    }
  }
}
