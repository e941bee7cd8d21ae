import { must } from '../lib/assert.ts';
import type { ManagedService } from '../managed/managed-service.ts';
import type { ManagedRefusal } from '../managed/refusal.ts';
import type { StreamName } from '../messages/config.ts';
import { formatOffset, position } from '../protocol/offset.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { MessageStore } from '../storage/message-port.ts';
import { carry, type CarryingParts } from '../streams/carrying.ts';
import type { StreamRef } from '../streams/names.ts';
import { isSubject, type Subject } from '../subjects/subject.ts';
import type { Address } from '../triggers/address.ts';
import { CapturingStream } from './capturing-stream.ts';
import { durableRef } from './durable-ref.ts';
import { recordsAs } from './durable-records.ts';

/** What became of a record that came from outside. */
export type Landed =
  /** It is on disk, there. */
  | { readonly kind: 'message'; readonly stream: StreamName; readonly seq: number }
  /** The same in a durable stream, which is named as a subject; a read from there begins with it. */
  | { readonly kind: 'appended'; readonly stream: string; readonly offset: string }
  /** No stream captures the subject, or there is no such durable stream. */
  | { readonly kind: 'nowhere' }
  | { readonly kind: 'declined'; readonly refusal: ManagedRefusal }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Takes records that come one by one to where they belong. */
export interface Landing {
  /** `body`: the text of one JSON value. */
  put(body: Buffer): Promise<Landed>;
}

export interface LandingParts {
  readonly messages: MessageStore;
  readonly managed: ManagedService;
  readonly carrying: CarryingParts;
}

const NOWHERE: Landed = { kind: 'nowhere' };

export function landingAt(parts: LandingParts, account: string, to: Address): Landing {
  if (to.kind === 'durable') {
    return new DurableLanding(parts.carrying, durableRef(account, to), to.pattern);
  }
  const { pattern } = to;
  const subject = must(isSubject(pattern) ? pattern : undefined, 'records land on one subject');
  return new ManagedLanding(parts, account, subject);
}

class ManagedLanding implements Landing {
  readonly #managed: ManagedService;
  readonly #account: string;
  readonly #subject: Subject;
  readonly #capturing: CapturingStream;

  constructor({ messages, managed }: LandingParts, account: string, subject: Subject) {
    this.#managed = managed;
    this.#account = account;
    this.#subject = subject;
    this.#capturing = new CapturingStream(messages, account);
  }

  async put(body: Buffer): Promise<Landed> {
    const head = this.#capturing.find(this.#subject);
    if (head === undefined) return NOWHERE;
    const stream = head.config.name;
    const outcome = await this.#managed.publish(this.#account, stream, {
      messages: [{ subject: this.#subject, body }],
      messageId: undefined,
      expectedLastSeq: undefined,
      expectedLastSubjectSeq: undefined,
    });
    switch (outcome.kind) {
      case 'published':
        return { kind: 'message', stream, seq: outcome.lastSeq };
      case 'duplicate':
        return { kind: 'message', stream, seq: outcome.seq };
      case 'refused':
        return isAbsence(outcome.refusal.code)
          ? NOWHERE
          : { kind: 'declined', refusal: outcome.refusal };
    }
  }
}

class DurableLanding implements Landing {
  readonly #parts: CarryingParts;
  readonly #ref: StreamRef;
  readonly #name: string;

  constructor(parts: CarryingParts, ref: StreamRef, name: string) {
    this.#parts = parts;
    this.#ref = ref;
    this.#name = name;
  }

  async put(body: Buffer): Promise<Landed> {
    let length = 0;
    const outcome = await carry(
      this.#parts,
      this.#ref,
      (type) => {
        const records = recordsAs(type, [body]);
        length = records.bytes.length;
        return records;
      },
      [],
    );
    switch (outcome.kind) {
      case 'appended':
      case 'closed-already': {
        const offset = formatOffset(position(outcome.head.tail - length));
        return { kind: 'appended', stream: this.#name, offset };
      }
      case 'moved':
        return { kind: 'refused', refusal: { code: 'overloaded' } };
      case 'refused':
        return isAbsence(outcome.refusal.code) ? NOWHERE : outcome;
    }
  }
}

const ABSENCES: ReadonlySet<string> = new Set([
  'stream-not-found',
  'subject-not-captured',
  'stream-gone',
  'bucket-not-found',
]);

/** It may have gone since it was looked up. */
function isAbsence(code: string): boolean {
  return ABSENCES.has(code);
}
