import { nodeFiles } from '../node-files.ts';

// What stands at the beginning of LMDB's file, as far as it tells whether the file is whole. A page
// has a header of 24 bytes. Pages 0 and 1 are meta pages, written in turn; the second half of page
// 0 repeats, from `mapSize` on, the last one that was flushed.
//
//   at  size
//    0   4    magic 0xBEEFC0DE
//    4   4    version 2
//    8   8    address
//   16   8    size of the map
//   24   4    size of a page
//   28   2    flags; 0x1000: not flushed yet
//   64   8    root of the tree of free pages; all ones: it is empty
//  112   8    root of the tree of records; likewise
//  120   8    last page
//  128   8    number of the transaction; 0: there was none

const PAGE_HEADER_BYTES = 24;
const META_BYTES = 144;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const UNFLUSHED = 0x1000;
const EMPTY = 2n ** 64n - 1n;

/** Why a file must not be opened. */
export interface FileDamage {
  readonly byte: number;
  readonly problem: string;
}

interface Meta {
  readonly at: number;
  readonly isFlushed: boolean;
  readonly roots: readonly bigint[];
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * LMDB takes the process down when it opens a file that is not its own, or reads a page behind the
 * file's end. So this looks first, at what LMDB is going to look at.
 */
export async function findDamage(path: string): Promise<FileDamage | undefined> {
  const files = await nodeFiles.list(path);
  if (files?.includes('data.mdb') !== true) return undefined;
  const file = await nodeFiles.open(`${path}/data.mdb`);
  try {
    const size = await file.size();
    if (size === 0) return undefined;
    const start = Buffer.alloc(PAGE_HEADER_BYTES + META_BYTES);
    await file.read(start, 0);
    const pageBytes = start.readUInt32LE(PAGE_HEADER_BYTES + 24);
    if (!isMeta(start) || !isPageSize(pageBytes)) return notOurs(0);
    const head = Buffer.alloc(2 * pageBytes);
    const filled = await file.read(head, 0);
    if (filled < head.length) return truncated(size);
    if (!isMeta(head.subarray(pageBytes))) return notOurs(pageBytes);
    return judge(head, pageBytes, size);
  } finally {
    await file.close();
  }
}

function judge(head: Buffer, pageBytes: number, size: number): FileDamage | undefined {
  const newest = pick(metaAt(head, 0), metaAt(head, pageBytes));
  const { at, roots, lastPage } = pick(newest, metaAt(head, pageBytes / 2));
  if (roots.some((root) => root !== EMPTY && root > lastPage)) return notOurs(at);
  return (lastPage + 1n) * BigInt(pageBytes) > BigInt(size) ? truncated(size) : undefined;
}

/** Which of two LMDB goes on from: the newer if that was flushed, otherwise the older. */
function pick(one: Meta, other: Meta): Meta {
  const [older, newer] = one.transaction >= other.transaction ? [other, one] : [one, other];
  if (other.transaction === 0n) return one;
  return newer.isFlushed ? newer : older;
}

function metaAt(head: Buffer, page: number): Meta {
  const at = page + PAGE_HEADER_BYTES;
  return {
    at: page,
    isFlushed: (head.readUInt16LE(at + 28) & UNFLUSHED) === 0,
    roots: [head.readBigUInt64LE(at + 64), head.readBigUInt64LE(at + 112)],
    lastPage: head.readBigUInt64LE(at + 120),
    transaction: head.readBigUInt64LE(at + 128),
  };
}

function isMeta(page: Buffer): boolean {
  return (
    page.readUInt32LE(PAGE_HEADER_BYTES) === MAGIC &&
    page.readUInt32LE(PAGE_HEADER_BYTES + 4) === VERSION
  );
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}

function notOurs(byte: number): FileDamage {
  return { byte, problem: 'this is no index, or its beginning is damaged' };
}

function truncated(size: number): FileDamage {
  return { byte: size, problem: 'the index ends before its last page' };
}
