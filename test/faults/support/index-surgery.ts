import { join } from 'node:path';
import { openLmdb } from '../../../src/storage/embedded/index/lmdb.ts';
import type { Index } from '../../../src/storage/embedded/index/index.ts';

/** Works on the index of a folder that no server has open. */
export async function withIndex<Result>(
  dataDir: string,
  work: (index: Index) => Promise<Result> | Result,
  safeRestore = true,
): Promise<Result> {
  const index = await openLmdb({
    path: join(dataDir, 'index'),
    mapBytes: 0,
    safeRestore,
    onFailure: (error) => {
      throw error;
    },
  });
  try {
    return await work(index);
  } finally {
    await index.close();
  }
}

/** Flips one bit of the value under a key; done twice, it is as it was. */
export function flipBit(dataDir: string, key: Buffer, byte: number): Promise<void> {
  return withIndex(dataDir, async (index) => {
    const value = index.get(key);
    if (value === undefined) throw new Error(`the index has no key ${key.toString('latin1')}`);
    const flipped = Buffer.from(value);
    flipped[byte] = (flipped[byte] ?? 0) ^ 0x10;
    await index.commit({ puts: [{ key, value: flipped }], deletes: [] });
    await index.flush();
  });
}
