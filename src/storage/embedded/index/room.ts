import { asUnavailable, type OpenFile } from '../files.ts';
import type { IndexBatch } from './index.ts';

/** How large a database is now, as it tells of itself. */
export interface DatabaseSize {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly treeDepth: number;
  /** What lists the pages that are free, itself stored in pages. */
  readonly freeListPages: number;
}

const ZEROS = Buffer.alloc(1 << 18);
const NODE_HEADER_BYTES = 24;
/** For what a transaction frees and has to note. */
const SPARE_PAGES = 64;

/**
 * Room at the end of the database's file, taken before a transaction needs it. LMDB corrupts the
 * heap when one of its writes fails, so a full disk must be met here, where it is an answer.
 */
export class Room {
  readonly #file: OpenFile;
  #size: number;

  private constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  static async of(file: OpenFile): Promise<Room> {
    return new Room(file, await file.size());
  }

  /** Resolves when no page that the batch may write lies behind the end of the file. */
  async ensure(batch: IndexBatch, database: DatabaseSize): Promise<void> {
    const { pageBytes, lastPage } = database;
    const end = (lastPage + 1 + pagesFor(batch, database)) * pageBytes;
    while (this.#size < end) {
      try {
        const room = Math.min(ZEROS.length, end - this.#size);
        this.#size += await this.#file.write([ZEROS.subarray(0, room)], this.#size);
      } catch (error) {
        throw asUnavailable(error);
      }
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** At least as many pages as the transaction will write anew. */
function pagesFor({ puts, deletes }: IndexBatch, database: DatabaseSize): number {
  const { pageBytes, treeDepth, freeListPages } = database;
  let valuePages = 0;
  for (const { value } of puts) {
    valuePages += Math.floor((value.length + NODE_HEADER_BYTES) / pageBytes) + 1;
  }
  // A leaf and all above it are copied, and each of them may be split in two.
  const treePages = (puts.length + deletes.length) * 2 * (treeDepth + 1);
  return valuePages + treePages + freeListPages + SPARE_PAGES;
}
