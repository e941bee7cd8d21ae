import { OneByOne } from '../lib/one-by-one.ts';
import { createDocument, textOf } from '../storage/documents.ts';
import type { LogStore, Op } from '../storage/port.ts';
import type { Verdict } from './verdict.ts';

/**
 * Whether a trigger has nothing more to carry, ever: it had one record to carry, whichever source it
 * was of, or its source has ended.
 */
export class Completion {
  readonly #logs: LogStore;
  readonly #name: string;
  readonly #mayEnd: boolean;
  #isDone = false;
  readonly #attempts = new OneByOne();

  /** `name`: of the document that says so. A stream that is carried as it comes never ends. */
  constructor(logs: LogStore, name: string, mayEnd: boolean) {
    this.#logs = logs;
    this.#name = name;
    this.#mayEnd = mayEnd;
  }

  /** Asks the store only where it might be so. */
  async isDone(): Promise<boolean> {
    if (!this.#mayEnd || this.#isDone) return this.#isDone;
    this.#isDone = textOf(await this.#logs.latest(this.#name)) !== undefined;
    return this.#isDone;
  }

  /** Goes into the commit that completes it, and lets no second one in. */
  op(): Op {
    return createDocument(this.#name, 'completed');
  }

  /** Lets one after the other try to complete it: who is too late need not begin. */
  alone(act: () => Promise<Verdict>): Promise<Verdict> {
    return this.#attempts.run(async () => ((await this.isDone()) ? MOVED : await act()));
  }
}

const MOVED: Verdict = { kind: 'moved' };
