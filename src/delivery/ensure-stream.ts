import { createConfig, type GivenConfig } from '../messages/given.ts';
import type { StreamName } from '../messages/config.ts';
import { managedName } from '../managed/names.ts';
import { refusalOf, refused, type ManagedRefused } from '../managed/refusal.ts';
import type { MessageStore } from '../storage/message-port.ts';

export interface EnsuredStream {
  readonly name: StreamName;
  readonly given: GivenConfig;
  readonly nowMs: number;
}

export interface EnsuringParts {
  readonly messages: MessageStore;
  /** Told of the stored name of what was made: others may have been waiting for it. */
  readonly onStreamMade: (stored: string) => void;
}

/** Makes a managed stream where there is none of the name yet; answers with why it cannot. */
export async function ensureStream(
  { messages, onStreamMade }: EnsuringParts,
  account: string,
  { name, given, nowMs }: EnsuredStream,
): Promise<ManagedRefused | undefined> {
  const stored = managedName(account, name);
  const made = createConfig(name, given, { replicasMax: 1 });
  if (!made.ok) return refused(made.refusal);
  while (messages.managed(stored) === undefined) {
    const outcome = await messages.configure(stored, { config: made.config, expected: 0, nowMs });
    if (outcome.kind === 'configured') onStreamMade(stored);
    const refusal = outcome.kind === 'configured' ? undefined : refusalOf(outcome);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
