import type { NewMessage } from '../messages/config.ts';
import { UNCONDITIONAL } from '../messages/publish.ts';
import type { MessageStore } from '../storage/message-port.ts';
import type { Op } from '../storage/port.ts';
import { CapturingStream } from './capturing-stream.ts';
import type { TargetStream } from './target.ts';
import { verdictOfPublish, type Verdict } from './verdict.ts';

const MISSING: Verdict = { kind: 'waiting', reason: 'target-missing' };

/** The managed stream of an account that captures a subject, whichever that is at the time. */
export class ManagedTarget implements TargetStream {
  readonly #messages: MessageStore;
  readonly #capturing: CapturingStream;
  readonly #nowMs: () => number;

  constructor(messages: MessageStore, account: string, nowMs: () => number) {
    this.#messages = messages;
    this.#capturing = new CapturingStream(messages, account);
    this.#nowMs = nowMs;
  }

  async deliver(records: readonly NewMessage[], moves: readonly Op[]): Promise<Verdict> {
    const [first] = records;
    const stored = first && this.#capturing.find(first.subject)?.name;
    if (stored === undefined) return MISSING;
    const request = {
      ...UNCONDITIONAL,
      messages: records,
      nowMs: this.#nowMs(),
    };
    return verdictOfPublish(await this.#messages.publish(stored, request, moves));
  }
}
