import type { ManagedConfig } from '../../messages/config.ts';
import type { Declined } from '../../messages/declined.ts';
import { conflictWith } from '../../messages/beside.ts';
import { decidePublish, type PublishRequest } from '../../messages/publish.ts';
import {
  beyondLimits,
  decideRemove,
  removeRefusal,
  type RemoveCause,
} from '../../messages/remove.ts';
import type { Held } from '../../messages/view.ts';
import { subjectMatcher, type SubjectPattern } from '../../subjects/subject.ts';
import type {
  ConfigureOutcome,
  ConfigureRequest,
  FindOutcome,
  FindRequest,
  ManagedHead,
  MessageStore,
  PublishOutcome,
  RemoveOutcome,
  StoredMessage,
  SubjectCount,
} from '../message-port.ts';
import type { CommitOutcome, Op } from '../port.ts';
import { ManagedStream, onlySubject } from './managed-stream.ts';

/** What the messages share with the logs beside them. */
export interface SharedMemory {
  /**
   * Applies ops if they fit and there is room for so many bytes besides theirs. `applyBeside` is
   * called then, before anybody is told of them.
   */
  commitWith(ops: readonly Op[], bytes: number, applyBeside: () => void): CommitOutcome;
  /** Gives back what removed messages took. */
  release(bytes: number): void;
  nextIncarnation(): string;
}

/** The message store in this process's memory, beside the log store of the same engine. */
export class MemoryMessages implements MessageStore {
  readonly #memory: SharedMemory;
  readonly #streams = new Map<string, ManagedStream>();
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  managedStreams(prefix: string): ManagedHead[] {
    return [...this.#streams.values()]
      .filter(({ name }) => name.startsWith(prefix))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ head }) => head);
  }

  readableStreams(prefix: string): ManagedHead[] {
    return this.managedStreams(prefix);
  }

  managed(name: string): ManagedHead | undefined {
    return this.#streams.get(name)?.head;
  }

  configure(name: string, request: ConfigureRequest): Promise<ConfigureOutcome> {
    const { config, expected, nowMs } = request;
    const stream = this.#streams.get(name);
    if ((stream?.revision ?? 0) !== expected) return declined({ code: 'conflict' });
    const conflict = conflictWith(config, [...this.#configsBeside(name)]);
    if (conflict !== undefined) return declined(conflict);
    const outcome = this.#commit();
    if (outcome.kind !== 'stored') return Promise.resolve(outcome);
    stream?.configure(config);
    const configured =
      stream ?? new ManagedStream(name, this.#memory.nextIncarnation(), config, nowMs);
    this.#streams.set(name, configured);
    this.#announce(name);
    return Promise.resolve({ kind: 'configured', head: configured.head });
  }

  *#configsBeside(name: string): Generator<ManagedConfig> {
    const prefix = name.slice(0, name.indexOf('\0') + 1);
    for (const stream of this.#streams.values()) {
      if (stream.name.startsWith(prefix)) yield stream.config;
    }
  }

  publish(
    name: string,
    request: PublishRequest,
    alongside: readonly Op[] = [],
  ): Promise<PublishOutcome> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return declined({ code: 'stream-not-found' });
    const decision = decidePublish(stream, request);
    if (decision.kind !== 'publish') return Promise.resolve(decision);
    const { atMs, times, seqs, dropped } = decision;
    const messages = request.messages.map(({ subject, body }, index): StoredMessage => {
      return {
        seq: seqs[index] ?? 0,
        subject,
        createdAtMs: times[index] ?? atMs,
        body: Buffer.from(body),
      };
    });
    const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
    const outcome = this.#memory.commitWith(alongside, bytes, () => {
      for (const message of messages) stream.add(message);
      if (request.messageId !== undefined) stream.remember(request.messageId, stream.lastSeq, atMs);
      this.#remove(stream, dropped);
    });
    if (outcome.kind !== 'stored') return Promise.resolve(outcome);
    const [firstSeq = stream.lastSeq] = seqs;
    this.#announce(name);
    return Promise.resolve({ kind: 'published', firstSeq, lastSeq: stream.lastSeq });
  }

  removeMessages(
    name: string,
    seqs: readonly number[],
    cause: RemoveCause,
  ): Promise<RemoveOutcome> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return declined({ code: 'stream-not-found' });
    const decision = decideRemove(stream, seqs, cause);
    if (decision.kind === 'declined') return Promise.resolve(decision);
    return this.#removed(stream, decision.removed);
  }

  clear(name: string): Promise<RemoveOutcome> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return declined({ code: 'stream-not-found' });
    const refusal = removeRefusal(stream, 'purge');
    return refusal === undefined ? this.#removed(stream, all(stream)) : declined(refusal);
  }

  enforce(name: string, nowMs: number, messagesMax: number): Promise<RemoveOutcome> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return declined({ code: 'stream-not-found' });
    return this.#removed(stream, beyondLimits(stream, nowMs, messagesMax));
  }

  dropManaged(name: string): Promise<RemoveOutcome> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return declined({ code: 'stream-not-found' });
    const outcome = this.#commit();
    if (outcome.kind !== 'stored') return Promise.resolve(outcome);
    const removed = all(stream);
    this.#remove(stream, removed);
    this.#streams.delete(name);
    this.#announce(name);
    return Promise.resolve({ kind: 'removed', count: removed.length });
  }

  message(name: string, seq: number): FindOutcome {
    const stream = this.#streams.get(name);
    if (stream === undefined) return { kind: 'absent' };
    const message = stream.message(seq);
    return { kind: 'found', messages: message === undefined ? [] : [message], throughSeq: seq };
  }

  find(name: string, { fromSeq, filter, messagesMax, bytesMax }: FindRequest): FindOutcome {
    const stream = this.#streams.get(name);
    if (stream === undefined) return { kind: 'absent' };
    const matches = filter === undefined ? () => true : subjectMatcher(filter);
    const subject = onlySubject(filter);
    const messages: StoredMessage[] = [];
    let bytes = 0;
    for (let at = fromSeq; ;) {
      const message = stream.next(at, subject);
      if (message === undefined) return { kind: 'found', messages, throughSeq: stream.lastSeq };
      const isFull =
        messages.length >= messagesMax ||
        (messages.length > 0 && bytes + message.body.length > bytesMax);
      if (isFull) return { kind: 'found', messages, throughSeq: message.seq - 1 };
      if (matches(message.subject)) {
        messages.push(message);
        bytes += message.body.length;
      }
      at = message.seq + 1;
    }
  }

  subjectCounts(name: string, filter: SubjectPattern, limit: number): SubjectCount[] {
    const matches = subjectMatcher(filter);
    const counts: SubjectCount[] = [];
    for (const [subject, messages] of this.#streams.get(name)?.subjectCounts() ?? []) {
      if (counts.length >= limit) break;
      if (matches(subject)) counts.push({ subject, messages });
    }
    return counts;
  }

  watchManaged(name: string, onChange: () => void): () => void {
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers);
    watchers.add(onChange);
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name);
    };
  }

  #removed(stream: ManagedStream, removed: readonly Held[]): Promise<RemoveOutcome> {
    const outcome = this.#commit();
    if (outcome.kind !== 'stored') return Promise.resolve(outcome);
    this.#remove(stream, removed);
    if (removed.length > 0) this.#announce(stream.name);
    return Promise.resolve({ kind: 'removed', count: removed.length });
  }

  #remove(stream: ManagedStream, removed: readonly Held[]): void {
    for (const held of removed) {
      this.#memory.release(stream.message(held.seq)?.body.length ?? 0);
      stream.delete(held);
    }
  }

  /** A commit of nothing but what the caller is about to change. */
  #commit(): CommitOutcome {
    return this.#memory.commitWith([], 0, () => undefined);
  }

  #announce(name: string): void {
    for (const onChange of [...(this.#watchers.get(name) ?? [])]) onChange();
  }
}

function all(stream: ManagedStream): Held[] {
  const held: Held[] = [];
  for (let each = stream.oldest(0); each !== undefined; each = stream.oldest(each.seq + 1)) {
    held.push(each);
  }
  return held;
}

function declined(reason: Declined): Promise<{ kind: 'declined'; declined: Declined }> {
  return Promise.resolve({ kind: 'declined', declined: reason });
}
