import { open } from 'lmdb';
import type { Index, IndexBatch } from './index.ts';

export interface LmdbSettings {
  readonly path: string;
  /** Address space reserved at first; it grows when needed. 0: the library's default. */
  readonly mapBytes: number;
  /**
   * After an unclean end, go back to the last flushed transaction even if the machine stayed up.
   * Tests set it, for a process's death alone would never show a missing flush.
   */
  readonly safeRestore: boolean;
}

/** The index on LMDB. Its reads are synchronous: pages come from the memory map. */
export function openLmdb({ path, mapBytes, safeRestore }: LmdbSettings): Index {
  // The library's types do not know `safeRestore`, its documentation does.
  const options = {
    path,
    keyEncoding: 'binary' as const,
    encoding: 'binary' as const,
    cache: false,
    compression: false,
    safeRestore,
    ...(mapBytes > 0 ? { mapSize: mapBytes } : {}),
  };
  const db = open<Buffer, Buffer>(options);

  return {
    get: (key) => db.getBinary(key),

    range: ({ from, to, limit }) => [
      ...db.getRange({ start: from, end: to, limit }).map(({ key, value }) => ({ key, value })),
    ],

    keys: ({ from, to, limit }) => [...db.getKeys({ start: from, end: to, limit })],

    last: ({ from, to }) => {
      // A reverse range begins at its start, included: step below `to` by leaving it out.
      for (const { key, value } of db.getRange({ start: to, end: from, reverse: true, limit: 2 })) {
        if (key.compare(to) < 0 && key.compare(from) >= 0) return { key, value };
      }
      return undefined;
    },

    commit: async ({ puts, deletes }: IndexBatch) => {
      await db.batch(() => {
        for (const { key, value } of puts) void db.put(key, value);
        for (const key of deletes) void db.remove(key);
      });
    },

    flush: async () => {
      await db.flushed;
    },

    close: () => db.close(),
  };
}
