import type { ManagedRefusal } from '../../src/managed/refusal.ts';

type Code = ManagedRefusal['code'];
type OneOfEach = { readonly [Each in Code]: Extract<ManagedRefusal, { code: Each }> };

/** A refusal of every code. The compiler sees to it that none is left out. */
const ONE_OF_EACH: OneOfEach = {
  'invalid-property': { code: 'invalid-property', property: 'subjects', reason: 'overlap' },
  'fixed-property': { code: 'fixed-property', property: 'storage' },
  'replicas-unavailable': { code: 'replicas-unavailable', replicasMax: 1 },
  'keep-and-up-to': { code: 'keep-and-up-to' },
  'several-subjects': { code: 'several-subjects' },
  'stream-not-found': { code: 'stream-not-found' },
  'message-not-found': { code: 'message-not-found' },
  'stream-exists': { code: 'stream-exists' },
  'stream-reserved': { code: 'stream-reserved' },
  'subjects-overlap': { code: 'subjects-overlap', stream: 'orders', subject: 'orders.>' },
  'subject-not-captured': { code: 'subject-not-captured', subject: 'a' },
  'wrong-last-sequence': { code: 'wrong-last-sequence', expected: 1, actual: 2 },
  'message-too-large': { code: 'message-too-large', bytesMax: 10 },
  'limit-reached': { code: 'limit-reached', limit: 'max_msgs', max: 10 },
  sealed: { code: 'sealed' },
  'delete-denied': { code: 'delete-denied' },
  'purge-denied': { code: 'purge-denied' },
  mirror: { code: 'mirror' },
  'origin-cycle': { code: 'origin-cycle', stream: 'orders' },
  'too-many-streams-of-account': { code: 'too-many-streams-of-account', streamsMax: 10 },
  'too-many-bytes-of-account': { code: 'too-many-bytes-of-account', bytesMax: 10 },
  overloaded: { code: 'overloaded' },
  'storage-full': { code: 'storage-full' },
  'storage-failed': { code: 'storage-failed' },
  'shutting-down': { code: 'shutting-down' },
  'data-corrupt': { code: 'data-corrupt' },
};

/** All of them, and the limits one by one. */
export const MANAGED_REFUSALS: readonly ManagedRefusal[] = [
  ...Object.values(ONE_OF_EACH),
  { code: 'limit-reached', limit: 'max_bytes', max: 10 },
  { code: 'limit-reached', limit: 'max_msgs_per_subject', max: 10 },
];
