import type { Answer } from './answer-parser.ts';
import type { Connection } from './connection.ts';
import type { Errors } from './errors.ts';

export interface Loop {
  readonly errors: Errors;
  /** What this connection asks next; undefined when it is through. */
  readonly next: (connection: number) => Buffer | string | undefined;
  /** True when the answer is the wanted one; anything else is counted as an error. */
  readonly accept: (answer: Answer, latencyMs: number, connection: number) => boolean;
}

/** Each connection sends its next request when the last one is answered, until it is through. */
export async function closedLoop(connections: readonly Connection[], loop: Loop): Promise<void> {
  await Promise.all(connections.map((connection, index) => drive(connection, index, loop)));
  for (const connection of connections) connection.close();
}

function drive(connection: Connection, index: number, loop: Loop): Promise<void> {
  return new Promise((ended) => {
    let sentAt = 0;
    const turn = () => {
      const request = loop.next(index);
      if (request === undefined) {
        ended();
        return;
      }
      sentAt = performance.now();
      connection.send(request, (outcome) => {
        if (outcome instanceof Error) {
          loop.errors.lost(outcome);
          ended();
          return;
        }
        if (!loop.accept(outcome, performance.now() - sentAt, index)) loop.errors.answer(outcome);
        turn();
      });
    };
    turn();
  });
}
