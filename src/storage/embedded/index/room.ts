import { asUnavailable, type OpenFile } from '../files.ts';
import type { IndexBatch } from './index.ts';

/** How large a database is now, as it tells of itself. */
export interface DatabaseSize {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly treeDepth: number;
  /** Branches and leaves. */
  readonly treePages: number;
  /** Of values that are too large for a leaf. */
  readonly overflowPages: number;
  /** What lists the pages that are free, itself stored in pages. */
  readonly freeListPages: number;
}

const ZEROS = Buffer.alloc(1 << 20);
const NODE_HEADER_BYTES = 24;
/** Beside what a transaction frees and has to note, a page for each so many. */
const SPARE_PAGES = 64;
const NOTED_PER_PAGE = 256;

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

/**
 * At least as many pages as the transaction will write anew, its puts being in the order of their
 * keys. Each page of the tree that is touched is copied, and may be split when the first key comes to
 * it. From then on keys that ascend fill a page half before it is split again, unless a node takes a
 * good part of a page: each of those may split one where it goes, and the next one's.
 */
export function pagesFor({ puts, deletes }: IndexBatch, database: DatabaseSize): number {
  const { pageBytes, treeDepth, treePages, overflowPages, freeListPages } = database;
  let ownPages = 0;
  let smallBytes = 0;
  for (const { key, value } of puts) {
    const bytes = NODE_HEADER_BYTES + key.length + value.length;
    if (bytes < pageBytes / 8) smallBytes += bytes;
    else ownPages += 2 + Math.ceil(bytes / pageBytes);
  }
  const writes = puts.length + deletes.length;
  const touched = Math.min(writes * (treeDepth + 1), treePages);
  const filled = Math.ceil(smallBytes / (pageBytes / 4));
  // Every page that a split adds to a level may split one above it, which has room for several.
  const added = Math.min(touched + filled, writes * (treeDepth + 1)) + ownPages;
  // Whatever is replaced or deleted may free all pages of large values there are.
  const noted = Math.ceil((touched + overflowPages) / NOTED_PER_PAGE);
  return touched + 2 * added + freeListPages + noted + SPARE_PAGES;
}
