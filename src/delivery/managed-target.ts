import type { NewMessage } from '../messages/config.ts';
import { managedPrefix } from '../managed/names.ts';
import type { ManagedHead, MessageStore } from '../storage/message-port.ts';
import type { Op } from '../storage/port.ts';
import { subjectMatcher, type Subject } from '../subjects/subject.ts';
import type { TargetStream } from './target.ts';
import { verdictOfPublish, type Verdict } from './verdict.ts';

const MISSING: Verdict = { kind: 'waiting', reason: 'target-missing' };

/** The managed stream of an account that captures a subject, whichever that is at the time. */
export class ManagedTarget implements TargetStream {
  readonly #messages: MessageStore;
  readonly #account: string;
  readonly #nowMs: () => number;
  /** The stream that took the last records. */
  #latest: string | undefined;

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
      messages: records,
      nowMs: this.#nowMs(),
      messageId: undefined,
      expectedLastSeq: undefined,
      expectedLastSubjectSeq: undefined,
      copy: undefined,
    };
    return verdictOfPublish(await this.#messages.publish(stored, request, moves));
  }

  #capturing(subject: Subject): string | undefined {
    const latest = this.#latest === undefined ? undefined : this.#messages.managed(this.#latest);
    if (latest !== undefined && captures(latest, subject)) return latest.name;
    const all = this.#messages.managedStreams(managedPrefix(this.#account));
    this.#latest = all.find((head) => captures(head, subject))?.name;
    return this.#latest;
  }
}

function captures({ config }: ManagedHead, subject: Subject): boolean {
  return config.subjects.some((pattern) => subjectMatcher(pattern)(subject));
}
