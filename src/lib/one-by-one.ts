/** Pieces of work that run one after the other, each whatever became of those before it. */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves, or rejects, as the work does. */
  run<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Resolves when all has ended that was given so far. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
