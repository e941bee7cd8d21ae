import { must } from '../lib/assert.ts';
import type { NewMessage } from '../messages/config.ts';
import type { Shaped } from '../triggers/shape.ts';
import type { SourceRecord } from './source.ts';

export type ShapeFault = Extract<Shaped, { kind: 'fault' }>['reason'];

export interface ShapedRecord {
  readonly record: SourceRecord;
  /** Undefined: it is filtered out. */
  readonly message: NewMessage | undefined;
}

/** Records that are delivered together. */
export interface Part {
  readonly records: readonly ShapedRecord[];
  readonly messages: readonly NewMessage[];
  /** Where to read on behind them. */
  readonly next: number;
}

/** The first record of a part that was to be delivered, and how many before it were not. */
export interface Tried {
  readonly record: SourceRecord;
  readonly filtered: number;
}

export function firstDelivered({ records }: Part): Tried {
  const filtered = records.findIndex(({ message }) => message !== undefined);
  return { record: must(records[filtered], 'a part has messages').record, filtered };
}

export interface Unfit {
  readonly record: SourceRecord;
  readonly reason: ShapeFault;
}

/** Records that are read and shaped, and not delivered yet. The first that is unfit ends them. */
export class Pending {
  #records: ShapedRecord[] = [];
  #messages = 0;
  #bytes = 0;
  #next: number;
  #unfit: Unfit | undefined;

  constructor(next: number) {
    this.#next = next;
  }

  /** Where to read on behind all of it. */
  get next(): number {
    return this.#next;
  }

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** How many of them are to be delivered. */
  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What stands behind all of it and is nothing that could be delivered. */
  get unfit(): Unfit | undefined {
    return this.#unfit;
  }

  add(record: SourceRecord, shaped: Shaped): void {
    if (shaped.kind === 'fault') {
      this.#unfit = { record, reason: shaped.reason };
      return;
    }
    const message = shaped.kind === 'message' ? shaped : undefined;
    this.#records.push({ record, message });
    this.#next = record.next;
    if (message === undefined) return;
    this.#messages += 1;
    this.#bytes += message.body.length;
  }

  /** Everything before it was looked at. */
  readThrough(next: number): void {
    if (this.#unfit === undefined) this.#next = next;
  }

  /** The first of them, with so many messages at most. Filtered ones behind the last go with it. */
  first(messagesMax: number): Part {
    if (this.#messages <= messagesMax) return this.#part(this.#records.length);
    let messages = 0;
    const beyond = this.#records.findIndex(({ message }) => {
      if (message !== undefined) messages += 1;
      return messages > messagesMax;
    });
    return this.#part(beyond);
  }

  /** The first half of a part. */
  halfOf({ records }: Part): Part {
    return this.#part(records.length >> 1);
  }

  #part(count: number): Part {
    const records = count === this.#records.length ? this.#records : this.#records.slice(0, count);
    const next = records === this.#records ? this.#next : records.at(-1)?.record.next;
    const messages = records.flatMap(({ message }) => message ?? []);
    return { records, messages, next: next ?? this.#next };
  }

  /** What was delivered is pending no more. */
  drop({ records, messages }: Part): void {
    this.#records = this.#records.slice(records.length);
    this.#messages -= messages.length;
    for (const { body } of messages) this.#bytes -= body.length;
  }
}
