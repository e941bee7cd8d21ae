import { removeRefusal } from '../messages/remove.ts';
import type { SubjectPattern } from '../subjects/subject.ts';
import type { ChangeOutcome, MessageStore, RemoveOutcome } from '../storage/message-port.ts';
import { removeOldest } from './enforcing.ts';

/** What a purge leaves: the newest `keep`, or all from a sequence on; of one subject, or of all. */
export interface PurgeRequest {
  readonly keep: number | undefined;
  /** Messages before this one go; it stays. */
  readonly upToSequence: number | undefined;
  readonly subject: SubjectPattern | undefined;
}

export async function purgeMatching(
  store: MessageStore,
  name: string,
  { keep, upToSequence, subject }: PurgeRequest,
): Promise<ChangeOutcome<RemoveOutcome>> {
  const head = store.managed(name);
  if (head === undefined) return { kind: 'declined', declined: { code: 'stream-not-found' } };
  // What denies a purge denies one that would remove nothing, too.
  const refusal = removeRefusal(head, 'purge');
  if (refusal !== undefined) return { kind: 'declined', declined: refusal };
  if (keep === undefined && upToSequence === undefined && subject === undefined) {
    return store.clear(name);
  }
  const matching = subject === undefined ? head.messages : await countOf(store, name, subject);
  return removeOldest(store, name, {
    filter: subject,
    atMost: Math.max(0, matching - (keep ?? 0)),
    beforeSeq: upToSequence ?? head.lastSeq + 1,
    cause: 'purge',
  });
}

async function countOf(
  store: MessageStore,
  name: string,
  subject: SubjectPattern,
): Promise<number> {
  const counts = await store.subjectCounts(name, subject, Number.MAX_SAFE_INTEGER);
  return counts.reduce((sum, { messages }) => sum + messages, 0);
}
