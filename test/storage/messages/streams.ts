import type { ManagedConfig, NewMessage } from '../../../src/messages/config.ts';
import type { PublishRequest } from '../../../src/messages/publish.ts';
import type { RemoveCause } from '../../../src/messages/remove.ts';
import type {
  FindOutcome,
  FindRequest,
  ManagedHead,
  MessageStore,
  PublishOutcome,
  RemoveOutcome,
  StoredMessage,
} from '../../../src/storage/message-port.ts';
import { managedConfig, newMessage, pattern, publishRequest } from '../../support/managed.ts';
import { NOW_MS } from '../../support/states.ts';

/** The stream that tests use when any will do, in the store of the account `acme`. */
export const STREAM = 'acme\0ORDERS';
export const OTHER = 'acme\0LOGS';

/** A message as a line of text: its sequence, its subject and its body. */
export function lineOf({ seq, subject, body }: StoredMessage): string {
  return `${seq} ${subject} ${body.toString()}`;
}

/** Messages on `orders.a`, one for each body. */
export function onA(...bodies: readonly string[]): NewMessage[] {
  return bodies.map((body) => newMessage('orders.a', body));
}

export type Found = Extract<FindOutcome, { kind: 'found' }>;

export function found(outcome: FindOutcome): Found {
  if (outcome.kind !== 'found') throw new Error(`not found: ${outcome.kind}`);
  return outcome;
}

/** What a test does to a message store when nothing stands in its way. */
export class Streams {
  readonly store: MessageStore;

  constructor(store: MessageStore) {
    this.store = store;
  }

  head(name = STREAM): ManagedHead {
    const head = this.store.managed(name);
    if (head === undefined) throw new Error(`there is no stream ${JSON.stringify(name)}`);
    return head;
  }

  /** Creates the stream, or sets its configuration anew. */
  async configure(
    special: Partial<ManagedConfig> = {},
    name = STREAM,
    nowMs = NOW_MS,
  ): Promise<ManagedHead> {
    const expected = this.store.managed(name)?.revision ?? 0;
    const config = managedConfig(special);
    const outcome = await this.store.configure(name, { config, expected, nowMs });
    if (outcome.kind !== 'configured') throw new Error(`not done: ${JSON.stringify(outcome)}`);
    return outcome.head;
  }

  /** The stream of logs, beside that of orders. */
  async configureOther(special: Partial<ManagedConfig> = {}): Promise<ManagedHead> {
    return this.configure({ subjects: [pattern('logs.>')], ...special }, OTHER);
  }

  publish(
    messages: readonly NewMessage[],
    special: Partial<Omit<PublishRequest, 'messages'>> = {},
    name = STREAM,
  ): Promise<PublishOutcome> {
    return this.store.publish(name, publishRequest(messages, special));
  }

  /** Publishes each of the lines, a subject and a body, by itself. */
  async publishLines(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const [on = '', body = ''] = line.split(' ');
      const outcome = await this.publish([newMessage(on, body)]);
      if (outcome.kind !== 'published') throw new Error(`not done: ${JSON.stringify(outcome)}`);
    }
  }

  remove(seqs: readonly number[], cause: RemoveCause = 'delete'): Promise<RemoveOutcome> {
    return this.store.removeMessages(STREAM, seqs, cause);
  }

  async find(special: Partial<FindRequest> = {}, name = STREAM): Promise<Found> {
    const request = { fromSeq: 1, filter: undefined, messagesMax: 1000, bytesMax: 1 << 20 };
    return found(await this.store.find(name, { ...request, ...special }));
  }

  /** All that a filter matches, found by going on from where each find ended. */
  async all(special: Partial<FindRequest> = {}, name = STREAM): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    for (let fromSeq = special.fromSeq ?? 1; ;) {
      const page = await this.find({ ...special, fromSeq }, name);
      messages.push(...page.messages);
      if (page.throughSeq >= this.head(name).lastSeq) return messages;
      if (page.throughSeq < fromSeq) throw new Error(`no way on from ${fromSeq}`);
      fromSeq = page.throughSeq + 1;
    }
  }

  async lines(filter?: string, name = STREAM): Promise<string[]> {
    const what = filter === undefined ? undefined : pattern(filter);
    return (await this.all({ filter: what }, name)).map(lineOf);
  }

  /** How many messages each subject has that a filter matches. */
  async counts(filter = '>', name = STREAM, limit = 1000): Promise<Record<string, number>> {
    const counts = await this.store.subjectCounts(name, pattern(filter), limit);
    return Object.fromEntries(counts.map(({ subject, messages }) => [subject, messages]));
  }

  /** All that can be seen of a stream, to be compared. */
  async seen(name = STREAM): Promise<unknown> {
    const head = this.store.managed(name);
    if (head === undefined) return 'absent';
    return { head, messages: await this.all({}, name), counts: await this.counts('>', name) };
  }
}
