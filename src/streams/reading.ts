import type { MaybePromise } from '../lib/maybe-promise.ts';
import { position, type Position } from '../protocol/offset.ts';
import { DataCorrupt, type LogStore, type Page, type ReadOutcome } from '../storage/port.ts';
import { isStreamHead, type StreamHead } from './stream-head.ts';

/**
 * A page of a stream's records, a fork's inherited ones from where they lie: they are read from the
 * sources in turn, up to where each handed over, and never beyond.
 */
export function readStitched(
  store: LogStore,
  name: string,
  head: StreamHead,
  from: Position,
  bytesMax: number,
): MaybePromise<ReadOutcome> {
  const { fork } = head.state;
  return fork === undefined || from >= fork.at
    ? store.read(name, from, bytesMax, head.incarnation)
    : readInherited(store, name, head, from, bytesMax).catch(asCorrupt);
}

/** A damaged source is damage to the fork. */
function asCorrupt(error: unknown): ReadOutcome {
  if (error instanceof DataCorrupt) return { kind: 'corrupt' };
  throw error;
}

async function readInherited(
  store: LogStore,
  name: string,
  head: StreamHead,
  from: Position,
  bytesMax: number,
): Promise<ReadOutcome> {
  const pages: Page[] = [];
  let at = from;
  let left = bytesMax;
  while (at < head.tail && left > 0) {
    const part = await findPart(store, name, head, at);
    if (part === undefined) return { kind: 'absent' };
    const outcome = await store.read(part.name, at, left);
    if (outcome.kind !== 'page') return outcome;
    const page = cut(outcome.page, part.until);
    if (page.to === page.from) break;
    // The first record always comes; a later one only as far as it fits.
    if (pages.length > 0 && page.to - page.from > left) break;
    pages.push(page);
    left -= page.to - page.from;
    at = page.to;
  }
  const [first] = pages;
  const begin = first?.from ?? head.tail;
  return {
    kind: 'page',
    page: {
      from: begin,
      to: pages.at(-1)?.to ?? begin,
      pieces: pages.flatMap(({ pieces }) => pieces),
    },
  };
}

/** The log that holds a position of the stream, and where the next one in the chain takes over. */
async function findPart(
  store: LogStore,
  name: string,
  head: StreamHead,
  at: Position,
): Promise<{ name: string; until: Position } | undefined> {
  let holder = name;
  let current = head;
  let until = head.tail;
  for (
    let fork = current.state.fork;
    fork !== undefined && at < fork.at;
    fork = current.state.fork
  ) {
    const source = await store.durable(fork.source);
    if (!isStreamHead(source)) return undefined;
    holder = fork.source;
    current = source;
    until = position(Math.min(until, fork.at));
  }
  return { name: holder, until };
}

/** The page without what lies at `until` or behind it: a fork may begin inside a record. */
function cut(page: Page, until: Position): Page {
  if (page.to <= until) return page;
  const pieces: Buffer[] = [];
  let at: number = page.from;
  for (const piece of page.pieces) {
    if (at >= until) break;
    pieces.push(at + piece.length <= until ? piece : piece.subarray(0, until - at));
    at += piece.length;
  }
  return { from: page.from, to: until, pieces };
}
