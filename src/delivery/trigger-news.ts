import { accountOfManaged } from '../managed/names.ts';
import type { MessageStore } from '../storage/message-port.ts';
import { servicePlace, streamPlace, type Place } from '../triggers/flows.ts';
import type { KeptTriggers } from './kept-triggers.ts';
import { subjectOfLog } from './source-finder.ts';

/** Lets triggers look again where streams or services have changed that they have to do with. */
export class TriggerNews {
  readonly #kept: KeptTriggers;
  readonly #messages: MessageStore;

  constructor(kept: KeptTriggers, messages: MessageStore) {
    this.#kept = kept;
    this.#messages = messages;
  }

  /** A managed stream was made, configured or removed. */
  managedChanged(stored: string): void {
    if (this.#kept.size === 0) return;
    const account = accountOfManaged(stored);
    // One that is gone is missed by those that read it, and by those that deliver to it.
    const subjects = this.#messages.managed(stored)?.config.subjects ?? [];
    this.#lookAgain(subjects.map((subject) => streamPlace(account, subject)));
  }

  /** A durable stream was made, in the log of that name. */
  durableMade(account: string, log: string): void {
    const subject = this.#kept.size === 0 ? undefined : subjectOfLog(account, log);
    if (subject !== undefined) this.#lookAgain([streamPlace(account, subject)]);
  }

  /** A service was registered, or is gone. */
  serviceChanged(account: string, subject: string): void {
    this.#lookAgain([servicePlace(account, subject)]);
  }

  #lookAgain(places: readonly Place[]): void {
    for (const { running } of this.#kept.about(places)) running?.lookAgain();
  }
}
