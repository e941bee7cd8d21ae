import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Index } from '../../../../src/storage/embedded/index/index.ts';
import { openLmdb } from '../../../../src/storage/embedded/index/lmdb.ts';
import { postingKey } from '../../../../src/storage/embedded/index/message-keys.ts';
import { encodePosting } from '../../../../src/storage/embedded/index/message-values.ts';
import { PostingReader } from '../../../../src/storage/embedded/messages/posting-reader.ts';
import { SubjectEntry } from '../../../../src/storage/embedded/messages/subject-entry.ts';
import { subject } from '../../../support/managed.ts';
import { temporaryFolder } from '../../../support/millrace.ts';

const STORAGE_ID = 7;

describe('a reader of postings', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let index: Index;
  let reads: number;
  const orders = new SubjectEntry(subject('orders'), 2, undefined);
  const visits = new SubjectEntry(subject('visits'), 3, undefined);

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
    await hold(orders, [10, 20, 30], [40, 50, 60]);
    await hold(visits, [11, 21, 31]);
    reads = 0;
  });

  afterEach(async () => {
    await index.close();
    await folder.remove();
  });

  async function hold({ id }: SubjectEntry, ...postings: readonly number[][]): Promise<void> {
    const puts = postings.map((seqs) => {
      return { key: postingKey(STORAGE_ID, id, seqs[0] ?? 0), value: encodePosting(seqs) };
    });
    await index.commit({ puts, deletes: [] });
  }

  function readerOf(cachedMax: number): PostingReader {
    const counted: Index = {
      ...index,
      lastKey: (range) => {
        reads += 1;
        return index.lastKey(range);
      },
    };
    return new PostingReader(counted, cachedMax);
  }

  it('begins with the posting that a sequence is in or would be in', () => {
    for (const [fromSeq, first] of [
      [1, 10],
      [10, 10],
      [30, 10],
      [39, 10],
      [40, 40],
      [41, 40],
      [60, 40],
      [99, 40],
    ] as const) {
      expect(readerOf(1).begin(STORAGE_ID, orders, fromSeq)?.[0]).toBe(first);
    }
  });

  it('goes on with the posting behind a sequence, of the same subject', () => {
    const reader = readerOf(1);
    expect(reader.after(STORAGE_ID, orders.id, 10)).toEqual([40, 50, 60]);
    expect(reader.after(STORAGE_ID, orders.id, 40)).toBe(undefined);
    expect(reader.after(STORAGE_ID + 1, orders.id, 10)).toBe(undefined);
  });

  it('reads a posting once, as long as it is asked for what is in it', () => {
    const reader = readerOf(2);
    for (const seq of [20, 30, 10, 15]) {
      expect(reader.begin(STORAGE_ID, orders, seq)).toEqual([10, 20, 30]);
      expect(reader.begin(STORAGE_ID, visits, 12)).toEqual([11, 21, 31]);
    }
    expect(reads).toBe(2);
    expect(reader.begin(STORAGE_ID, orders, 40)).toEqual([40, 50, 60]);
    expect(reads).toBe(3);
  });

  it('keeps as many postings as it may', () => {
    const reader = readerOf(1);
    for (let turn = 1; turn <= 3; turn += 1) {
      reader.begin(STORAGE_ID, orders, 10);
      reader.begin(STORAGE_ID, visits, 11);
      expect(reads).toBe(2 * turn);
    }
  });
});
