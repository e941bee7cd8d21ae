import type { Clock } from '../lib/clock.ts';
import type { Definition } from '../triggers/definition.ts';
import { deadLetterSubjects } from '../triggers/on-error.ts';
import type { ManagedRefused } from '../managed/refusal.ts';
import { ManagedTarget } from './managed-target.ts';
import { DEAD_LETTER_STREAM, DeadLetters } from './dead-letters.ts';
import { ensureStream, type EnsuringParts } from './ensure-stream.ts';
import type { RunningParts, TriggerIdentity } from './running.ts';

interface Parts extends EnsuringParts {
  readonly clock: Clock;
}

/** Where a trigger keeps what it gives up: in its own account, whosever the target is. */
export function deadLettersOf(
  parts: RunningParts,
  { account, definition }: TriggerIdentity,
): DeadLetters {
  const { messages, clock } = parts;
  const nowMs = (): number => clock.nowMs();
  return new DeadLetters({
    trigger: definition.trigger.name,
    target: new ManagedTarget(messages, account, nowMs),
    ensure: () => ensureDeadLetters(parts, account),
    nowMs,
  });
}

/** Makes the stream that a trigger may need for dead letters; answers with why it cannot. */
export async function readyForDeadLetters(
  parts: Parts,
  account: string,
  { onError }: Definition,
): Promise<ManagedRefused | undefined> {
  return onError.kind === 'dead_letter' ? await ensureDeadLetters(parts, account) : undefined;
}

/** Makes the account's stream of dead letters where there is none; answers with why it cannot. */
function ensureDeadLetters(parts: Parts, account: string): Promise<ManagedRefused | undefined> {
  return ensureStream(parts, account, {
    name: DEAD_LETTER_STREAM,
    given: { subjects: [deadLetterSubjects()] },
    nowMs: parts.clock.nowMs(),
  });
}
