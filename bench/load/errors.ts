import type { Answer } from './answer-parser.ts';

/** What went wrong during a load: how often, and the first case in full. */
export class Errors {
  #count = 0;
  #first = '';

  get count(): number {
    return this.#count;
  }

  get first(): string {
    return this.#first;
  }

  add(text: string): void {
    if (this.#count === 0) this.#first = text;
    this.#count += 1;
  }

  answer(answer: Answer): void {
    this.add(`unexpected answer ${answer.status} ${answer.excerpt}`.trim());
  }

  lost(reason: Error): void {
    this.add(`connection lost: ${reason.message}`);
  }
}
