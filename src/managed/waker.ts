/** Lets a loop rest until something has happened, or for a time at most. */
export class Waker {
  #isWoken = false;
  #wake: () => void = () => undefined;

  /** Ends the rest that is on, or the next one before it begins. */
  wake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** What has happened up to now is known. */
  forget(): void {
    this.#isWoken = false;
  }

  /** Resolves once woken, counted from `forget` on, or when the time is up. Undefined: no such time. */
  async rest(timeoutMs?: number): Promise<void> {
    if (this.#isWoken) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (timeoutMs === undefined) return;
      timer = setTimeout(resolve, timeoutMs);
      timer.unref();
    });
    clearTimeout(timer);
    this.#wake = () => undefined;
  }
}
