import { isStreamName, type StreamName } from '../messages/config.ts';
import { UNCONDITIONAL } from '../messages/publish.ts';
import { must } from '../lib/assert.ts';
import { RESERVED_STREAM } from '../managed/managed-service.ts';
import { accountOfManaged, managedName } from '../managed/names.ts';
import { refusalOf, refused, type ManagedRefused } from '../managed/refusal.ts';
import type { ManagedHead, MessageStore } from '../storage/message-port.ts';
import { DataCorrupt, type Op } from '../storage/port.ts';
import { ensureStream, type EnsuringParts } from './ensure-stream.ts';
import { isSubject, isSubjectPattern, type Subject } from '../subjects/subject.ts';

/** What an account configures there: triggers of either type, and the services that they speak of. */
export type ConfigType = 'stream' | 'gateway' | 'service';

/** The latest record of one of them. */
export interface ConfigRecord {
  readonly account: string;
  /** A trigger's name, or the subject of a service. */
  readonly topic: string;
  readonly text: string;
}

/** The managed stream of each account whose records are its triggers and services. */
export const CONFIG_STREAM: StreamName = must(asStreamName(RESERVED_STREAM), 'a name');

const CAPTURED = must(asPattern('ms.trigger.>'), 'a pattern');
/** What stands for a topic where none can be told from another. */
const ALL_TOPICS = '>';
const RECORDS_PER_READ = 1000;
const BYTES_PER_READ = 1 << 22;

/** The subject that the records of one of them are on. */
export function configSubject(type: ConfigType, topic: string): Subject {
  const subject = prefixOf(type) + topic;
  return must(isSubject(subject) ? subject : undefined, 'a topic is made of tokens');
}

/** Whether a record can be on the subject of one of this name. */
export function isTopic(type: ConfigType, topic: string): boolean {
  return isSubject(prefixOf(type) + topic);
}

function prefixOf(type: ConfigType): string {
  return `ms.trigger.${type}.`;
}

/** What accounts have configured, as it is stored: the stream is the truth, what runs is a view of it. */
export class ConfigStream {
  readonly #parts: EnsuringParts;
  readonly #messages: MessageStore;
  readonly #nowMs: () => number;

  constructor(parts: EnsuringParts, nowMs: () => number) {
    this.#parts = parts;
    this.#messages = parts.messages;
    this.#nowMs = nowMs;
  }

  /**
   * The latest record of each of this type, of every account. An account is told of whose records
   * cannot all be read, and has none: what is left might have been changed or deleted since.
   */
  async load(
    type: ConfigType,
    onUnreadable: (account: string, topic: string) => void,
  ): Promise<readonly ConfigRecord[]> {
    const loaded: ConfigRecord[] = [];
    for (const head of this.#messages.readableStreams('')) {
      if (head.config.name !== CONFIG_STREAM) continue;
      const account = accountOfManaged(head.name);
      const latest = await this.#latest(head, type);
      if (latest === undefined) onUnreadable(account, ALL_TOPICS);
      for (const [topic, text] of latest ?? []) loaded.push({ account, topic, text });
    }
    return loaded;
  }

  /** By topic; undefined where some of it is damaged. */
  async #latest(
    { name, lastSeq }: ManagedHead,
    type: ConfigType,
  ): Promise<ReadonlyMap<string, string> | undefined> {
    const latest = new Map<string, string>();
    try {
      for await (const [topic, text] of this.#records(name, lastSeq, type)) latest.set(topic, text);
      return latest;
    } catch (error) {
      if (error instanceof DataCorrupt) return undefined;
      throw error;
    }
  }

  /** Whether one may be missing from what is loaded, as the head of its stream is damaged. */
  get mayLackSome(): boolean {
    try {
      this.#messages.managedStreams('');
      return false;
    } catch (error) {
      if (error instanceof DataCorrupt) return true;
      throw error;
    }
  }

  async *#records(
    stored: string,
    lastSeq: number,
    type: ConfigType,
  ): AsyncGenerator<[string, string]> {
    const prefix = prefixOf(type);
    const filter = must(asPattern(`${prefix}>`), 'a pattern');
    for (let fromSeq = 1; fromSeq <= lastSeq;) {
      const found = await this.#messages.find(stored, {
        fromSeq,
        filter,
        messagesMax: RECORDS_PER_READ,
        bytesMax: BYTES_PER_READ,
      });
      if (found.kind !== 'found') throw new DataCorrupt(`its records are ${found.kind}`, stored);
      for (const { subject, body } of found.messages) {
        yield [subject.slice(prefix.length), body.toString()];
      }
      fromSeq = found.throughSeq + 1;
    }
  }

  /** Makes the account's stream where there is none yet; answers with why it cannot. */
  ensure(account: string): Promise<ManagedRefused | undefined> {
    const given = { subjects: [CAPTURED], denyDelete: true, denyPurge: true };
    return ensureStream(this.#parts, account, {
      name: CONFIG_STREAM,
      given,
      nowMs: this.#nowMs(),
    });
  }

  /** Appends the next record of one of them, and the ops with it; answers with why it cannot. */
  async write(
    account: string,
    subject: Subject,
    text: string,
    alongside: readonly Op[] = [],
  ): Promise<ManagedRefused | undefined> {
    const request = {
      ...UNCONDITIONAL,
      messages: [{ subject, body: Buffer.from(text) }],
      nowMs: this.#nowMs(),
    };
    const stored = managedName(account, CONFIG_STREAM);
    const outcome = await this.#messages.publish(stored, request, alongside);
    if (outcome.kind === 'published' || outcome.kind === 'duplicate') return undefined;
    return refusalOf(outcome) ?? refused({ code: 'overloaded' });
  }
}

/** Names one among those of its type of all accounts. */
export function configKey(account: string, topic: string): string {
  return `${account}\0${topic}`;
}

function asStreamName(text: string): StreamName | undefined {
  return isStreamName(text) ? text : undefined;
}

function asPattern(text: string) {
  return isSubjectPattern(text) ? text : undefined;
}
