import { isSubjectPattern, type SubjectPattern } from '../subjects/subject.ts';
import type { RemoveCause } from '../messages/remove.ts';
import type { MessageStore, RemoveOutcome } from '../storage/message-port.ts';

/** How many messages one commit drops: more would keep others waiting. */
export const REMOVED_PER_COMMIT = 4096;
/** Of the bodies of messages that are about to go: they are read to be found. */
const BYTES_PER_COMMIT = 1 << 22;

const ALL_SUBJECTS = patternOf('>');
const SUBJECTS_MAX = Number.MAX_SAFE_INTEGER;

/** Drops all that is too old or too much for a stream, in as many commits as it takes. */
export async function enforceAll(
  store: MessageStore,
  name: string,
  nowMs: number,
): Promise<RemoveOutcome> {
  for (;;) {
    const outcome = await store.enforce(name, nowMs, REMOVED_PER_COMMIT);
    if (outcome.kind !== 'removed' || outcome.count === 0) return outcome;
  }
}

/** Leaves each subject its newest `max` messages. */
export async function enforcePerSubject(
  store: MessageStore,
  name: string,
  max: number,
): Promise<RemoveOutcome> {
  let count = 0;
  const counts = await store.subjectCounts(name, ALL_SUBJECTS, SUBJECTS_MAX);
  for (const { subject, messages } of counts) {
    if (messages <= max) continue;
    const outcome = await removeOldest(store, name, {
      filter: patternOf(subject),
      atMost: messages - max,
      beforeSeq: Infinity,
      cause: 'trim',
    });
    if (outcome.kind !== 'removed') return outcome;
    count += outcome.count;
  }
  return { kind: 'removed', count };
}

export interface OldestMatching {
  readonly filter: SubjectPattern | undefined;
  readonly atMost: number;
  /** Not included. */
  readonly beforeSeq: number;
  readonly cause: RemoveCause;
}

/** Removes the oldest messages that match. */
export async function removeOldest(
  store: MessageStore,
  name: string,
  { filter, atMost, beforeSeq, cause }: OldestMatching,
): Promise<RemoveOutcome> {
  let count = 0;
  for (let fromSeq = 1; count < atMost;) {
    const found = await store.find(name, {
      fromSeq,
      filter,
      messagesMax: Math.min(REMOVED_PER_COMMIT, atMost - count),
      bytesMax: BYTES_PER_COMMIT,
    });
    if (found.kind === 'absent')
      return { kind: 'declined', declined: { code: 'stream-not-found' } };
    if (found.kind === 'corrupt') return { kind: 'refused', reason: 'corrupt' };
    const seqs = found.messages.map(({ seq }) => seq).filter((seq) => seq < beforeSeq);
    if (seqs.length > 0) {
      const outcome = await store.removeMessages(name, seqs, cause);
      if (outcome.kind !== 'removed') return outcome;
      count += outcome.count;
    }
    const lastSeq = store.managed(name)?.lastSeq ?? 0;
    const isPast = seqs.length < found.messages.length || found.throughSeq + 1 >= beforeSeq;
    if (isPast || found.throughSeq >= lastSeq) break;
    fromSeq = found.throughSeq + 1;
  }
  return { kind: 'removed', count };
}

function patternOf(text: string): SubjectPattern {
  if (!isSubjectPattern(text)) throw new Error(`invariant broken: ${text} is no subject`);
  return text;
}
