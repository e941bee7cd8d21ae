import { createConfig } from '../messages/given.ts';
import { isStreamName, type StreamName } from '../messages/config.ts';
import { UNCONDITIONAL } from '../messages/publish.ts';
import { must } from '../lib/assert.ts';
import { RESERVED_STREAM } from '../managed/managed-service.ts';
import { accountOfManaged, managedName } from '../managed/names.ts';
import { refusalOf, refused, type ManagedRefused } from '../managed/refusal.ts';
import type { MessageStore } from '../storage/message-port.ts';
import type { Op } from '../storage/port.ts';
import { isSubject, isSubjectPattern, type Subject } from '../subjects/subject.ts';
import { isTriggerName, type TriggerName } from '../triggers/trigger.ts';
import {
  decodeTriggerRecord,
  encodeTriggerRecord,
  type TriggerRecord,
} from '../triggers/trigger-record.ts';

/** A trigger's latest record. */
export interface KeptRecord {
  readonly account: string;
  readonly name: TriggerName;
  /** Undefined: it cannot be read. */
  readonly record: TriggerRecord | undefined;
}

/** The managed stream of each account whose records are its triggers. */
export const CONFIG_STREAM: StreamName = must(asStreamName(RESERVED_STREAM), 'a name');

const CAPTURED = must(asPattern('ms.trigger.>'), 'a pattern');
const PREFIX = 'ms.trigger.stream.';
const RECORDS_PER_READ = 1000;
const BYTES_PER_READ = 1 << 22;

/** The subject that a trigger's records are on. */
export function configSubject(name: TriggerName): Subject {
  const subject = PREFIX + name;
  return must(isSubject(subject) ? subject : undefined, 'a name is a token');
}

/** Triggers as they are stored: the stream is the truth, what runs is a view of it. */
export class ConfigStream {
  readonly #messages: MessageStore;
  readonly #nowMs: () => number;

  constructor(messages: MessageStore, nowMs: () => number) {
    this.#messages = messages;
    this.#nowMs = nowMs;
  }

  /** The latest record of each trigger of every account. A stream that is damaged throws. */
  async load(): Promise<readonly KeptRecord[]> {
    const kept = new Map<string, KeptRecord>();
    for (const head of this.#messages.readableStreams('')) {
      if (head.config.name !== CONFIG_STREAM) continue;
      const account = accountOfManaged(head.name);
      for await (const [name, text] of this.#records(head.name, head.lastSeq)) {
        const record = decodeTriggerRecord(text);
        kept.set(configKey(account, name), { account, name, record });
      }
    }
    return [...kept.values()];
  }

  async *#records(stored: string, lastSeq: number): AsyncGenerator<[TriggerName, string]> {
    for (let fromSeq = 1; fromSeq <= lastSeq;) {
      const found = await this.#messages.find(stored, {
        fromSeq,
        filter: CAPTURED,
        messagesMax: RECORDS_PER_READ,
        bytesMax: BYTES_PER_READ,
      });
      if (found.kind !== 'found') throw new Error(`the triggers in ${stored} are ${found.kind}`);
      for (const { subject, body } of found.messages) {
        const name = subject.slice(PREFIX.length);
        if (subject.startsWith(PREFIX) && isTriggerName(name)) yield [name, body.toString()];
      }
      fromSeq = found.throughSeq + 1;
    }
  }

  /** Makes the account's stream where there is none yet; answers with why it cannot. */
  async ensure(account: string): Promise<ManagedRefused | undefined> {
    const stored = managedName(account, CONFIG_STREAM);
    const given = { subjects: [CAPTURED], denyDelete: true, denyPurge: true };
    const made = createConfig(CONFIG_STREAM, given, { replicasMax: 1 });
    if (!made.ok) return refused(made.refusal);
    while (this.#messages.managed(stored) === undefined) {
      const request = { config: made.config, expected: 0, nowMs: this.#nowMs() };
      const outcome = await this.#messages.configure(stored, request);
      const refusal = outcome.kind === 'configured' ? undefined : refusalOf(outcome);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Appends a trigger's next record, and the ops with it; answers with why it cannot. */
  async write(
    account: string,
    name: TriggerName,
    record: TriggerRecord,
    alongside: readonly Op[] = [],
  ): Promise<ManagedRefused | undefined> {
    const body = Buffer.from(encodeTriggerRecord(record));
    const request = {
      ...UNCONDITIONAL,
      messages: [{ subject: configSubject(name), body }],
      nowMs: this.#nowMs(),
    };
    const stored = managedName(account, CONFIG_STREAM);
    const outcome = await this.#messages.publish(stored, request, alongside);
    if (outcome.kind === 'published' || outcome.kind === 'duplicate') return undefined;
    return refusalOf(outcome) ?? refused({ code: 'overloaded' });
  }
}

/** Names a trigger among those of all accounts. */
export function configKey(account: string, name: TriggerName): string {
  return `${account}\0${name}`;
}

function asStreamName(text: string): StreamName | undefined {
  return isStreamName(text) ? text : undefined;
}

function asPattern(text: string) {
  return isSubjectPattern(text) ? text : undefined;
}
