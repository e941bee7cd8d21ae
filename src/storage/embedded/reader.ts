import { must } from '../../lib/assert.ts';
import { MalformedBytes } from '../../lib/byte-reader.ts';
import { position, type Position } from '../../protocol/offset.ts';
import type { Page, ReadOutcome } from '../port.ts';
import type { EmbeddedHead, LogEntry, Piece } from './entry.ts';
import type { Index } from './index/index.ts';
import { chunkKey, chunkPosition } from './index/keys.ts';
import { lastEntry } from './index/last-entry.ts';
import { decodeChunk } from './index/values.ts';

/**
 * A page of durable records, from the index up to where memory takes over. A page holds whole
 * records and at least one; a position inside a record reads from that record's beginning.
 */
export function readPage(
  index: Index,
  entry: LogEntry,
  from: Position,
  bytesMax: number,
  incarnation: string | undefined,
): ReadOutcome {
  const head = entry.durable;
  if (head === undefined) return { kind: 'absent' };
  if (incarnation !== undefined && head.incarnation !== incarnation) return { kind: 'absent' };
  if (from < head.start) return { kind: 'trimmed', earliest: head.start };
  if (from >= head.tail) {
    return { kind: 'page', page: { from: head.tail, to: head.tail, pieces: [] } };
  }
  const page = new PageBuilder(bytesMax);
  try {
    const memoryFrom = entry.pieces[0]?.at ?? head.tail;
    // A checkpoint's step shows in the index before memory lets go: read on where the index ended.
    const at = from < memoryFrom ? readIndex(index, head, from, memoryFrom, page) : from;
    if (!page.isFull) readMemory(entry.pieces, at, page);
    return { kind: 'page', page: page.build() };
  } catch (error) {
    if (error instanceof MalformedBytes) return { kind: 'corrupt' };
    throw error;
  }
}

/** Takes whole records until the next one would not fit; the first always does. */
class PageBuilder {
  readonly #bytesMax: number;
  readonly #pieces: Buffer[] = [];
  #from: Position | undefined;
  #bytes = 0;
  #isFull = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Adds the records of one piece from the one that `from` lies in. */
  add({ at, records }: Piece, from: Position): void {
    const { source, lengths } = records;
    let start = 0;
    let next = 0;
    for (; next < lengths.length; next += 1) {
      const length = lengths[next] ?? 0;
      if (at + start + length > from) break;
      start += length;
    }
    let end = start;
    for (; next < lengths.length; next += 1) {
      const length = lengths[next] ?? 0;
      const taken = this.#bytes + end - start;
      if (taken > 0 && taken + length > this.#bytesMax) {
        this.#isFull = true;
        break;
      }
      end += length;
    }
    if (end === start) return;
    this.#from ??= position(at + start);
    this.#pieces.push(source.subarray(records.from + start, records.from + end));
    this.#bytes += end - start;
    if (this.#bytes >= this.#bytesMax) this.#isFull = true;
  }

  build(): Page {
    const from = must(this.#from, 'a page below the tail has a record');
    return { from, to: position(from + this.#bytes), pieces: this.#pieces };
  }
}

/** Reads chunks up to the one that `until` is in or behind, and says where it ends. */
function readIndex(
  index: Index,
  head: EmbeddedHead,
  from: Position,
  until: Position,
  page: PageBuilder,
): Position {
  let at = from;
  while (at < until && !page.isFull) {
    const piece = findChunk(index, head.logId, at);
    if (piece === undefined || piece.at + piece.records.bytes <= at) {
      throw new MalformedBytes(`no chunk holds position ${at}`);
    }
    page.add(piece, at);
    at = position(piece.at + piece.records.bytes);
  }
  return at;
}

/** The chunk that begins at the position, as it does for who reads on, or the one it lies in. */
function findChunk(index: Index, logId: number, at: Position): Piece | undefined {
  const exact = index.get(chunkKey(logId, at));
  if (exact !== undefined) return { at, records: decodeChunk(exact) };
  const range = { from: chunkKey(logId, position(0)), to: chunkKey(logId, at) };
  const found = lastEntry(index, range);
  return found && { at: chunkPosition(found.key), records: decodeChunk(found.value) };
}

function readMemory(pieces: readonly Piece[], from: Position, page: PageBuilder): void {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = pieces[middle];
    if (piece !== undefined && piece.at + piece.records.bytes <= from) low = middle + 1;
    else high = middle;
  }
  for (let next = low; next < pieces.length && !page.isFull; next += 1) {
    const piece = pieces[next];
    if (piece !== undefined) page.add(piece, from);
  }
}
