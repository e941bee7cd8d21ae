import { MalformedBytes } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import type { Declined } from '../../../messages/declined.ts';
import { conflictWith } from '../../../messages/beside.ts';
import { decidePublish, type PublishRequest } from '../../../messages/publish.ts';
import {
  beyondLimits,
  decideRemove,
  removeRefusal,
  type RemoveCause,
} from '../../../messages/remove.ts';
import type { SubjectPattern } from '../../../subjects/subject.ts';
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
} from '../../message-port.ts';
import { DataCorrupt, type CommitOutcome, type Op } from '../../port.ts';
import { findMessages, oneMessage } from './finding.ts';
import type { ManagedEntry, ManagedState } from './managed-entry.ts';
import type { LoggedMessageOp } from './message-ops.ts';
import { ascending } from './message-ops.ts';
import { boundOfMessageOp, writeMessageOp, type OpToWrite } from './message-writing.ts';
import type { MessageTable } from './message-table.ts';
import { countSubjects } from './subject-walk.ts';

/** What goes along in a commit besides ops on logs. */
export interface CommitPart {
  /** At least as many bytes as `write` will take. */
  readonly boundBytes: number;
  /**
   * Called once, when it is certain that the commit is to be written. Where it throws for damage that
   * it meets, it has changed nothing, and the commit is refused as `corrupt`.
   */
  write(out: ByteWriter, lsn: number): void;
  stored(): void;
  takenBack(): void;
}

/** The engine, as far as its managed streams need it. */
export interface CommitDoor {
  refusal(): Extract<CommitOutcome, { kind: 'refused' }> | undefined;
  /** `asAnswer`: called as soon as it is known what becomes of the commit. */
  commitWith<Answer>(
    ops: readonly Op[],
    part: CommitPart,
    asAnswer: (outcome: CommitOutcome) => Answer,
  ): Promise<Answer>;
}

type Decided<Done> =
  | { readonly kind: 'op'; readonly op: OpToWrite; readonly done: (entry: ManagedEntry) => Done }
  /** `restsOn`: what else it was decided on. */
  | { readonly kind: 'answer'; readonly outcome: Done; readonly restsOn?: readonly ManagedEntry[] };

type Refused = Extract<CommitOutcome, { kind: 'refused' } | { kind: 'conflict' }>;

/** The message store on the engine's write-ahead log and index. */
export class EmbeddedMessages implements MessageStore {
  readonly #table: MessageTable;
  readonly #memoryBytesMax: number;
  readonly #door: CommitDoor;

  constructor(table: MessageTable, memoryBytesMax: number, door: CommitDoor) {
    this.#table = table;
    this.#memoryBytesMax = memoryBytesMax;
    this.#door = door;
  }

  get unflushedBytes(): number {
    return this.#table.unflushedBytes;
  }

  get isClean(): boolean {
    return this.#table.dirty.size === 0;
  }

  managedStreams(prefix: string): ManagedHead[] {
    return this.#headsOf(this.#table.entriesWith(prefix));
  }

  readableStreams(prefix: string): ManagedHead[] {
    return this.#headsOf(this.#table.readableEntriesWith(prefix));
  }

  #headsOf(entries: Iterable<ManagedEntry>): ManagedHead[] {
    const heads: ManagedHead[] = [];
    for (const { name, durable } of entries) {
      if (durable !== undefined) heads.push(this.#headOf(name, durable));
    }
    return heads.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  managed(name: string): ManagedHead | undefined {
    const state = this.#table.find(name)?.durable;
    return state && this.#headOf(name, state);
  }

  #headOf(name: string, state: ManagedState): ManagedHead {
    const { revision, config, createdAtMs, messages, bytes, firstSeq, lastSeq } = state;
    const { lastAtMs, subjects } = state;
    return {
      name,
      incarnation: this.#table.incarnationOf(state),
      revision,
      config,
      createdAtMs,
      messages,
      bytes,
      firstSeq,
      lastSeq,
      lastAtMs,
      subjects,
    };
  }

  configure(name: string, request: ConfigureRequest): Promise<ConfigureOutcome> {
    const { config, expected, nowMs: atMs } = request;
    return this.#change<ConfigureOutcome>(name, (entry) => {
      const before = entry?.latest;
      if ((before?.revision ?? 0) !== expected) return declined({ code: 'conflict' });
      const beside = this.#beside(name);
      const configs = beside.flatMap(({ latest }) => (latest === undefined ? [] : [latest.config]));
      const conflict = conflictWith(config, configs);
      if (conflict !== undefined) return { ...declined(conflict), restsOn: beside };
      const birthId = before?.ids.birthId ?? this.#table.mintId();
      const storageId = before?.content.storageId ?? this.#table.mintId();
      const op = { kind: 'configure', name, birthId, storageId, atMs, config } as const;
      return asOp(op, ({ durable }) => {
        if (durable === undefined) return { kind: 'conflict' };
        return { kind: 'configured', head: this.#headOf(name, durable) };
      });
    });
  }

  /** The streams of the same account, with all that may yet be taken back. */
  #beside(name: string): ManagedEntry[] {
    return [...this.#table.entriesWith(name.slice(0, name.indexOf('\0') + 1))];
  }

  publish(
    name: string,
    request: PublishRequest,
    alongside: readonly Op[] = [],
  ): Promise<PublishOutcome> {
    return this.#change<PublishOutcome>(
      name,
      (entry) => {
        if (entry?.latest === undefined) return declined({ code: 'stream-not-found' });
        const decision = decidePublish(entry, request);
        if (decision.kind !== 'publish') return { kind: 'answer', outcome: decision };
        const isInMemory = entry.config.storage === 'memory';
        if (isInMemory && this.#table.memoryBytes > this.#memoryBytesMax) {
          return { kind: 'answer', outcome: { kind: 'refused', reason: 'full' } };
        }
        const { atMs, times, seqs } = decision;
        const { messages, messageId } = request;
        const dropped = ascending(decision.dropped.map(({ seq }) => seq));
        const op = {
          kind: 'publish',
          name,
          atMs,
          times,
          messageId,
          seqs,
          messages,
          dropped,
          isInMemory,
        } as const;
        const [firstSeq = 0] = seqs;
        const lastSeq = seqs.at(-1) ?? 0;
        return asOp(op, () => ({ kind: 'published', firstSeq, lastSeq }));
      },
      alongside,
    );
  }

  removeMessages(
    name: string,
    seqs: readonly number[],
    cause: RemoveCause,
  ): Promise<RemoveOutcome> {
    return this.#remove(name, (entry) => decideRemove(entry, seqs, cause));
  }

  enforce(name: string, nowMs: number, messagesMax: number): Promise<RemoveOutcome> {
    return this.#remove(name, (entry) => {
      return { kind: 'remove', removed: beyondLimits(entry, nowMs, messagesMax) };
    });
  }

  #remove(
    name: string,
    decide: (entry: ManagedEntry) => ReturnType<typeof decideRemove>,
  ): Promise<RemoveOutcome> {
    return this.#change<RemoveOutcome>(name, (entry) => {
      if (entry?.latest === undefined) return declined({ code: 'stream-not-found' });
      const decision = decide(entry);
      if (decision.kind === 'declined') return { kind: 'answer', outcome: decision };
      const seqs = ascending(decision.removed.map(({ seq }) => seq));
      const outcome = { kind: 'removed', count: seqs.length } as const;
      if (seqs.length === 0) return { kind: 'answer', outcome };
      return asOp({ kind: 'remove', name, seqs }, () => outcome);
    });
  }

  clear(name: string): Promise<RemoveOutcome> {
    return this.#change<RemoveOutcome>(name, (entry) => {
      if (entry?.latest === undefined) return declined({ code: 'stream-not-found' });
      const refusal = removeRefusal(entry, 'purge');
      if (refusal !== undefined) return declined(refusal);
      const outcome = { kind: 'removed', count: entry.messages } as const;
      if (outcome.count === 0) return { kind: 'answer', outcome };
      return asOp({ kind: 'clear', name, storageId: this.#table.mintId() }, () => outcome);
    });
  }

  dropManaged(name: string): Promise<RemoveOutcome> {
    return this.#change<RemoveOutcome>(name, (entry) => {
      if (entry?.latest === undefined) return declined({ code: 'stream-not-found' });
      const outcome = { kind: 'removed', count: entry.messages } as const;
      return asOp({ kind: 'drop', name }, () => outcome);
    });
  }

  message(name: string, seq: number): FindOutcome {
    return this.#read(name, (entry) => oneMessage(entry, seq));
  }

  find(name: string, request: FindRequest): FindOutcome {
    return this.#read(name, (entry) => findMessages(entry, request));
  }

  #read(name: string, read: (entry: ManagedEntry) => FindOutcome): FindOutcome {
    try {
      const entry = this.#table.find(name);
      return entry === undefined ? { kind: 'absent' } : read(entry);
    } catch (error) {
      if (isDamage(error)) return { kind: 'corrupt' };
      throw error;
    }
  }

  subjectCounts(name: string, filter: SubjectPattern, limit: number): SubjectCount[] {
    const entry = this.#table.find(name);
    const state = entry?.durable;
    if (entry === undefined || state === undefined) return [];
    return countSubjects(entry, state, filter, limit);
  }

  watchManaged(name: string, onChange: () => void): () => void {
    const entry = this.#table.obtain(name);
    const watchers = (entry.watchers ??= new Set());
    watchers.add(onChange);
    return () => {
      watchers.delete(onChange);
      if (watchers.size > 0 || entry.watchers !== watchers) return;
      entry.watchers = undefined;
      this.#table.forget(entry);
    };
  }

  /** Decides on the newest state and commits; an answer that changes nothing waits for what it rests on. */
  #change<Outcome>(
    name: string,
    decide: (entry: ManagedEntry | undefined) => Decided<Outcome>,
    alongside: readonly Op[] = [],
  ): Promise<Outcome | Refused> {
    const refusal = this.#door.refusal();
    if (refusal !== undefined) return Promise.resolve(refusal);
    try {
      const entry = this.#table.find(name);
      const decided = decide(entry);
      if (decided.kind === 'op') return this.#commit(decided, alongside);
      const { outcome, restsOn = [] } = decided;
      return settled(entry, ...restsOn).then((isSettled) =>
        isSettled ? outcome : this.#change(name, decide, alongside),
      );
    } catch (error) {
      if (isDamage(error)) return Promise.resolve({ kind: 'refused', reason: 'corrupt' });
      throw error;
    }
  }

  #commit<Outcome>(
    { op, done }: Extract<Decided<Outcome>, { kind: 'op' }>,
    alongside: readonly Op[],
  ): Promise<Outcome | Refused> {
    const table = this.#table;
    const entry = table.obtain(op.name);
    const part: CommitPart = {
      boundBytes: boundOfMessageOp(op),
      write: (out, lsn) => {
        const logged: LoggedMessageOp = writeMessageOp(op, out);
        table.apply(logged, lsn);
      },
      stored: () => {
        table.makeDurable(entry);
        entry.announce();
      },
      takenBack: () => {
        entry.takeBack();
        table.forget(entry);
      },
    };
    return this.#door.commitWith<Outcome | Refused>(alongside, part, (outcome) =>
      outcome.kind === 'stored' ? done(entry) : outcome,
    );
  }
}

/** Whether what an answer was decided on is durable by now; false when it was taken back. */
async function settled(...entries: readonly (ManagedEntry | undefined)[]): Promise<boolean> {
  const pending = entries.flatMap((entry) => {
    return entry === undefined || entry.isSettled ? [] : [entry.settle()];
  });
  return (await Promise.all(pending)).every(Boolean);
}

interface Declines {
  readonly kind: 'declined';
  readonly declined: Declined;
}

function declined<Outcome>(reason: Declined): Decided<Outcome | Declines> {
  return { kind: 'answer', outcome: { kind: 'declined', declined: reason } };
}

function asOp<Outcome>(op: OpToWrite, done: (entry: ManagedEntry) => Outcome): Decided<Outcome> {
  return { kind: 'op', op, done };
}

/** Whether what the index or the log holds cannot be read. */
export function isDamage(error: unknown): boolean {
  return error instanceof DataCorrupt || error instanceof MalformedBytes;
}
