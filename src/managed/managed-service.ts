import type { Clock } from '../lib/clock.ts';
import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { ManagedConfig, NewMessage, StreamName } from '../messages/config.ts';
import {
  createConfig,
  sameConfig,
  updateConfig,
  type Configured,
  type GivenConfig,
  type ManagedCapabilities,
} from '../messages/given.ts';
import type { SubjectPattern } from '../subjects/subject.ts';
import type {
  ChangeOutcome,
  ConfigureOutcome,
  FindOutcome,
  FindRequest,
  ManagedHead,
  MessageStore,
  StoredMessage,
} from '../storage/message-port.ts';
import { managedName, managedPrefix } from './names.ts';
import { purgeMatching, type PurgeRequest } from './purge.ts';
import { enforceAll, subjectLimit } from './enforcing.ts';
import { refusalOf, refused, type ManagedRefused } from './refusal.ts';
import type { SubjectTrims } from './subject-trims.ts';

export interface Publishing {
  readonly messages: readonly NewMessage[];
  readonly messageId: string | undefined;
  readonly expectedLastSeq: number | undefined;
  readonly expectedLastSubjectSeq: number | undefined;
}

export type Published =
  | { readonly kind: 'published'; readonly firstSeq: number; readonly lastSeq: number }
  | { readonly kind: 'duplicate'; readonly seq: number }
  | ManagedRefused;

export type Done = { readonly kind: 'done' } | ManagedRefused;

export type Searched =
  { readonly kind: 'found'; readonly messages: readonly StoredMessage[] } | ManagedRefused;

export interface SearchRequest {
  readonly search: SubjectPattern;
  readonly startSeq: number;
  readonly limit: number;
}

/** More rounds than honest contention needs. */
const ROUNDS_MAX = 100;
const SEARCH_BYTES_MAX = 16 * 1024 * 1024;

/** Belongs to the triggers, who write it themselves; it may be read like any other. */
export const RESERVED_STREAM = 'quiva-trigger-config';
const RESERVED = { code: 'stream-reserved' } as const;

/** Managed streams of all accounts: what a user asks of them, turned into what the store does. */
export class ManagedService {
  readonly #store: MessageStore;
  readonly #clock: Clock;
  readonly #capabilities: ManagedCapabilities;
  readonly #trims: SubjectTrims;
  readonly #onConfigured: (stored: string) => void;

  /** `onConfigured`: called with the stored name of what was made, changed or removed. */
  constructor(
    store: MessageStore,
    clock: Clock,
    capabilities: ManagedCapabilities,
    trims: SubjectTrims,
    onConfigured: (stored: string) => void = () => undefined,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#capabilities = capabilities;
    this.#trims = trims;
    this.#onConfigured = onConfigured;
  }

  list(account: string): readonly ManagedHead[] {
    return this.#store.managedStreams(managedPrefix(account));
  }

  get(account: string, name: StreamName): ManagedHead | undefined {
    return this.#store.managed(managedName(account, name));
  }

  /** `POST`: a new stream, or the same again. */
  create(account: string, name: StreamName, given: GivenConfig): Promise<Done> {
    const made = createConfig(name, given, this.#capabilities);
    return this.#configure(account, name, (current) => {
      if (current === undefined || !made.ok) return made;
      return sameConfig(current, made.config) ? 'unchanged' : 'exists';
    });
  }

  /** `PUT`: a new stream, or what is given of an old one anew. */
  put(account: string, name: StreamName, given: GivenConfig): Promise<Done> {
    return this.#configure(account, name, (current) =>
      current === undefined
        ? createConfig(name, given, this.#capabilities)
        : updateConfig(current, given, this.#capabilities),
    );
  }

  async #configure(
    account: string,
    name: StreamName,
    decide: (current: ManagedConfig | undefined) => Configured | 'unchanged' | 'exists',
  ): Promise<Done> {
    if (name === RESERVED_STREAM) return refused(RESERVED);
    const stored = managedName(account, name);
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const head = this.#store.managed(stored);
      const decided = decide(head?.config);
      if (decided === 'unchanged') return { kind: 'done' };
      if (decided === 'exists') return refused({ code: 'stream-exists' });
      if (!decided.ok) return refused(decided.refusal);
      const { config } = decided;
      const configure = async (): Promise<ConfigureOutcome> => {
        const nowMs = this.#clock.nowMs();
        const expected = head?.revision ?? 0;
        const outcome = await this.#store.configure(stored, { config, expected, nowMs });
        if (outcome.kind === 'configured') this.#onConfigured(stored);
        return outcome;
      };
      // A lowered limit trims at once. Subjects come first: what goes there may be all that has to,
      // and the oldest messages of other subjects stay.
      const lowers = head !== undefined && lowersSubjects(head.config, config);
      const outcome = lowers ? await this.#trims.lowering(stored, configure) : await configure();
      if (outcome.kind === 'configured') {
        if (head === undefined) return { kind: 'done' };
        return asDone(await enforceAll(this.#store, stored, this.#clock.nowMs()));
      }
      const refusal = refusalOf(outcome);
      if (refusal !== undefined) return refusal;
    }
    return refused({ code: 'overloaded' });
  }

  async remove(account: string, name: StreamName): Promise<Done> {
    if (name === RESERVED_STREAM) return refused(RESERVED);
    const stored = managedName(account, name);
    const outcome = asDone(await this.#store.dropManaged(stored));
    if (outcome.kind === 'done') this.#onConfigured(stored);
    return outcome;
  }

  async publish(account: string, name: StreamName, publishing: Publishing): Promise<Published> {
    if (name === RESERVED_STREAM) return refused(RESERVED);
    const request = {
      messages: publishing.messages,
      nowMs: this.#clock.nowMs(),
      messageId: publishing.messageId,
      expectedLastSeq: publishing.expectedLastSeq,
      expectedLastSubjectSeq: publishing.expectedLastSubjectSeq,
      copy: undefined,
    };
    const outcome = await this.#store.publish(managedName(account, name), request);
    if (outcome.kind === 'published' || outcome.kind === 'duplicate') return outcome;
    return refusalOf(outcome) ?? refused({ code: 'overloaded' });
  }

  async removeMessages(account: string, name: StreamName, seqs: readonly number[]): Promise<Done> {
    return asDone(await this.#store.removeMessages(managedName(account, name), seqs, 'delete'));
  }

  async purge(account: string, name: StreamName, request: PurgeRequest): Promise<Done> {
    if (request.keep !== undefined && request.upToSequence !== undefined) {
      return refused({ code: 'keep-and-up-to' });
    }
    return asDone(await purgeMatching(this.#store, managedName(account, name), request));
  }

  async message(account: string, name: StreamName, seq: number): Promise<Searched> {
    const found = asSearched(await this.#store.message(managedName(account, name), seq));
    const isAbsent = found.kind === 'found' && found.messages.length === 0;
    return isAbsent ? refused({ code: 'message-not-found' }) : found;
  }

  /** A part of a stream, as the store finds it. */
  find(account: string, name: StreamName, request: FindRequest): MaybePromise<FindOutcome> {
    return this.#store.find(managedName(account, name), request);
  }

  watch(account: string, name: StreamName, onChange: () => void): () => void {
    return this.#store.watchManaged(managedName(account, name), onChange);
  }

  /** Oldest first. Looks on until it has as many as asked for, or has seen all. */
  async search(account: string, name: StreamName, request: SearchRequest): Promise<Searched> {
    const stored = managedName(account, name);
    const messages: StoredMessage[] = [];
    let bytes = 0;
    for (let fromSeq = request.startSeq; ;) {
      const outcome = await this.#store.find(stored, {
        fromSeq,
        filter: request.search,
        messagesMax: request.limit - messages.length,
        bytesMax: SEARCH_BYTES_MAX - bytes,
      });
      if (outcome.kind !== 'found') return asSearched(outcome);
      messages.push(...outcome.messages);
      for (const { body } of outcome.messages) bytes += body.length;
      const lastSeq = this.#store.managed(stored)?.lastSeq ?? 0;
      const isDone = outcome.throughSeq >= lastSeq || messages.length >= request.limit;
      if (isDone || bytes >= SEARCH_BYTES_MAX) return { kind: 'found', messages };
      fromSeq = outcome.throughSeq + 1;
    }
  }
}

/** Whether some subject may have more messages than it may keep from now on. */
function lowersSubjects(before: ManagedConfig, after: ManagedConfig): boolean {
  const max = subjectLimit({ config: after });
  // Under `new` a lowered limit left in place what was there.
  return max !== undefined && max < (subjectLimit({ config: before }) ?? Infinity);
}

function asSearched(outcome: FindOutcome): Searched {
  switch (outcome.kind) {
    case 'found':
      return { kind: 'found', messages: outcome.messages };
    case 'absent':
      return refused({ code: 'stream-not-found' });
    case 'corrupt':
      return refused({ code: 'data-corrupt' });
  }
}

function asDone(outcome: ChangeOutcome<{ readonly kind: 'removed' }>): Done {
  if (outcome.kind === 'removed') return { kind: 'done' };
  return refusalOf(outcome) ?? refused({ code: 'overloaded' });
}
