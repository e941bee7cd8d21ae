import { CONFIG_STREAM } from './config-stream.ts';
import { managedPrefix } from '../managed/names.ts';
import type { ManagedHead, MessageStore } from '../storage/message-port.ts';
import { subjectMatcher, type Subject } from '../subjects/subject.ts';

/** The stream that took the last records, as it was configured then. */
interface Capturing {
  readonly head: ManagedHead;
  readonly captures: (subject: Subject) => boolean;
}

/** Finds which managed stream of an account captures a subject, whichever that is at the time. */
export class CapturingStream {
  readonly #messages: MessageStore;
  readonly #account: string;
  #latest: Capturing | undefined;

  constructor(messages: MessageStore, account: string) {
    this.#messages = messages;
    this.#account = account;
  }

  /** As it was configured last; what it holds may be more by now. */
  find(subject: Subject): ManagedHead | undefined {
    const latest = this.#latest;
    if (latest?.captures(subject) === true && this.#isAsItWas(latest.head)) return latest.head;
    // A damaged one takes nothing anyway. What lies among the triggers' records would be a trigger,
    // with all rights of the account.
    const own = this.#messages
      .readableStreams(managedPrefix(this.#account))
      .filter(({ config }) => config.name !== CONFIG_STREAM);
    this.#latest = own.map(capturingOf).find(({ captures }) => captures(subject));
    return this.#latest?.head;
  }

  #isAsItWas({ name, incarnation, revision }: ManagedHead): boolean {
    const now = this.#messages.managed(name);
    return now?.incarnation === incarnation && now.revision === revision;
  }
}

function capturingOf(head: ManagedHead): Capturing {
  const matchers = head.config.subjects.map(subjectMatcher);
  return { head, captures: (subject) => matchers.some((matches) => matches(subject)) };
}
