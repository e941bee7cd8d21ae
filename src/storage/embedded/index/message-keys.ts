import { after } from './keys.ts';

// The keys under a managed stream's storage id; their grammar is in keys.ts.

const SUBJECT = 0x75;
const POSTING = 0x70;
const ID = 0x69;
const ID_TIME = 0x6a;

function prefixed(kind: number, storageId: number, text = '', extra = 0): Buffer {
  const key = Buffer.allocUnsafe(7 + extra + Buffer.byteLength(text));
  key[0] = kind;
  key.writeUIntBE(storageId, 1, 6);
  key.write(text, 7 + extra);
  return key;
}

export function subjectKey(storageId: number, subject: string): Buffer {
  return prefixed(SUBJECT, storageId, subject);
}

export function subjectIn(key: Buffer): string {
  return key.toString('utf8', 7);
}

/** The subjects of a stream that begin so. */
export function subjectRange(storageId: number, prefix: string): { from: Buffer; to: Buffer } {
  const from = subjectKey(storageId, prefix);
  return { from, to: after(from) };
}

/** Sequences are written in six bytes. */
export const LAST_SEQ = 2 ** 48 - 1;

export function postingKey(storageId: number, subjectId: number, firstSeq: number): Buffer {
  const key = prefixed(POSTING, storageId, '', 12);
  key.writeUIntBE(subjectId, 7, 6);
  key.writeUIntBE(firstSeq, 13, 6);
  return key;
}

export function idKey(storageId: number, id: string): Buffer {
  return prefixed(ID, storageId, id);
}

export function idTimeKey(storageId: number, atMs: number, id: string): Buffer {
  const key = prefixed(ID_TIME, storageId, id, 6);
  key.writeUIntBE(atMs, 7, 6);
  return key;
}

/** Everything of before a time. */
export function idTimeRange(storageId: number, beforeMs: number): { from: Buffer; to: Buffer } {
  return { from: prefixed(ID_TIME, storageId), to: idTimeKey(storageId, beforeMs, '') };
}

export function idInTime(key: Buffer): string {
  return key.toString('utf8', 13);
}

/** All that is kept under a storage id besides its chunks. */
export function rowRanges(storageId: number): { from: Buffer; to: Buffer }[] {
  return [SUBJECT, POSTING, ID, ID_TIME].map((kind) => {
    const from = prefixed(kind, storageId);
    return { from, to: after(from) };
  });
}
