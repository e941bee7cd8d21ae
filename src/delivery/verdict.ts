import { unreachable } from '../lib/assert.ts';
import type { Declined } from '../messages/declined.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { CommitOutcome } from '../storage/port.ts';

/** Why a trigger waits: nothing is wrong with the record, and what keeps it may pass. */
export type WaitReason =
  | 'source-missing'
  | 'source-unreadable'
  | 'target-missing'
  | 'target-full'
  | 'target-closed'
  | 'target-sealed'
  | 'service-missing'
  | 'service-failed'
  /** It has asked not to be called before a time. */
  | 'service-busy'
  /** It has ended its answer, and is called again. */
  | 'service-closed'
  | 'dead-letters-refused'
  | 'account-full'
  | 'store-busy'
  | 'store-full'
  | 'store-failed';

/** Why a target will never take a record, however often it is tried. */
export type FaultReason = 'record-too-large' | 'record-unfit' | 'subject-unfit' | 'service-refused';

/** What became of records that were to be delivered. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** Somebody else has moved the cursor, or the target: look again. */
  | { readonly kind: 'moved' }
  | Waiting
  | Fault<FaultReason>;

export interface Waiting {
  readonly kind: 'waiting';
  readonly reason: WaitReason;
  /** What the other side said, for people. */
  readonly detail?: string | undefined;
  /** When to try again. Undefined: after longer and longer waits. */
  readonly retryAfterMs?: number;
}

export interface Fault<Reason> {
  readonly kind: 'fault';
  readonly reason: Reason;
  readonly detail?: string | undefined;
}

const DELIVERED: Verdict = { kind: 'delivered' };
const MOVED: Verdict = { kind: 'moved' };

/** Whether it is a matter of the target, which may be given up; not of this server, which may not. */
export function isOfTheTarget(reason: WaitReason): boolean {
  return OF_THE_TARGET.has(reason);
}

const OF_THE_TARGET: ReadonlySet<WaitReason> = new Set([
  'target-missing',
  'target-full',
  'target-closed',
  'target-sealed',
  'service-missing',
  'service-failed',
]);

function waiting(reason: WaitReason): Waiting {
  return { kind: 'waiting', reason };
}

/** What a managed stream says to a publish. */
export function verdictOfPublish(
  outcome:
    | { readonly kind: 'published' | 'duplicate' | 'conflict' }
    | { readonly kind: 'declined'; readonly declined: Declined }
    | Extract<CommitOutcome, { kind: 'refused' }>,
): Verdict {
  switch (outcome.kind) {
    case 'published':
    case 'duplicate':
      return DELIVERED;
    case 'conflict':
      return MOVED;
    case 'refused':
      return verdictOfStore(outcome.reason);
    case 'declined':
      return verdictOfDeclined(outcome.declined);
  }
}

export function verdictOfStore(
  reason: Extract<CommitOutcome, { kind: 'refused' }>['reason'],
): Waiting {
  switch (reason) {
    case 'overloaded':
      return waiting('store-busy');
    case 'full':
      return waiting('store-full');
    case 'failed':
    case 'closed':
    case 'corrupt':
      return waiting('store-failed');
    default:
      return unreachable(reason);
  }
}

function verdictOfDeclined(declined: Declined): Verdict {
  switch (declined.code) {
    case 'conflict':
    case 'wrong-last-sequence':
    case 'several-subjects':
      return MOVED;
    case 'stream-not-found':
    case 'subject-not-captured':
      return waiting('target-missing');
    case 'message-too-large':
      return { kind: 'fault', reason: 'record-too-large' };
    case 'limit-reached':
      return waiting('target-full');
    case 'sealed':
    case 'mirror':
      return waiting('target-sealed');
    case 'too-many-bytes-of-account':
    case 'too-many-streams-of-account':
      return waiting('account-full');
    // Nothing that a publish is told.
    case 'subjects-overlap':
    case 'origin-cycle':
    case 'delete-denied':
    case 'purge-denied':
      return waiting('store-failed');
    default:
      return unreachable(declined);
  }
}

/** What a durable stream says to an append. */
export function verdictOfAppend(
  outcome:
    | { readonly kind: 'appended' | 'duplicate' | 'closed-already' }
    | { readonly kind: 'refused'; readonly refusal: Refusal },
): Verdict {
  if (outcome.kind !== 'refused') return DELIVERED;
  switch (outcome.refusal.code) {
    case 'stream-not-found':
    case 'stream-gone':
    case 'bucket-not-found':
      return waiting('target-missing');
    case 'stream-closed':
      return waiting('target-closed');
    case 'storage-full':
      return waiting('store-full');
    case 'overloaded':
      return waiting('store-busy');
    case 'body-too-large':
      return { kind: 'fault', reason: 'record-too-large' };
    case 'invalid-json':
    case 'invalid-utf8':
    case 'json-too-deep':
    case 'content-type-differs':
      return { kind: 'fault', reason: 'record-unfit' };
    case 'storage-failed':
    case 'shutting-down':
    case 'data-corrupt':
      return waiting('store-failed');
    case 'too-many-bytes-of-account':
    case 'too-many-streams-of-account':
      return waiting('account-full');
    // Nothing that an append from within is told.
    default:
      return waiting('store-failed');
  }
}
