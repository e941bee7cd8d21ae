import { expect } from 'vitest';
import type { Asked } from '../../support/http/asked.ts';

export interface Numbers {
  readonly to: string;
  readonly subjectOf: (number: number) => string;
  /** How many are published at once. */
  readonly atOnce: number;
}

/** Publishes the numbers from 0 on to a managed stream, whose server may be killed at any time. */
export class NumberWriter {
  /** How many the server has answered for. */
  published = 0;
  readonly #server: Asked;
  readonly #numbers: Numbers;

  constructor(server: Asked, numbers: Numbers) {
    this.#server = server;
    this.#numbers = numbers;
  }

  /** Publishes the next ones. Whether it was answered; asked again, nothing is stored twice. */
  async publish(): Promise<boolean> {
    const { to, subjectOf, atOnce } = this.#numbers;
    const from = this.published;
    const messages = Array.from({ length: atOnce }, (_, index) => {
      return { subject: subjectOf(from + index), body: from + index };
    });
    const path = `/storage/streams/${to}/messages`;
    const status = await this.#server
      .ask('POST', path, { messages }, { 'Msg-Id': `${to}-${from}` })
      .then(
        (answer) => answer.status,
        () => undefined,
      );
    if (status !== undefined) expect(status).toBe(200);
    if (status === 200) this.published += atOnce;
    return status === 200;
  }

  async publishUntilKilled(): Promise<void> {
    while (await this.publish());
  }
}
