import { sizeOf } from '../messages/view.ts';
import { accountOfManaged } from '../managed/names.ts';
import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { PublishRequest } from '../messages/publish.ts';
import type { RemoveCause } from '../messages/remove.ts';
import type {
  ConfigureOutcome,
  ConfigureRequest,
  FindOutcome,
  FindRequest,
  ManagedHead,
  MessageStore,
  PublishOutcome,
  RemoveOutcome,
  SubjectCount,
} from '../storage/message-port.ts';
import { DataCorrupt, type Op } from '../storage/port.ts';
import type { SubjectPattern } from '../subjects/subject.ts';
import { NOTHING, type Held, type HeldByAccount } from './held.ts';
import type { Quota } from './quota.ts';

const A_STREAM: Held = { streams: 1, bytes: 0 };

/**
 * A message store that counts what accounts have in managed streams, and takes no more than they
 * may have, whoever brings it: a client, or a copy. After each change a stream is measured anew, so
 * the count cannot drift from the stream. What is on its way counts as if it were there.
 */
export class CountedMessages implements MessageStore {
  readonly #store: MessageStore;
  readonly #held: HeldByAccount;
  readonly #quota: Quota;
  /** The bytes that each stream is counted with. */
  readonly #counted = new Map<string, number>();

  constructor(store: MessageStore, held: HeldByAccount, quota: Quota) {
    this.#store = store;
    this.#held = held;
    this.#quota = quota;
    for (const { name } of store.readableStreams('')) this.#measure(name);
  }

  configure(name: string, request: ConfigureRequest): Promise<ConfigureOutcome> {
    if (request.expected > 0 || this.#counted.has(name)) {
      return this.#changing(name, NOTHING, this.#store.configure(name, request));
    }
    const declined = this.#quota.refusal(accountOfManaged(name), A_STREAM);
    if (declined !== undefined) return Promise.resolve({ kind: 'declined', declined });
    return this.#changing(name, A_STREAM, this.#store.configure(name, request));
  }

  publish(
    name: string,
    request: PublishRequest,
    alongside?: readonly Op[],
  ): Promise<PublishOutcome> {
    const accountRoom = this.#quota.room(accountOfManaged(name));
    const within = accountRoom === undefined ? request : { ...request, accountRoom };
    const arriving = { streams: 0, bytes: bytesOf(request) };
    return this.#changing(name, arriving, this.#store.publish(name, within, alongside));
  }

  removeMessages(
    name: string,
    seqs: readonly number[],
    cause: RemoveCause,
  ): Promise<RemoveOutcome> {
    return this.#changing(name, NOTHING, this.#store.removeMessages(name, seqs, cause));
  }

  clear(name: string): Promise<RemoveOutcome> {
    return this.#changing(name, NOTHING, this.#store.clear(name));
  }

  enforce(name: string, nowMs: number, messagesMax: number): Promise<RemoveOutcome> {
    return this.#changing(name, NOTHING, this.#store.enforce(name, nowMs, messagesMax));
  }

  dropManaged(name: string): Promise<RemoveOutcome> {
    return this.#changing(name, NOTHING, this.#store.dropManaged(name));
  }

  async #changing<Outcome>(
    name: string,
    { streams, bytes }: Held,
    change: Promise<Outcome>,
  ): Promise<Outcome> {
    const account = accountOfManaged(name);
    this.#held.add(account, streams, bytes);
    try {
      return await change;
    } finally {
      this.#held.add(account, -streams, -bytes);
      this.#measure(name);
    }
  }

  #measure(name: string): void {
    const before = this.#counted.get(name);
    const after = bytesIn(this.#store, name);
    if (after === undefined) this.#counted.delete(name);
    else this.#counted.set(name, after);
    const streams = Number(after !== undefined) - Number(before !== undefined);
    this.#held.add(accountOfManaged(name), streams, (after ?? 0) - (before ?? 0));
  }

  managedStreams(prefix: string): readonly ManagedHead[] {
    return this.#store.managedStreams(prefix);
  }

  readableStreams(prefix: string): readonly ManagedHead[] {
    return this.#store.readableStreams(prefix);
  }

  managed(name: string): ManagedHead | undefined {
    return this.#store.managed(name);
  }

  message(name: string, seq: number): MaybePromise<FindOutcome> {
    return this.#store.message(name, seq);
  }

  find(name: string, request: FindRequest): MaybePromise<FindOutcome> {
    return this.#store.find(name, request);
  }

  subjectCounts(
    name: string,
    filter: SubjectPattern,
    limit: number,
  ): MaybePromise<readonly SubjectCount[]> {
    return this.#store.subjectCounts(name, filter, limit);
  }

  watchManaged(name: string, onChange: () => void): () => void {
    return this.#store.watchManaged(name, onChange);
  }
}

function bytesOf({ messages }: PublishRequest): number {
  return messages.reduce((sum, { subject, body }) => sum + sizeOf(subject, body.length), 0);
}

/** Undefined: there is none, or none that can be read. */
function bytesIn(store: MessageStore, name: string): number | undefined {
  try {
    return store.managed(name)?.bytes;
  } catch (error) {
    if (error instanceof DataCorrupt) return undefined;
    throw error;
  }
}
