import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Index } from '../../../../src/storage/embedded/index/index.ts';
import { following } from '../../../../src/storage/embedded/index/keys.ts';
import { openLmdb } from '../../../../src/storage/embedded/index/lmdb.ts';
import { temporaryFolder } from '../../../support/millrace.ts';

describe('the index on LMDB', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let index: Index;

  const open = (): Promise<Index> =>
    openLmdb({
      path: join(folder.path, 'index'),
      mapBytes: 0,
      safeRestore: false,
      onFailure: (error) => {
        throw error;
      },
    });

  beforeEach(async () => {
    folder = await temporaryFolder();
    index = await open();
  });

  afterEach(async () => {
    await index.close();
    await folder.remove();
  });

  const key = (text: string): Buffer => Buffer.from(text, 'latin1');
  const put = (text: string): { key: Buffer; value: Buffer } => ({
    key: key(text),
    value: key(`value of ${text}`),
  });

  async function hold(...texts: readonly string[]): Promise<void> {
    await index.commit({ puts: texts.map(put), deletes: [] });
  }

  const lastKey = (from: string, to: string): string | undefined =>
    index.lastKey({ from: key(from), to: key(to) })?.toString('latin1');

  it('finds what was put, and nothing else', async () => {
    await hold('a', 'b\0', 'b');
    expect(index.get(key('b'))?.toString()).toBe('value of b');
    expect(index.get(key('b\0'))?.toString()).toBe('value of b\0');
    expect(index.get(key('c'))).toBe(undefined);
  });

  it('lets a value be looked at that is longer or shorter than the one before', async () => {
    const long = Buffer.alloc(100_000, 'x');
    await index.commit({ puts: [{ key: key('long'), value: long }, put('a')], deletes: [] });
    for (const [name, length] of [
      ['a', 10],
      ['long', 100_000],
      ['a', 10],
    ] as const) {
      expect(index.peek(key(name), (value) => value.length)).toBe(length);
    }
    expect(index.peek(key('a'), (value) => value.toString())).toBe('value of a');
    expect(index.peek(key('b'), () => true)).toBe(undefined);
  });

  it('changes all that a batch changes', async () => {
    await hold('a', 'b', 'c');
    await index.commit({
      puts: [{ key: key('b'), value: key('new') }, put('d')],
      deletes: [key('a'), key('not there')],
    });
    const range = index.range({ from: key('a'), to: key('z'), limit: 10 });
    expect(range.map((entry) => [entry.key.toString(), entry.value.toString()])).toEqual([
      ['b', 'new'],
      ['c', 'value of c'],
      ['d', 'value of d'],
    ]);
  });

  it('includes where a range begins and leaves out where it ends', async () => {
    await hold('a', 'b', 'c', 'd');
    const keys = (from: string, to: string, limit = 10): string[] =>
      index.keys({ from: key(from), to: key(to), limit }).map((each) => each.toString());
    expect(keys('b', 'd')).toEqual(['b', 'c']);
    expect(keys('b', 'd', 1)).toEqual(['b']);
    expect(keys('b', 'b')).toEqual([]);
    expect(keys('d', 'b')).toEqual([]);
    expect(keys('x', 'z')).toEqual([]);
    expect(index.keys({ from: following(key('b')), to: key('z'), limit: 10 })).toHaveLength(2);
  });

  it('finds the last key of a range, be it the one that the range begins with', async () => {
    await hold('a', 'c', 'e');
    expect(lastKey('a', 'b')).toBe('a');
    expect(lastKey('a', 'c')).toBe('a');
    expect(lastKey('a', 'c\0')).toBe('c');
    expect(lastKey('a', 'z')).toBe('e');
    expect(lastKey('b', 'c')).toBe(undefined);
    expect(lastKey('a', 'a')).toBe(undefined);
    expect(lastKey('f', 'z')).toBe(undefined);
    expect(lastKey('0', '9')).toBe(undefined);
  });

  it('finds the least key that there can be, going backwards too', async () => {
    await hold('\0');
    expect(lastKey('\0', '\x01')).toBe('\0');
    expect(lastKey('\0', '\xff')).toBe('\0');
    expect(lastKey('\0\0', '\xff')).toBe(undefined);
  });

  it('is an ordered map of bytes', async () => {
    const anyKey = fc
      .array(fc.constantFrom('\0', '\x01', 'a', 'b', '\xfe', '\xff'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((characters) => characters.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyKey, { maxLength: 20 }),
        fc.tuple(anyKey, anyKey, fc.nat(5)),
        async (texts, [from, to, limit]) => {
          const all = index.keys({ from: key('\0'), to: key('\xff\xff\xff\xff\xff'), limit: 100 });
          await index.commit({ puts: texts.map(put), deletes: [] });
          const stale = all.filter((each) => !texts.includes(each.toString('latin1')));
          await index.commit({ puts: [], deletes: stale });
          const within = [...texts].sort().filter((text) => text >= from && text < to);
          const found = index.range({ from: key(from), to: key(to), limit });
          expect(found).toEqual(within.slice(0, limit).map(put));
          expect(lastKey(from, to)).toBe(within.at(-1));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('holds what was flushed after it has been closed', async () => {
    await hold('a', 'b');
    await index.flush();
    await index.close();
    index = await open();
    expect(index.keys({ from: key('a'), to: key('z'), limit: 10 })).toHaveLength(2);
  });
});
