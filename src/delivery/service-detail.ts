import type { AnswerHead, Failure } from '../services/answer.ts';
import { flagAllowing } from '../services/safe-address.ts';

function refusedAddress(address: string): string {
  const flag = flagAllowing(address);
  return `no connection may be made to ${address}${flag === undefined ? '' : ` without ${flag}`}`;
}

/** What came of a call, for people. No word of a body, which may be anything. */
export function detailOf(answer: (AnswerHead & { readonly kind: 'answered' }) | Failure): string {
  switch (answer.kind) {
    case 'answered':
      return `it answered ${answer.status}`;
    case 'timed-out':
      return 'it did not answer in time';
    case 'too-large':
      return 'its answer is too large';
    case 'refused-address':
      return refusedAddress(answer.address);
    case 'unreachable':
      return answer.reason;
    case 'invalid-url':
      return `its URL may not be called: ${answer.reason}`;
    case 'invalid-header':
      return `the header ${answer.name} may not be sent`;
  }
}
