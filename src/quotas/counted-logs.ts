import { isPromise, type MaybePromise } from '../lib/maybe-promise.ts';
import {
  DataCorrupt,
  type Capabilities,
  type CommitOutcome,
  type Listed,
  type ListRequest,
  type LogStore,
  type Op,
  type ReadOutcome,
  type StoredHead,
} from '../storage/port.ts';
import type { Position } from '../protocol/offset.ts';
import { accountOfStream } from '../streams/names.ts';
import { NOTHING, type Held, type HeldByAccount } from './held.ts';

type Heads = readonly (StoredHead | undefined)[];

/**
 * A log store that counts what accounts have in durable streams, by what its commits do. What a
 * commit adds counts as soon as it is asked for, and what it removes once that is stored: between a
 * decision and its commit nobody else can use the same room.
 */
export class CountedLogs implements LogStore {
  readonly #store: LogStore;
  readonly #held: HeldByAccount;

  constructor(store: LogStore, held: HeldByAccount) {
    this.#store = store;
    this.#held = held;
  }

  commit(ops: readonly Op[]): Promise<CommitOutcome> {
    // Nearly every commit only adds, and then what was there before does not matter.
    const before = ops.some(isReplacing) ? this.#headsOf(ops) : [];
    return isPromise(before)
      ? before.then((heads) => this.#commit(ops, heads))
      : this.#commit(ops, before);
  }

  async #commit(ops: readonly Op[], before: Heads): Promise<CommitOutcome> {
    for (const op of ops) this.#count(op, arriving(op), 1);
    const outcome = await this.#store.commit(ops);
    for (const [index, op] of ops.entries()) {
      if (outcome.kind === 'stored') {
        this.#count(op, leaving(op, before[index], outcome.heads[index]), -1);
      } else {
        this.#count(op, arriving(op), -1);
      }
    }
    return outcome;
  }

  #count({ name }: Op, { streams, bytes }: Held, sign: 1 | -1): void {
    if (streams === 0 && bytes === 0) return;
    const account = accountOfStream(name);
    if (account !== undefined) this.#held.add(account, sign * streams, sign * bytes);
  }

  /** What stands under the names; a commit that is stored was decided on just this. */
  #headsOf(ops: readonly Op[]): MaybePromise<Heads> {
    const heads = ops.map((op) => (isReplacing(op) ? this.#headOf(op.name) : undefined));
    const atHand = heads.filter(isAtHand);
    if (atHand.length === heads.length) return atHand;
    return Promise.all(heads.map((head) => Promise.resolve(head)));
  }

  #headOf(name: string): MaybePromise<StoredHead | undefined> {
    try {
      const head = this.#store.latest(name);
      return isPromise(head) ? head.catch(noneIfCorrupt) : head;
    } catch (error) {
      return noneIfCorrupt(error);
    }
  }

  get capabilities(): Capabilities {
    return this.#store.capabilities;
  }

  latest(name: string): MaybePromise<StoredHead | undefined> {
    return this.#store.latest(name);
  }

  durable(name: string): MaybePromise<StoredHead | undefined> {
    return this.#store.durable(name);
  }

  settle(names: readonly string[]): MaybePromise<boolean> {
    return this.#store.settle(names);
  }

  read(
    name: string,
    from: Position,
    bytesMax: number,
    incarnation?: string,
  ): MaybePromise<ReadOutcome> {
    return this.#store.read(name, from, bytesMax, incarnation);
  }

  watch(name: string, onChange: () => void): () => void {
    return this.#store.watch(name, onChange);
  }

  list(request: ListRequest): MaybePromise<Listed[]> {
    return this.#store.list(request);
  }

  anyLatest(prefix: string, isThere: (head: StoredHead) => boolean): MaybePromise<boolean> {
    return this.#store.anyLatest(prefix, isThere);
  }

  due(nowMs: number, limit: number): MaybePromise<string[]> {
    return this.#store.due(nowMs, limit);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** What a stream has of its own: a fork does not have what lies before its fork point. */
export function heldBy(head: StoredHead | undefined): Held {
  return head === undefined ? NOTHING : { streams: 1, bytes: head.tail - head.start };
}

function isReplacing({ kind }: Op): boolean {
  return kind === 'create' || kind === 'delete' || kind === 'trim';
}

function arriving(op: Op): Held {
  switch (op.kind) {
    case 'create':
      return { streams: 1, bytes: op.records.bytes.length };
    case 'append':
      return { streams: 0, bytes: op.records.bytes.length };
    case 'delete':
    case 'trim':
    case 'guard':
      return NOTHING;
  }
}

function leaving(op: Op, before: StoredHead | undefined, after: StoredHead | undefined): Held {
  switch (op.kind) {
    case 'create':
    case 'delete':
      return heldBy(before);
    case 'trim':
      return { streams: 0, bytes: heldBy(before).bytes - heldBy(after).bytes };
    case 'append':
    case 'guard':
      return NOTHING;
  }
}

function isAtHand(
  head: MaybePromise<StoredHead | undefined>,
): head is Exclude<typeof head, Promise<unknown>> {
  return !isPromise(head);
}

/** The commit itself is refused for it. */
function noneIfCorrupt(error: unknown): StoredHead | undefined {
  if (error instanceof DataCorrupt) return undefined;
  throw error;
}
