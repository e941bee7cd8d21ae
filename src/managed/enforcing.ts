import { isSubjectPattern, type SubjectPattern } from '../subjects/subject.ts';
import type { RemoveCause } from '../messages/remove.ts';
import type { ManagedHead, MessageStore, RemoveOutcome } from '../storage/message-port.ts';

/** How many messages one commit drops: more would keep others waiting. */
export const REMOVED_PER_COMMIT = 4096;
/** Of the bodies of messages that are about to go: they are read to be found. */
const BYTES_PER_COMMIT = 1 << 22;

const NO_STREAM: RemoveOutcome = { kind: 'declined', declined: { code: 'stream-not-found' } };
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

/** How many messages a subject keeps, where what is beyond that is dropped. */
export function subjectLimit({ config }: Pick<ManagedHead, 'config'>): number | undefined {
  const { messagesPerSubjectMax, discard, sealed } = config;
  return discard === 'old' && !sealed ? messagesPerSubjectMax : undefined;
}

/** Leaves each subject as many of its newest messages as it may have. */
export async function enforcePerSubject(store: MessageStore, name: string): Promise<RemoveOutcome> {
  let count = 0;
  const max = limitNow(store, name);
  const counts = await store.subjectCounts(name, ALL_SUBJECTS, SUBJECTS_MAX);
  for (const { subject, messages } of counts) {
    if (messages <= max) continue;
    const outcome = await trimSubject(store, name, patternOf(subject));
    if (outcome.kind !== 'removed') return outcome;
    count += outcome.count;
  }
  return { kind: 'removed', count };
}

async function trimSubject(
  store: MessageStore,
  name: string,
  filter: SubjectPattern,
): Promise<RemoveOutcome> {
  let count = 0;
  for (let fromSeq = 1; ;) {
    const request = {
      fromSeq,
      filter,
      messagesMax: REMOVED_PER_COMMIT,
      bytesMax: BYTES_PER_COMMIT,
    };
    const found = await store.find(name, request);
    if (found.kind === 'absent') return NO_STREAM;
    if (found.kind === 'corrupt') return { kind: 'refused', reason: 'corrupt' };
    // A publish that comes in between drops messages of the subject too, from the oldest on. Counted
    // after they were found, there never seem to be more to drop than there are.
    const [counted] = await store.subjectCounts(name, filter, 1);
    const excess = Math.max(0, (counted?.messages ?? 0) - limitNow(store, name));
    const seqs = found.messages.slice(0, excess).map(({ seq }) => seq);
    if (seqs.length > 0) {
      const outcome = await store.removeMessages(name, seqs, 'trim');
      if (outcome.kind !== 'removed') return outcome;
      count += outcome.count;
    }
    const lastSeq = store.managed(name)?.lastSeq ?? 0;
    if (excess <= seqs.length || found.throughSeq >= lastSeq) return { kind: 'removed', count };
    fromSeq = found.throughSeq + 1;
  }
}

/** The limit may be another one, or none, by the time that a subject has its turn. */
function limitNow(store: MessageStore, name: string): number {
  const head = store.managed(name);
  return (head === undefined ? undefined : subjectLimit(head)) ?? Infinity;
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
    if (found.kind === 'absent') return NO_STREAM;
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
