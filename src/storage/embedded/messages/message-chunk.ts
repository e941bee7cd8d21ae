import { ByteReader } from '../../../lib/byte-reader.ts';
import { lowerBound } from './lower-bound.ts';
import { decodePlace, type MessagePlace } from './message-place.ts';

/** Where the messages of a chunk are, entry by entry. */
export interface ChunkPlaces {
  readonly value: Buffer;
  /** Ascending. */
  readonly seqs: readonly number[];
  readonly times: readonly number[];
  /** Where each text begins in the value. */
  readonly texts: readonly number[];
}

/** Messages that lie together in the index. Their texts are read when they are asked for. */
export class MessageChunk {
  /** The sequence that the chunk is named after; its message may have gone. */
  readonly at: number;
  readonly #places: ChunkPlaces;
  readonly #read: MessagePlace[] = [];

  constructor(at: number, places: ChunkPlaces) {
    this.at = at;
    this.#places = places;
  }

  covers(seq: number): boolean {
    return seq >= this.at && seq <= (this.#places.seqs.at(-1) ?? -1);
  }

  /** The first message of at least this sequence. */
  firstFrom(seq: number): MessagePlace | undefined {
    return this.#message(lowerBound(this.#places.seqs, seq));
  }

  /** All of them. */
  messages(): MessagePlace[] {
    return this.#places.seqs.flatMap((_, index) => this.#message(index) ?? []);
  }

  #message(index: number): MessagePlace | undefined {
    const { value, seqs, times, texts } = this.#places;
    const seq = seqs[index];
    const text = texts[index];
    if (seq === undefined || text === undefined) return undefined;
    return (this.#read[index] ??= decodePlace(seq, times[index] ?? 0, new ByteReader(value, text)));
  }
}
