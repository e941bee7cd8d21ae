import type { EngineUnderTest } from './engine-under-test.ts';
import { expect } from './violation.ts';

interface Watcher {
  readonly name: string;
  readonly cancel: () => void;
  calls: number;
  isCancelled: boolean;
}

/** Counts each watcher's calls at the time a commit was made, to see that it was called after. */
export type Expectation = readonly { readonly watcher: Watcher; readonly calls: number }[];

/** Readers that wait for changes. They end with the engine. */
export class Watchers {
  #watchers: Watcher[] = [];

  add(engine: EngineUnderTest, name: string, onChange: () => void): void {
    this.#add(name, onChange, (onCommit) => engine.watch(name, onCommit));
  }

  addManaged(engine: EngineUnderTest, name: string, onChange: () => void): void {
    this.#add(name, onChange, (onCommit) => engine.messages.watchManaged(name, onCommit));
  }

  #add(name: string, onChange: () => void, watch: (onCommit: () => void) => () => void): void {
    const watcher: Watcher = {
      name,
      calls: 0,
      isCancelled: false,
      cancel: watch(() => {
        expect(!watcher.isCancelled, () => `a cancelled watcher of ${name} was called`);
        watcher.calls += 1;
        onChange();
      }),
    };
    this.#watchers.push(watcher);
  }

  cancelOne(index: number): void {
    const [watcher] = this.#watchers.splice(index, 1);
    if (watcher === undefined) return;
    watcher.cancel();
    watcher.isCancelled = true;
  }

  get count(): number {
    return this.#watchers.length;
  }

  expectCalls(names: Iterable<string>): Expectation {
    const touched = new Set(names);
    return this.#watchers
      .filter(({ name }) => touched.has(name))
      .map((watcher) => ({ watcher, calls: watcher.calls }));
  }

  forgetAll(): void {
    this.#watchers = [];
  }
}

export function checkCalled(expectation: Expectation): void {
  for (const { watcher, calls } of expectation) {
    if (watcher.isCancelled) continue;
    expect(watcher.calls > calls, () => `a watcher of ${watcher.name} was not told of a commit`);
  }
}
