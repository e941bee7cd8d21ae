import type { IncomingMessage } from 'node:http';
import { BodyCut, unreachableFor, type AnswerBody, type Failure } from './answer.ts';
import type { Cut } from './cut.ts';

/** The whole body, unless it is larger than that or does not come to its end. */
export async function collectBody(
  response: IncomingMessage,
  bytesMax: number,
  cut: Cut,
): Promise<Buffer | Failure> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of boundedPieces(response, bytesMax, cut)) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof BodyCut) return error.failure;
    throw error;
  }
}

/** Throws `BodyCut` and cuts the connection at the bound, or when the body ends early. */
async function* boundedPieces(
  response: IncomingMessage,
  bytesMax: number,
  cut: Cut,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  const source: AsyncIterable<Buffer> = response;
  if (Number(response.headers['content-length'] ?? 0) > bytesMax)
    cut.because({ kind: 'too-large' });
  try {
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > bytesMax) cut.because({ kind: 'too-large' });
      if (cut.failure !== undefined) break;
      yield piece;
    }
  } catch {
    // A body that ends early has no reason of its own but this.
    cut.because(unreachableFor('connection-lost'));
  }
  if (cut.failure !== undefined) throw new BodyCut(cut.failure);
}

export interface PartsBounds {
  readonly bytesMax: number;
  /** How long the next part may take. A reader that takes its time is not counted. */
  readonly idleTimeoutMs: number;
}

/** The body as it comes. Read it once, or cancel it: its connection is held until then. */
export class BoundedBody implements AnswerBody {
  readonly #pieces: AsyncGenerator<Buffer, void, undefined>;
  readonly #idleTimeoutMs: number;
  readonly #cut: Cut;
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout;
  #isEnded = false;

  constructor(response: IncomingMessage, bounds: PartsBounds, cut: Cut, onEnd: () => void) {
    this.#pieces = boundedPieces(response, bounds.bytesMax, cut);
    this.#idleTimeoutMs = bounds.idleTimeoutMs;
    this.#cut = cut;
    this.#onEnd = onEnd;
    // Also for a reader that never begins.
    this.#timer = this.#startTimer();
    response.once('close', () => {
      this.#end();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        clearTimeout(this.#timer);
        this.#timer = this.#startTimer();
        const next = await this.#pieces.next();
        clearTimeout(this.#timer);
        if (next.done === true) {
          this.#end();
          return;
        }
        yield next.value;
      }
    } finally {
      this.cancel();
    }
  }

  cancel(): void {
    // Its connection may serve another call by now.
    if (this.#isEnded) return;
    this.#cut.because(unreachableFor('stopped'));
    this.#end();
  }

  #startTimer(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#cut.because({ kind: 'timed-out' });
    }, this.#idleTimeoutMs);
  }

  #end(): void {
    clearTimeout(this.#timer);
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
  }
}
