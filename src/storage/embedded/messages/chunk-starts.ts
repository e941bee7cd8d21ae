import { position } from '../../../protocol/offset.ts';
import type { Index } from '../index/index.ts';
import { chunkKey, chunkPosition } from '../index/keys.ts';
import { lowerBound } from './lower-bound.ts';

const SEQS_PER_BLOCK = 512;
/** A block has as many starts as sequences at most, and some ten as a rule: 16 MiB in all at most. */
const BLOCKS_CACHED_MAX = 4096;

/** Whose chunks are meant, and where the last of them begins. */
export interface ChunksInIndex {
  readonly storageId: number;
  readonly stored: { readonly lastChunkAt: number };
}

/**
 * Where chunks of messages begin, so that the index need not be searched for each message's. Of a
 * block of sequences before the last chunk all starts are kept that are in it, and the one before:
 * no chunk comes in between any more. A start may be kept whose chunk has gone; then so have the
 * messages behind it, up to the next.
 */
export class ChunkStarts {
  readonly #index: Index;
  readonly #cachedMax: number;
  /** By storage id and number; those that came first are the first to go. */
  readonly #blocks = new Map<string, readonly number[]>();

  constructor(index: Index, cachedMax = BLOCKS_CACHED_MAX) {
    this.#index = index;
    this.#cachedMax = cachedMax;
  }

  /** The start of the chunk that a sequence is in, if it is in one. */
  find({ storageId, stored }: ChunksInIndex, seq: number): number | undefined {
    const { lastChunkAt } = stored;
    if (seq >= lastChunkAt) return lastChunkAt;
    const block = Math.floor(seq / SEQS_PER_BLOCK);
    if ((block + 1) * SEQS_PER_BLOCK > lastChunkAt) return this.#lastStart(storageId, seq);
    const starts = this.#startsOf(storageId, block);
    return starts[lowerBound(starts, seq + 1) - 1];
  }

  #startsOf(storageId: number, block: number): readonly number[] {
    const name = `${storageId} ${block}`;
    const known = this.#blocks.get(name);
    if (known !== undefined) return known;
    const starts = this.#read(storageId, block * SEQS_PER_BLOCK);
    this.#blocks.set(name, starts);
    if (this.#blocks.size > this.#cachedMax) this.#forgetOldest();
    return starts;
  }

  #read(storageId: number, beginSeq: number): number[] {
    const before = this.#lastStart(storageId, beginSeq);
    const from = chunkKey(storageId, position(beginSeq + 1));
    const to = chunkKey(storageId, position(beginSeq + SEQS_PER_BLOCK));
    const keys = this.#index.keys({ from, to, limit: SEQS_PER_BLOCK });
    const starts: number[] = keys.map(chunkPosition);
    return before === undefined ? starts : [before, ...starts];
  }

  #lastStart(storageId: number, seq: number): number | undefined {
    const from = chunkKey(storageId, position(0));
    const key = this.#index.lastKey({ from, to: chunkKey(storageId, position(seq + 1)) });
    return key && chunkPosition(key);
  }

  #forgetOldest(): void {
    for (const oldest of this.#blocks.keys()) {
      this.#blocks.delete(oldest);
      return;
    }
  }
}
