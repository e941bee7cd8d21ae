import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isJson } from '../../protocol/content-type.ts';
import type { Position } from '../../protocol/offset.ts';
import type { Page } from '../../storage/port.ts';
import { readStitched } from '../../streams/reading.ts';
import type { NodeReading, Reading } from './get.ts';

/** How much is read at once, for whomever. */
export const READ_BYTES = 1 << 20;

const ARRAY_OPEN = Buffer.from('[');
const ARRAY_CLOSE = Buffer.from(']');

/** An answer that has been begun to be read. */
export interface LongAnswer {
  readonly first: Page;
  /** A tail that the stream has had, so the length is known before the pages are. */
  readonly until: Position;
  readonly headers: readonly string[];
}

/**
 * Sends what is too long to be held in memory, page by page as the reader takes it. Clients that ask
 * once, without going on from `Stream-Next-Offset`, count on getting everything.
 */
export async function sendLong(
  reading: NodeReading,
  { first, until, headers }: LongAnswer,
): Promise<void> {
  const { exchange, head } = reading;
  // A JSON answer has two brackets more than its messages, and one comma less.
  const length = until - first.from + (isJson(head.state.contentType) ? 1 : 0);
  exchange.begin(200, [...headers, 'Content-Length', String(length)]);
  // Whatever goes wrong now breaks the answer off before its length, which no client takes for whole.
  await pipeline(Readable.from(parts(reading, first, until)), exchange.response).catch(() => {
    exchange.response.destroy();
  });
}

async function* parts(reading: Reading, first: Page, until: Position): AsyncGenerator<Buffer> {
  const isArray = isJson(reading.head.state.contentType);
  if (isArray) yield ARRAY_OPEN;
  for (let page = first; ; page = await nextPage(reading, page.to, until)) {
    const isLast = page.to >= until;
    for (const [index, piece] of page.pieces.entries()) {
      const endsArray = isArray && isLast && index === page.pieces.length - 1;
      yield endsArray ? piece.subarray(0, piece.length - 1) : piece;
    }
    if (isLast) break;
  }
  if (isArray) yield ARRAY_CLOSE;
}

async function nextPage(reading: Reading, from: Position, until: Position): Promise<Page> {
  const { services, name, head } = reading;
  const bytesMax = Math.min(READ_BYTES, until - from);
  const outcome = await readStitched(services.store, name, head, from, bytesMax);
  if (outcome.kind !== 'page' || outcome.page.to === from) throw new Error(outcome.kind);
  return outcome.page;
}
