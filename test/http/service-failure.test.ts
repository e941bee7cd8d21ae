import { describe, expect, test } from 'vitest';
import { errorOfFailure } from '../../src/http/service-failure.ts';
import { unreachableFor, type Failure, type UnreachableReason } from '../../src/services/answer.ts';

/** Status, code, and what those are told who asked on `orders.check`. */
type Told = readonly [status: number, code: string, message: string];
type Case = readonly [Failure, Told];

const of = (what: string): string => `The service of orders.check ${what}`;
const bad = (what: string): Told => [502, 'bad_gateway', of(what)];
const unreached = (reason: UnreachableReason, why: string): Case => [
  unreachableFor(reason),
  bad(`cannot be reached: ${why}`),
];

// Records, so that a failure that is added has to be given its place here.
const UNREACHABLE: Readonly<Record<UnreachableReason, Case>> = {
  'name-unknown': unreached('name-unknown', 'name unknown'),
  'connection-refused': unreached('connection-refused', 'connection refused'),
  'connection-lost': unreached('connection-lost', 'connection lost'),
  'no-route': unreached('no-route', 'no route'),
  tls: unreached('tls', 'tls'),
  'not-http': unreached('not-http', 'not http'),
  'too-many-redirects': unreached('too-many-redirects', 'too many redirects'),
  'redirect-downgrade': unreached('redirect-downgrade', 'redirect downgrade'),
  busy: [unreachableFor('busy'), [503, 'busy', 'Too many calls are under way; try again']],
  stopped: [
    unreachableFor('stopped'),
    [503, 'shutting_down', 'The server is stopping; try again shortly.'],
  ],
};
const KINDS: Readonly<Record<Failure['kind'], readonly Case[]>> = {
  unreachable: Object.values(UNREACHABLE),
  'timed-out': [[{ kind: 'timed-out' }, [504, 'gateway_timeout', of('did not answer in time')]]],
  'too-large': [[{ kind: 'too-large' }, bad('answers with more than --service-answer-bytes-max')]],
  'refused-address': [
    [
      { kind: 'refused-address', address: '10.0.0.1' },
      bad('leads to an address that may not be called from here'),
    ],
  ],
  'invalid-url': [
    [
      { kind: 'invalid-url', reason: 'malformed' },
      bad('leads to what is no URL that may be called'),
    ],
  ],
  'invalid-header': [
    [
      { kind: 'invalid-header', name: 'X-Inner' },
      [400, 'validation_error', 'The header X-Inner cannot be handed on'],
    ],
  ],
};
const CASES = Object.values(KINDS).flat();

/** All that strangers are ever told. */
const PLAIN = [
  'The service did not answer in time',
  'The service has answered more than is relayed',
  'The service cannot be called',
  'The service cannot be reached, or failed',
  'A header cannot be handed on',
  'Too many calls are under way; try again',
  'The server is stopping; try again shortly.',
];

describe.each(CASES)('a service of which comes %j', (failure, [status, code, message]) => {
  test('is told of in full to those who asked on its subject', () => {
    expect(errorOfFailure(failure, 'orders.check')).toMatchObject({ status, code, message });
  });

  test('has the same status and code for strangers, who are told nothing of it', () => {
    const error = errorOfFailure(failure);
    expect(error).toMatchObject({ status, code });
    expect(PLAIN).toContain(error.message);
  });

  test('is worth trying again where it is 503', () => {
    expect(errorOfFailure(failure).headers.includes('Retry-After')).toBe(status === 503);
  });
});
