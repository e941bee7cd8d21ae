import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import type { IndexBatch } from '../../../../src/storage/embedded/index/index.ts';
import { statsOf } from '../../../../src/storage/embedded/index/lmdb.ts';
import { pagesFor } from '../../../../src/storage/embedded/index/room.ts';
import { Random } from '../../../support/random.ts';
import { temporaryFolder } from '../../../support/millrace.ts';

/** How many bytes: rows, some that fill a good part of a page, chunks. */
const SIZES = [1, 40, 200, 480, 600, 1100, 1900, 2100, 5000, 16_500];

/** Batches of one manner each: how many puts, how long their keys are, how large their values. */
function batchOf(random: Random, known: Buffer[]): IndexBatch {
  const keyBytes = random.between(1, 400);
  const sizes = random.chance(0.5) ? SIZES : [random.pick(SIZES) ?? 1];
  const isNew = random.pick([0, 0.5, 1]) ?? 1;
  const isDense = random.chance(0.5);
  const start = random.below(2 ** 32);
  const puts = Array.from({ length: random.between(1, 1500) }, (_, index) => {
    const old = random.chance(isNew) ? undefined : random.pick(known);
    const number = isDense ? (start + index) % 2 ** 32 : random.below(2 ** 32);
    const key = Buffer.alloc(4 + keyBytes);
    key.writeUInt32BE(number);
    return { key: old ?? key, value: Buffer.alloc(random.pick(sizes) ?? 1) };
  });
  const deletes = known.filter(() => random.chance(0.1));
  return { puts: puts.toSorted((one, other) => one.key.compare(other.key)), deletes };
}

describe('room for a transaction', () => {
  it('is at least what it takes to note that large values are gone', async () => {
    const folder = await temporaryFolder();
    const db = open<Buffer, Buffer>({
      ...{ path: folder.path, keyEncoding: 'binary', encoding: 'binary' },
      ...{ eventTurnBatching: false, noSync: true },
    });
    const deletes = Array.from({ length: 40 }, (_, index) => Buffer.of(0x63, index));
    const value = Buffer.alloc(2 << 20);
    for (const key of deletes) await db.put(key, value);
    const before = statsOf(db.getStats());
    await db.transaction(() => {
      for (const key of deletes) db.removeSync(key);
    });
    const written = statsOf(db.getStats()).lastPage - before.lastPage;
    expect(written).toBeLessThanOrEqual(pagesFor({ puts: [], deletes }, before));
    await db.close();
    await folder.remove();
  });

  it.each([1, 2, 3, 4])('is at least what it writes, in history %i', async (seed) => {
    const random = new Random(seed);
    const folder = await temporaryFolder();
    const db = open<Buffer, Buffer>({
      ...{ path: folder.path, keyEncoding: 'binary', encoding: 'binary' },
      ...{ eventTurnBatching: false, noSync: true },
    });
    // Whoever reads an old state keeps its pages: each page that is written is a new one.
    db.useReadTransaction();
    const known: Buffer[] = [];
    for (let round = 0; round < 12; round += 1) {
      const batch = batchOf(random, known);
      const before = statsOf(db.getStats());
      await db.transaction(() => {
        for (const { key, value } of batch.puts) db.putSync(key, value);
        for (const key of batch.deletes) db.removeSync(key);
      });
      const written = statsOf(db.getStats()).lastPage - before.lastPage;
      const room = pagesFor(batch, before);
      expect(written).toBeLessThanOrEqual(room);
      known.push(...batch.puts.map(({ key }) => key));
      known.splice(0, Math.max(0, known.length - 20_000));
    }
    await db.close();
    await folder.remove();
  });
});
