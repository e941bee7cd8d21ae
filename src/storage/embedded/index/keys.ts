import type { Position } from '../../../protocol/offset.ts';
import { position } from '../../../protocol/offset.ts';

// The grammar of the index's keys. Numbers are big-endian, so that keys sort as they do.
//
//   "m"                            meta: how far the log has been taken in
//   "h" name                       head of a log
//   "t" name                       tombstone: the name was dropped by a commit not yet taken in
//   "c" logId:6 position:8         chunk of a log's records, by the position of its first, or of
//                                  a managed stream's messages, by the sequence of its first
//   "r" logId:6                    records to reap: those of the log before the position in it
//   "x" dueAtMs:6 name             expiry
//   "g" name, "d" name             a managed stream's head, its tombstone
//   "u" storageId:6 subject        a subject of a managed stream
//   "p" storageId:6 subjectId:6 sequence:6   sequences of a subject, by the first of them
//   "i" storageId:6 id             a message id and what it was given to
//   "j" storageId:6 atMs:6 id      the same by time, to be forgotten

export const META_KEY = Buffer.from('m');

const NAME_KINDS = {
  head: 0x68,
  tombstone: 0x74,
  managed: 0x67,
  managedTombstone: 0x64,
} as const;

export function nameKey(kind: keyof typeof NAME_KINDS, name: string): Buffer {
  const key = Buffer.allocUnsafe(1 + Buffer.byteLength(name));
  key[0] = NAME_KINDS[kind];
  key.write(name, 1);
  return key;
}

/** The name in a key that `nameKey` made. */
export function nameIn(key: Buffer): string {
  return key.toString('utf8', 1);
}

/** All keys of a kind, optionally only those whose name begins with `prefix`. */
export function nameRange(
  kind: keyof typeof NAME_KINDS,
  prefix: string,
): { from: Buffer; to: Buffer } {
  const from = nameKey(kind, prefix);
  return { from, to: after(from) };
}

/** The least key that no key beginning with `prefix` reaches. */
export function after(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  for (let last = next.length - 1; last >= 0; last -= 1) {
    const byte = next[last] ?? 0;
    if (byte < 0xff) {
      next[last] = byte + 1;
      return next.subarray(0, last + 1);
    }
  }
  return Buffer.alloc(1, 0xff);
}

/** The key right behind this one. */
export function following(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

export function chunkKey(logId: number, at: Position): Buffer {
  const key = Buffer.allocUnsafe(15);
  key[0] = 0x63;
  key.writeUIntBE(logId, 1, 6);
  key.writeBigUInt64BE(BigInt(at), 7);
  return key;
}

export function chunkPosition(key: Buffer): Position {
  return position(Number(key.readBigUInt64BE(7)));
}

export function reapKey(logId: number): Buffer {
  const key = Buffer.allocUnsafe(7);
  key[0] = 0x72;
  key.writeUIntBE(logId, 1, 6);
  return key;
}

export function reapedLog(key: Buffer): number {
  return key.readUIntBE(1, 6);
}

export const REAP_RANGE = { from: Buffer.from('r'), to: Buffer.from('s') };

export function dueKey(dueAtMs: number, name: string): Buffer {
  const key = Buffer.allocUnsafe(7 + Buffer.byteLength(name));
  key[0] = 0x78;
  key.writeUIntBE(Math.min(dueAtMs, 2 ** 48 - 1), 1, 6);
  key.write(name, 7);
  return key;
}

export function nameInDue(key: Buffer): string {
  return key.toString('utf8', 7);
}

/** Everything that is due at `nowMs` or before. */
export function dueRange(nowMs: number): { from: Buffer; to: Buffer } {
  return { from: Buffer.from('x'), to: dueKey(nowMs + 1, '') };
}
