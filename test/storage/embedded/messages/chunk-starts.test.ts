import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Index } from '../../../../src/storage/embedded/index/index.ts';
import { chunkKey } from '../../../../src/storage/embedded/index/keys.ts';
import { openLmdb } from '../../../../src/storage/embedded/index/lmdb.ts';
import { ChunkStarts } from '../../../../src/storage/embedded/messages/chunk-starts.ts';
import { position } from '../../../../src/protocol/offset.ts';
import { temporaryFolder } from '../../../support/millrace.ts';

const STARTS = [3, 100, 511, 512, 700, 1023, 1600, 3000];
const CONTENT = { storageId: 7, stored: { lastChunkAt: 3000 } };

describe('what is known of where chunks begin', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let index: Index;
  let searches: number;

  beforeEach(async () => {
    folder = await temporaryFolder();
    index = await openLmdb({
      path: join(folder.path, 'index'),
      mapBytes: 0,
      safeRestore: false,
      onFailure: (error) => {
        throw error;
      },
    });
    const puts = [6, 7, 8].flatMap((storageId) =>
      STARTS.map((at) => ({
        key: chunkKey(storageId, position(storageId === 7 ? at : at + 1)),
        value: Buffer.from('a chunk'),
      })),
    );
    await index.commit({ puts, deletes: [] });
    searches = 0;
  });

  afterEach(async () => {
    await index.close();
    await folder.remove();
  });

  function startsKept(cachedMax: number): ChunkStarts {
    const counted: Index = {
      ...index,
      lastKey: (range) => {
        searches += 1;
        return index.lastKey(range);
      },
    };
    return new ChunkStarts(counted, cachedMax);
  }

  it('is the last start that is not behind a sequence', () => {
    const starts = startsKept(4);
    for (let seq = 1; seq < 3100; seq += 1) {
      expect([seq, starts.find(CONTENT, seq)]).toEqual([
        seq,
        STARTS.findLast((start) => start <= seq),
      ]);
    }
  });

  it('is searched for once, where chunks are as they will be', () => {
    const starts = startsKept(4);
    for (const seq of [600, 700, 1000, 513, 512]) starts.find(CONTENT, seq);
    expect(searches).toBe(1);
    starts.find(CONTENT, 1700);
    expect(searches).toBe(2);
  });

  it('is not kept of the sequences that the last chunk is among', async () => {
    const starts = startsKept(4);
    const before = { ...CONTENT, stored: { lastChunkAt: 700 } };
    expect(starts.find(before, 600)).toBe(512);
    expect(starts.find(before, 800)).toBe(700);
    const added = { key: chunkKey(7, position(900)), value: Buffer.from('a chunk') };
    await index.commit({ puts: [added], deletes: [] });
    expect(starts.find(CONTENT, 950)).toBe(900);
  });

  it('is of as many blocks as it may be', () => {
    const starts = startsKept(2);
    for (const seq of [1, 600, 1, 600]) starts.find(CONTENT, seq);
    expect(searches).toBe(2);
    for (const seq of [1, 600, 1100, 1, 600, 1100]) starts.find(CONTENT, seq);
    expect(searches).toBeGreaterThan(5);
  });
});
