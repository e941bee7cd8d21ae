import type { Definition } from '../triggers/definition.ts';
import type { ManagedRefused } from '../managed/refusal.ts';
import { ManagedTarget } from './managed-target.ts';
import { DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECTS, DeadLetters } from './dead-letters.ts';
import { ensureStream } from './ensure-stream.ts';
import type { RunningParts, TriggerIdentity } from './running.ts';

/** Where a trigger keeps what it gives up: in its own account, whosever the target is. */
export function deadLettersOf(
  { messages, clock }: RunningParts,
  { account, definition }: TriggerIdentity,
): DeadLetters {
  const nowMs = (): number => clock.nowMs();
  return new DeadLetters({
    trigger: definition.trigger.name,
    target: new ManagedTarget(messages, account, nowMs),
    ensure: () => ensureDeadLetters({ messages, clock }, account),
    nowMs,
  });
}

/** Makes the stream that a trigger may need for dead letters; answers with why it cannot. */
export async function readyForDeadLetters(
  parts: Pick<RunningParts, 'messages' | 'clock'>,
  account: string,
  { onError }: Definition,
): Promise<ManagedRefused | undefined> {
  return onError.kind === 'dead_letter' ? await ensureDeadLetters(parts, account) : undefined;
}

/** Makes the account's stream of dead letters where there is none; answers with why it cannot. */
function ensureDeadLetters(
  { messages, clock }: Pick<RunningParts, 'messages' | 'clock'>,
  account: string,
): Promise<ManagedRefused | undefined> {
  return ensureStream(messages, account, {
    name: DEAD_LETTER_STREAM,
    given: { subjects: [DEAD_LETTER_SUBJECTS] },
    nowMs: clock.nowMs(),
  });
}
