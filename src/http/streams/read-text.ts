import { isPromise, type MaybePromise } from '../../lib/maybe-promise.ts';
import { position, type Position } from '../../protocol/offset.ts';
import { unfinishedBytes } from '../../protocol/sse.ts';
import type { LogStore, Page, ReadOutcome } from '../../storage/port.ts';
import { readStitched } from '../../streams/reading.ts';
import type { StreamHead } from '../../streams/stream-head.ts';

/** Beyond so many records that all break off inside a character, this is no UTF-8 to wait for. */
const RECORDS_HELD_MAX = 64;
const DOUBLINGS_MAX = 16;

/**
 * A page of text that does not break off inside a character: records from the one on that begins
 * it wait for the record that brings its rest. A reader's offsets stay record boundaries, so one
 * that reconnects meanwhile misses nothing. What a closed stream ends with is its end.
 */
export function readText(
  store: LogStore,
  name: string,
  head: StreamHead,
  from: Position,
  bytesMax: number,
): MaybePromise<ReadOutcome> {
  const finish = (outcome: ReadOutcome): MaybePromise<ReadOutcome> => {
    if (outcome.kind !== 'page') return outcome;
    const { page } = outcome;
    const isEnd = page.to >= head.tail && head.state.closed;
    if (isEnd || unfinishedBytes(lastBytes(page, page.to)) === 0) return outcome;
    return holdBack(store, name, head, page);
  };
  const read = readStitched(store, name, head, from, bytesMax);
  return isPromise(read) ? read.then(finish) : finish(read);
}

async function holdBack(
  store: LogStore,
  name: string,
  head: StreamHead,
  first: Page,
): Promise<ReadOutcome> {
  let page = first;
  for (let doubling = 1; doubling <= DOUBLINGS_MAX; doubling += 1) {
    const end = await endOfWhole(store, name, head, page);
    if (end === undefined) break;
    if (end > page.from || page.to >= head.tail) return { kind: 'page', page: cutAt(page, end) };
    // Not even its first record is whole, and more is there: a larger page has to bring the rest.
    const bytesMax = (first.to - first.from) * 2 ** doubling;
    const larger = await readStitched(store, name, head, page.from, bytesMax);
    if (larger.kind !== 'page') return larger;
    page = larger.page;
  }
  return { kind: 'page', page: first };
}

/** The last boundary of records at which no character is open. Undefined: too far back. */
async function endOfWhole(
  store: LogStore,
  name: string,
  head: StreamHead,
  page: Page,
): Promise<Position | undefined> {
  let end = page.to;
  for (let held = 0; held < RECORDS_HELD_MAX; held += 1) {
    const unfinished = unfinishedBytes(lastBytes(page, end));
    if (unfinished === 0) return end;
    // A read from inside a record begins where the record does.
    const record = await readStitched(store, name, head, position(end - unfinished), 1);
    if (record.kind !== 'page' || record.page.from <= page.from) return page.from;
    end = record.page.from;
  }
  return undefined;
}

/** The bytes before `end` that a character could have begun in. */
function lastBytes(page: Page, end: Position): Buffer {
  const { pieces } = cutAt(page, end);
  const bytes: Buffer[] = [];
  let missing = 3;
  for (let index = pieces.length - 1; index >= 0 && missing > 0; index -= 1) {
    const piece = pieces[index]?.subarray(-missing) ?? Buffer.alloc(0);
    bytes.unshift(piece);
    missing -= piece.length;
  }
  return Buffer.concat(bytes);
}

function cutAt(page: Page, end: Position): Page {
  if (end === page.to) return page;
  const pieces: Buffer[] = [];
  let left = end - page.from;
  for (const piece of page.pieces) {
    if (left <= 0) break;
    pieces.push(piece.subarray(0, left));
    left -= piece.length;
  }
  return { from: page.from, to: end, pieces };
}
