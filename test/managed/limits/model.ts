import { NS_PER_MS } from '../../../src/messages/config.ts';
import { expressionOf } from '../../support/subject-expression.ts';

/** What limits a stream, as a user writes it. Undefined: it does not. */
export interface Limits {
  readonly discard: 'old' | 'new';
  readonly messagesMax?: number;
  readonly bytesMax?: number;
  readonly messagesPerSubjectMax?: number;
  readonly maxAgeNs?: number;
  readonly messageBytesMax?: number;
}

export interface ModelMessage {
  readonly seq: number;
  readonly subject: string;
  readonly body: string;
  readonly atMs: number;
}

export interface NewModelMessage {
  readonly subject: string;
  readonly body: string;
}

export interface ModelPurge {
  readonly keep?: number;
  readonly upToSequence?: number;
  readonly subject?: string;
}

function bytesOf({ subject, body }: NewModelMessage): number {
  return Buffer.byteLength(subject + body);
}

/** A stream with limits as its documentation has it: a list, gone through again for everything. */
export class LimitedStream {
  messages: ModelMessage[] = [];
  lastSeq = 0;
  limits: Limits;
  #lastAtMs = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get bytes(): number {
    return this.messages.map(bytesOf).reduce((sum, bytes) => sum + bytes, 0);
  }

  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { subject } of this.messages) counts[subject] = (counts[subject] ?? 0) + 1;
    return counts;
  }

  /** `published`, or the name of the limit that refuses one of them, and so all. */
  publish(batch: readonly NewModelMessage[], nowMs: number): string {
    const before = { messages: [...this.messages], lastSeq: this.lastSeq, atMs: this.#lastAtMs };
    for (const message of batch) {
      const refusal = this.#refusalOf(message);
      if (refusal !== undefined) {
        this.messages = before.messages;
        this.lastSeq = before.lastSeq;
        this.#lastAtMs = before.atMs;
        return refusal;
      }
      this.lastSeq += 1;
      this.#lastAtMs = Math.max(this.#lastAtMs, nowMs);
      this.messages.push({ ...message, seq: this.lastSeq, atMs: this.#lastAtMs });
      if (this.limits.discard === 'old') this.#discardOld();
    }
    return 'published';
  }

  #refusalOf(message: NewModelMessage): string | undefined {
    const { discard, messagesMax, bytesMax, messagesPerSubjectMax, messageBytesMax } = this.limits;
    if (Buffer.byteLength(message.body) > (messageBytesMax ?? Infinity)) return 'max_msg_size';
    if (bytesOf(message) > (bytesMax ?? Infinity)) return 'max_bytes';
    if (discard === 'old') return undefined;
    const ofSubject = this.counts[message.subject] ?? 0;
    if (ofSubject + 1 > (messagesPerSubjectMax ?? Infinity)) return 'max_msgs_per_subject';
    if (this.messages.length + 1 > (messagesMax ?? Infinity)) return 'max_msgs';
    return this.bytes + bytesOf(message) > (bytesMax ?? Infinity) ? 'max_bytes' : undefined;
  }

  /** The oldest of a subject that has too many, then the oldest of all. */
  #discardOld(): void {
    const { messagesMax, bytesMax, messagesPerSubjectMax } = this.limits;
    for (const [subject, count] of Object.entries(this.counts)) {
      for (let left = count; left > (messagesPerSubjectMax ?? Infinity); left -= 1) {
        const oldest = this.messages.findIndex((each) => each.subject === subject);
        this.messages.splice(oldest, 1);
      }
    }
    while (this.messages.length > (messagesMax ?? Infinity)) this.messages.shift();
    while (this.bytes > (bytesMax ?? Infinity)) this.messages.shift();
  }

  dropAged(nowMs: number): void {
    const maxAgeMs = (this.limits.maxAgeNs ?? Infinity) / NS_PER_MS;
    this.messages = this.messages.filter(({ atMs }) => nowMs - atMs < maxAgeMs);
  }

  configure(limits: Limits, nowMs: number): void {
    this.limits = limits;
    this.dropAged(nowMs);
    if (limits.discard === 'old') this.#discardOld();
  }

  remove(seqs: readonly number[]): void {
    this.messages = this.messages.filter(({ seq }) => !seqs.includes(seq));
  }

  purge({ keep, upToSequence, subject }: ModelPurge): void {
    const expression = expressionOf(subject ?? '>');
    const matching = this.messages.filter((each) => expression.test(each.subject));
    const gone = matching
      .slice(0, Math.max(0, matching.length - (keep ?? 0)))
      .filter(({ seq }) => seq < (upToSequence ?? Infinity));
    this.remove(gone.map(({ seq }) => seq));
  }
}
