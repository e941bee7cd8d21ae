import { position } from '../../../protocol/offset.ts';
import type { Index } from '../index/index.ts';
import { chunkKey, chunkPosition } from '../index/keys.ts';
import { decodeMessageChunk, messageInChunk } from '../index/message-values.ts';
import { ChunkStarts, type ChunksInIndex } from './chunk-starts.ts';
import type { MessageChunk } from './message-chunk.ts';
import type { MessagePlace } from './message-place.ts';

const CHUNKS_CACHED_MAX = 256;
const NO_END = position(Number.MAX_SAFE_INTEGER);

/** Reads messages from the index. Chunks stay decoded as long as they are among the last used. */
export class ChunkReader {
  readonly #index: Index;
  readonly #starts: ChunkStarts;
  /** By storage id and first sequence; the longest unused come first. */
  readonly #cache = new Map<string, MessageChunk>();
  #last: { readonly storageId: number; readonly chunk: MessageChunk } | undefined;

  constructor(index: Index) {
    this.#index = index;
    this.#starts = new ChunkStarts(index);
  }

  /** The first message in the index of at least this sequence. */
  next(content: ChunksInIndex, fromSeq: number): MessagePlace | undefined {
    const found = this.chunkAt(content, fromSeq)?.firstFrom(fromSeq);
    return found ?? this.#chunkAfter(content.storageId, fromSeq)?.firstFrom(fromSeq);
  }

  /** The message of just this sequence, by itself: its neighbours are not expected to be read. */
  messageAt(content: ChunksInIndex, seq: number): MessagePlace | undefined {
    const { storageId } = content;
    const last = this.#last;
    if (last?.storageId === storageId && last.chunk.covers(seq)) return messageIn(last.chunk, seq);
    const at = this.#starts.find(content, seq);
    if (at === undefined) return undefined;
    const known = this.#cache.get(cacheKey(storageId, at));
    if (known !== undefined) return messageIn(known, seq);
    const key = chunkKey(storageId, position(at));
    return this.#index.peek(key, (value) => messageInChunk(at, value, seq));
  }

  /** The chunk that the sequence is in, if it is in one. */
  chunkAt(content: ChunksInIndex, seq: number): MessageChunk | undefined {
    const { storageId } = content;
    const last = this.#last;
    if (last?.storageId === storageId && last.chunk.covers(seq)) return last.chunk;
    const at = this.#starts.find(content, seq);
    return at === undefined ? undefined : this.#chunkOf(storageId, at);
  }

  /** A chunk was written anew. */
  forget(storageId: number, at: number): void {
    this.#cache.delete(cacheKey(storageId, at));
    if (this.#last?.storageId === storageId) this.#last = undefined;
  }

  #chunkAfter(storageId: number, seq: number): MessageChunk | undefined {
    const from = chunkKey(storageId, position(seq));
    const [key] = this.#index.keys({ from, to: chunkKey(storageId, NO_END), limit: 1 });
    return key && this.#chunkOf(storageId, chunkPosition(key));
  }

  #chunkOf(storageId: number, at: number): MessageChunk | undefined {
    const name = cacheKey(storageId, at);
    const chunk = this.#cache.get(name) ?? this.#decoded(storageId, at);
    if (chunk === undefined) return undefined;
    this.#cache.delete(name);
    this.#cache.set(name, chunk);
    if (this.#cache.size > CHUNKS_CACHED_MAX) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    this.#last = { storageId, chunk };
    return chunk;
  }

  #decoded(storageId: number, at: number): MessageChunk | undefined {
    const value = this.#index.get(chunkKey(storageId, position(at)));
    return value && decodeMessageChunk(at, value);
  }
}

function messageIn(chunk: MessageChunk, seq: number): MessagePlace | undefined {
  const found = chunk.firstFrom(seq);
  return found?.seq === seq ? found : undefined;
}

function cacheKey(storageId: number, at: number): string {
  return `${storageId} ${at}`;
}

/** The first of ascending messages that is not below the sequence. */
export function firstFrom(
  messages: readonly MessagePlace[],
  seq: number,
): MessagePlace | undefined {
  return messages[indexFrom(messages, seq)];
}

export function indexFrom(messages: readonly MessagePlace[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
