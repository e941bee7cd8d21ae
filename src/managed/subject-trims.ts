import { deleteDocument, writeDocument } from '../storage/documents.ts';
import type { ConfigureOutcome, MessageStore, RemoveOutcome } from '../storage/message-port.ts';
import {
  DataCorrupt,
  type CommitOutcome,
  type LogStore,
  type Op,
  type StoredHead,
} from '../storage/port.ts';
import { enforcePerSubject } from './enforcing.ts';
import { ANY_SUBJECT_TRIM, subjectTrimName, trimmedStream } from './names.ts';

/** A trim that is on record. */
interface Recorded {
  /** How many are at it. */
  going: number;
  /** One of them has given up. */
  isLeft: boolean;
}

type Removed = Extract<RemoveOutcome, { kind: 'removed' }>;

const RECORDS_PER_LIST = 256;
/** More rounds than honest contention needs. */
const ROUNDS_MAX = 100;

/**
 * Trims of all subjects of a stream. A trim is put on record before the limit that asks for it, so
 * that one which a stop has interrupted is known at the next start: to look for subjects with too
 * many messages would take a walk through all of them, in every stream.
 */
export class SubjectTrims {
  readonly #store: MessageStore;
  readonly #logs: LogStore;
  readonly #recorded = new Map<string, Recorded>();

  constructor(store: MessageStore, logs: LogStore) {
    this.#store = store;
    this.#logs = logs;
  }

  /** Learns of the trims that were interrupted. Nobody may ask for any yet. */
  async load(): Promise<void> {
    try {
      for (let after: string | undefined; ;) {
        const request = { prefix: ANY_SUBJECT_TRIM, after, limit: RECORDS_PER_LIST };
        const listed = await this.#logs.list(request);
        for (const { name } of listed) this.#recorded.set(trimmedStream(name), leftBehind());
        if (listed.length < RECORDS_PER_LIST) return;
        after = listed.at(-1)?.name;
      }
    } catch (error) {
      // Each subject that is not trimmed is so with its next message; that is no reason not to start.
      if (!(error instanceof DataCorrupt)) throw error;
    }
  }

  /** Configures a stream so that its subjects may keep fewer messages, and drops the others. */
  async lowering(
    stream: string,
    configure: () => Promise<ConfigureOutcome>,
  ): Promise<ConfigureOutcome | Exclude<RemoveOutcome, Removed>> {
    const recorded = this.#recorded.get(stream) ?? { going: 0, isLeft: false };
    this.#recorded.set(stream, recorded);
    recorded.going += 1;
    // As long as nothing is configured there is nothing to trim.
    let isDone = true;
    try {
      const begun = await this.#record(subjectTrimName(stream));
      if (begun.kind !== 'stored') return begun;
      const configured = await configure();
      if (configured.kind !== 'configured') return configured;
      isDone = false;
      const trimmed = await enforcePerSubject(this.#store, stream);
      isDone = isFinal(trimmed);
      return trimmed.kind === 'removed' ? configured : trimmed;
    } finally {
      await this.#end(stream, recorded, isDone);
    }
  }

  async #record(name: string): Promise<CommitOutcome> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const outcome = await this.#change(name, (head) => writeDocument(name, head, ''));
      if (outcome.kind !== 'conflict') return outcome;
    }
    return { kind: 'refused', reason: 'overloaded' };
  }

  async #change(name: string, op: (head: StoredHead | undefined) => Op): Promise<CommitOutcome> {
    try {
      return await this.#logs.commit([op(await this.#logs.latest(name))]);
    } catch (error) {
      if (!(error instanceof DataCorrupt)) throw error;
      return { kind: 'refused', reason: 'corrupt' };
    }
  }

  /** The last one takes it off the record, unless one has left something to do. */
  async #end(stream: string, recorded: Recorded, isDone: boolean): Promise<void> {
    recorded.going -= 1;
    if (!isDone) recorded.isLeft = true;
    if (recorded.going > 0 || recorded.isLeft) return;
    this.#recorded.delete(stream);
    const name = subjectTrimName(stream);
    // Where that fails it is done once more after the next start, for nothing.
    await this.#change(name, (head) => deleteDocument(name, head));
  }

  /** Does what was left, by a stop or for want of room, as far as that is possible by now. */
  async finish(): Promise<void> {
    for (const [stream, recorded] of [...this.#recorded]) {
      if (recorded.going > 0 || !recorded.isLeft) continue;
      recorded.going += 1;
      recorded.isLeft = false;
      try {
        const trimmed = await enforcePerSubject(this.#store, stream);
        await this.#end(stream, recorded, isFinal(trimmed));
      } catch {
        // A damaged stream says so to those who ask for it; it keeps no other from being trimmed.
        this.#recorded.delete(stream);
      }
    }
  }
}

function leftBehind(): Recorded {
  return { going: 0, isLeft: true };
}

/** Whether there is no more to do: what is sealed or gone by now is not to be trimmed. */
function isFinal({ kind }: RemoveOutcome): boolean {
  return kind === 'removed' || kind === 'declined';
}
