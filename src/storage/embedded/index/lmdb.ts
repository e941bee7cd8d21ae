import { constants } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { Unavailable } from '../files.ts';
import { nodeFiles } from '../node-files.ts';
import type { Index, IndexBatch } from './index.ts';
import { Room, type DatabaseSize } from './room.ts';

export interface LmdbSettings {
  readonly path: string;
  /** Address space reserved at first; it grows when needed. 0: the library's default. */
  readonly mapBytes: number;
  /**
   * After an unclean end, go back to the last flushed transaction even if the machine stayed up.
   * Otherwise the library builds on what the page cache still holds, takes it for flushed, and may
   * overwrite the pages of the transaction before it, which is all that a power loss would leave.
   */
  readonly safeRestore: boolean;
  /** What the index shows may not be on disk, and never will be: it takes no more batches. */
  readonly onFailure: (error: unknown) => void;
}

type Db = RootDatabase<Buffer, Buffer>;

/** LMDB's own number for an address space that is used up. */
const MDB_MAP_FULL = -30792;

/**
 * What a full disk looks like. The library calls a write that stopped short an `EIO`, as it does a
 * flush that failed; but then the transaction is there, and that is the end: no flush is retried.
 */
const FULL = new Set<unknown>([
  constants.errno.ENOSPC,
  constants.errno.EDQUOT,
  constants.errno.EFBIG,
  constants.errno.EIO,
  constants.errno.ENOMEM,
  MDB_MAP_FULL,
]);

/** The index on LMDB. Its reads are synchronous: pages come from the memory map. */
export async function openLmdb(settings: LmdbSettings): Promise<Index> {
  const { path, mapBytes, safeRestore, onFailure } = settings;
  // The library's types do not know `safeRestore`, its documentation does.
  const options = {
    path,
    keyEncoding: 'binary' as const,
    encoding: 'binary' as const,
    cache: false,
    compression: false,
    // Otherwise a batch gets a companion whose rejection nobody can listen for.
    eventTurnBatching: false,
    safeRestore,
    ...(mapBytes > 0 ? { mapSize: mapBytes } : {}),
  };
  const db = open<Buffer, Buffer>(options);
  const room = await Room.of(await nodeFiles.open(join(path, 'data.mdb')));
  let failure: Error | undefined;
  let isLastBatchStored = true;

  return {
    get: (key) => db.getBinary(key),

    peek: (key, read) => {
      // The library keeps one buffer for all that is read so, longer than what it says of itself.
      const bytes = db.getBinaryFast(key);
      return bytes && read(bytes.subarray(0, bytes.length));
    },

    range: ({ from, to, limit }) => [
      ...db.getRange({ start: from, end: to, limit }).map(({ key, value }) => ({ key, value })),
    ],

    keys: ({ from, to, limit }) => [...db.getKeys({ start: from, end: to, limit })],

    lastKey: ({ from, to }) => {
      // A reverse range includes its start, which is left out here. Without an end of its own it
      // would never come to a key of one zero byte.
      const range = { start: to, end: from, inclusiveEnd: true, reverse: true, limit: 2 };
      for (const key of db.getKeys(range)) {
        if (key.compare(to) < 0) return key.compare(from) < 0 ? undefined : key;
      }
      return undefined;
    },

    commit: async ({ puts, deletes }: IndexBatch) => {
      if (failure !== undefined) throw failure;
      const batch = { puts: puts.toSorted((one, other) => one.key.compare(other.key)), deletes };
      let before: number | undefined;
      try {
        const stats = statsOf(db.getStats());
        before = stats.lastTransaction;
        await room.ensure(batch, stats);
        isLastBatchStored = false;
        await store(db, batch);
        isLastBatchStored = true;
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        const reason = await reasonOf(error);
        if ('code' in reason && FULL.has(reason.code) && before === lastTransactionOf(db)) {
          throw new Unavailable('full', reason);
        }
        failure = reason;
        onFailure(reason);
        throw reason;
      }
    },

    flush: async () => {
      await db.flushed;
    },

    close: async () => {
      await room.close();
      const closed = db.close();
      // After a failed transaction the library waits for a flush that never comes.
      if (isLastBatchStored) await closed;
      else closed.catch(() => undefined);
    },
  };
}

async function store(db: Db, { puts, deletes }: IndexBatch): Promise<void> {
  // When the transaction fails each of these rejects, and each needs somebody who listens.
  const writes = new Set<Promise<boolean>>();
  writes.add(
    db.batch(() => {
      for (const { key, value } of puts) writes.add(db.put(key, value));
      for (const key of deletes) writes.add(db.remove(key));
    }),
  );
  await Promise.all(writes);
}

export interface Stats extends DatabaseSize {
  /** The number of the last transaction that was committed, flushed or not. */
  readonly lastTransaction: number;
}

/** The library gives these numbers without a type. */
export function statsOf(stats: object): Stats {
  const free: unknown = Reflect.get(stats, 'free');
  if (typeof free !== 'object' || free === null) throw new Error('the index tells no free pages');
  return {
    pageBytes: numberOf(stats, 'pageSize'),
    lastPage: numberOf(stats, 'lastPageNumber'),
    treeDepth: numberOf(stats, 'treeDepth'),
    overflowPages: numberOf(stats, 'overflowPages'),
    treePages: numberOf(stats, 'treeBranchPageCount') + numberOf(stats, 'treeLeafPageCount'),
    freeListPages:
      numberOf(free, 'treeBranchPageCount') +
      numberOf(free, 'treeLeafPageCount') +
      numberOf(free, 'overflowPages'),
    lastTransaction: numberOf(stats, 'lastTxnId'),
  };
}

function numberOf(stats: object, key: string): number {
  const value: unknown = Reflect.get(stats, key);
  if (typeof value !== 'number') throw new Error(`the index does not tell its ${key}`);
  return value;
}

/** Undefined when the library cannot even say that any more. */
function lastTransactionOf(db: Db): number | undefined {
  try {
    return statsOf(db.getStats()).lastTransaction;
  } catch {
    return undefined;
  }
}

/** The library rejects with an error that holds a promise of the error that tells the reason. */
async function reasonOf(error: unknown): Promise<Error> {
  if (error instanceof Error && 'commitError' in error && error.commitError instanceof Promise) {
    try {
      await error.commitError;
    } catch (reason) {
      if (reason instanceof Error) return reason;
    }
  }
  return error instanceof Error ? error : new Error(String(error));
}
