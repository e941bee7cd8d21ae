import { position, type Position } from '../../protocol/offset.ts';
import type { IndexBatch } from './index/index.ts';
import { chunkKey } from './index/keys.ts';
import { encodeChunk } from './index/values.ts';
import { places, type RecordBytes, type RecordPlace } from './record-bytes.ts';

/** Cuts records into chunks of about `chunkBytes`, at least one record each. */
export class ChunkWriter {
  readonly #logId: number;
  readonly #chunkBytes: number;
  readonly #batch: IndexBatch;
  #at: Position;
  #records: RecordPlace[] = [];
  #bytes = 0;
  #last: { lastChunkAt: Position; lastChunkBytes: number } | undefined;

  constructor(logId: number, at: Position, chunkBytes: number, batch: IndexBatch) {
    this.#logId = logId;
    this.#at = at;
    this.#chunkBytes = chunkBytes;
    this.#batch = batch;
  }

  beginAt(at: Position): void {
    this.#at = at;
  }

  add(records: RecordBytes): void {
    for (const record of places(records)) {
      if (this.#bytes > 0 && this.#bytes + record.bytes > this.#chunkBytes) this.#close();
      this.#records.push(record);
      this.#bytes += record.bytes;
    }
  }

  finish(): { lastChunkAt: Position; lastChunkBytes: number } | undefined {
    if (this.#bytes > 0) this.#close();
    return this.#last;
  }

  #close(): void {
    const value = encodeChunk(this.#records);
    this.#batch.puts.push({ key: chunkKey(this.#logId, this.#at), value });
    this.#last = { lastChunkAt: this.#at, lastChunkBytes: this.#bytes };
    this.#at = position(this.#at + this.#bytes);
    this.#records = [];
    this.#bytes = 0;
  }
}
