import type { MaybePromise } from '../../src/lib/maybe-promise.ts';
import type { Position } from '../../src/protocol/offset.ts';
import type {
  Capabilities,
  CommitOutcome,
  Listed,
  ListRequest,
  LogStore,
  Op,
  ReadOutcome,
  StoredHead,
} from '../../src/storage/port.ts';

/** What happens between operations: the answer is the store to go on with. */
export type Step<Store extends LogStore> = (store: Store) => Promise<Store>;

interface Registration {
  readonly name: string;
  readonly onChange: () => void;
  cancel: () => void;
}

/**
 * A log store that takes a step whenever its commits have come to rest, and answers everything else
 * before or after it, never during. Watchers follow it from one store to the next.
 */
export class SteppedStore<Store extends LogStore> implements LogStore {
  #store: Store;
  readonly #step: Step<Store>;
  #commits = 0;
  #stepping: Promise<void> | undefined;
  readonly #watchers = new Set<Registration>();

  constructor(store: Store, step: Step<Store>) {
    this.#store = store;
    this.#step = step;
  }

  /** The store that it has come to. */
  get current(): Store {
    return this.#store;
  }

  get capabilities(): Capabilities {
    return this.#store.capabilities;
  }

  latest(name: string): MaybePromise<StoredHead | undefined> {
    return this.#atRest((store) => store.latest(name));
  }

  durable(name: string): MaybePromise<StoredHead | undefined> {
    return this.#atRest((store) => store.durable(name));
  }

  settle(names: readonly string[]): MaybePromise<boolean> {
    return this.#atRest((store) => store.settle(names));
  }

  async commit(ops: readonly Op[]): Promise<CommitOutcome> {
    while (this.#stepping !== undefined) await this.#stepping;
    this.#commits += 1;
    const outcome = await this.#store.commit(ops);
    this.#commits -= 1;
    if (this.#commits === 0 && outcome.kind === 'stored') await this.#takeStep();
    return outcome;
  }

  read(
    name: string,
    from: Position,
    bytesMax: number,
    incarnation?: string,
  ): MaybePromise<ReadOutcome> {
    return this.#atRest((store) => store.read(name, from, bytesMax, incarnation));
  }

  watch(name: string, onChange: () => void): () => void {
    const registration = { name, onChange, cancel: this.#store.watch(name, onChange) };
    this.#watchers.add(registration);
    return () => {
      this.#watchers.delete(registration);
      registration.cancel();
    };
  }

  list(request: ListRequest): MaybePromise<Listed[]> {
    return this.#atRest((store) => store.list(request));
  }

  anyLatest(prefix: string, isThere: (head: StoredHead) => boolean): MaybePromise<boolean> {
    return this.#atRest((store) => store.anyLatest(prefix, isThere));
  }

  due(nowMs: number, limit: number): MaybePromise<string[]> {
    return this.#atRest((store) => store.due(nowMs, limit));
  }

  close(): Promise<void> {
    return this.#stepping === undefined
      ? this.#store.close()
      : this.#stepping.then(() => this.close());
  }

  #atRest<T>(ask: (store: Store) => MaybePromise<T>): MaybePromise<T> {
    return this.#stepping === undefined
      ? ask(this.#store)
      : this.#stepping.then(() => this.#atRest(ask));
  }

  #takeStep(): Promise<void> {
    this.#stepping = this.#step(this.#store)
      .then((next) => {
        if (next === this.#store) return;
        this.#store = next;
        for (const each of this.#watchers) each.cancel = next.watch(each.name, each.onChange);
      })
      .finally(() => {
        this.#stepping = undefined;
      });
    return this.#stepping;
  }
}
