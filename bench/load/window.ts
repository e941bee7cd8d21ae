import { say } from './program.ts';

/** A warm-up, then the time that counts. The parent reads CPU times at both edges. */
export class MeasuredWindow {
  #state: 'warming' | 'measuring' | 'over' = 'warming';
  #seconds = NaN;

  get measuring(): boolean {
    return this.#state === 'measuring';
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  get seconds(): number {
    return this.#seconds;
  }

  start(warmupMs: number, measuredMs: number): void {
    setTimeout(() => {
      const startedAt = performance.now();
      this.#state = 'measuring';
      say('begin');
      setTimeout(() => {
        this.#state = 'over';
        this.#seconds = (performance.now() - startedAt) / 1000;
        say('end');
      }, measuredMs);
    }, warmupMs);
  }
}
