import type { NewMessage } from '../messages/config.ts';
import { UNCONDITIONAL } from '../messages/publish.ts';
import { managedPrefix } from '../managed/names.ts';
import { CONFIG_STREAM } from './config-stream.ts';
import type { ManagedHead, MessageStore } from '../storage/message-port.ts';
import type { Op } from '../storage/port.ts';
import { subjectMatcher, type Subject } from '../subjects/subject.ts';
import type { TargetStream } from './target.ts';
import { verdictOfPublish, type Verdict } from './verdict.ts';

const MISSING: Verdict = { kind: 'waiting', reason: 'target-missing' };

/** The stream that took the last records, as it was configured then. */
interface Capturing {
  readonly head: ManagedHead;
  readonly captures: (subject: Subject) => boolean;
}

/** The managed stream of an account that captures a subject, whichever that is at the time. */
export class ManagedTarget implements TargetStream {
  readonly #messages: MessageStore;
  readonly #account: string;
  readonly #nowMs: () => number;
  #latest: Capturing | undefined;

  constructor(messages: MessageStore, account: string, nowMs: () => number) {
    this.#messages = messages;
    this.#account = account;
    this.#nowMs = nowMs;
  }

  async deliver(records: readonly NewMessage[], moves: readonly Op[]): Promise<Verdict> {
    const [first] = records;
    const stored = first && this.#capturing(first.subject);
    if (stored === undefined) return MISSING;
    const request = {
      ...UNCONDITIONAL,
      messages: records,
      nowMs: this.#nowMs(),
    };
    return verdictOfPublish(await this.#messages.publish(stored, request, moves));
  }

  #capturing(subject: Subject): string | undefined {
    const latest = this.#latest;
    if (latest?.captures(subject) === true && this.#isAsItWas(latest.head)) return latest.head.name;
    // A damaged one takes nothing anyway. What lies among the triggers' records would be a trigger,
    // with all rights of the account.
    const prefix = managedPrefix(this.#account);
    const own = this.#messages
      .readableStreams(prefix)
      .filter(({ config }) => config.name !== CONFIG_STREAM);
    this.#latest = own.map(capturingOf).find(({ captures }) => captures(subject));
    return this.#latest?.head.name;
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
