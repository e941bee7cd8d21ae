import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { position } from '../../../../src/protocol/offset.ts';
import {
  after,
  chunkKey,
  chunkPosition,
  dueKey,
  dueRange,
  META_KEY,
  nameIn,
  nameInDue,
  nameKey,
  nameRange,
  REAP_RANGE,
  reapedLog,
  reapKey,
} from '../../../../src/storage/embedded/index/keys.ts';
import { anyPosition, anyText } from '../../../support/arbitraries.ts';

const anyLogId = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1), fc.constant(2 ** 48 - 1));
const anyDue = fc.oneof(fc.nat(300), fc.constantFrom(Date.UTC(9999, 0), 2 ** 48 - 2));

function isWithin(key: Buffer, { from, to }: { from: Buffer; to: Buffer }): boolean {
  return key.compare(from) >= 0 && key.compare(to) < 0;
}

describe('the keys of the index', () => {
  it('lead back to what they were made of', () => {
    fc.assert(
      fc.property(anyText, anyLogId, anyPosition, anyDue, (name, logId, at, dueAtMs) => {
        expect(nameIn(nameKey('head', name))).toBe(name);
        expect(nameIn(nameKey('tombstone', name))).toBe(name);
        expect(chunkPosition(chunkKey(logId, at))).toBe(at);
        expect(reapedLog(reapKey(logId))).toBe(logId);
        expect(nameInDue(dueKey(dueAtMs, name))).toBe(name);
      }),
    );
  });

  it('of chunks sort by log and then by position', () => {
    fc.assert(
      fc.property(anyLogId, anyPosition, anyLogId, anyPosition, (log, at, otherLog, otherAt) => {
        const expected = Math.sign(log - otherLog || at - otherAt);
        expect(chunkKey(log, at).compare(chunkKey(otherLog, otherAt))).toBe(expected);
      }),
    );
  });

  it('of names sort as the UTF-8 of the names does', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const expected = Buffer.from(one).compare(Buffer.from(other));
        expect(nameKey('head', one).compare(nameKey('head', other))).toBe(expected);
      }),
    );
  });

  it('of one kind never lie in the range of another', () => {
    fc.assert(
      fc.property(anyText, anyLogId, anyPosition, anyDue, (name, logId, at, dueAtMs) => {
        const keys = [
          META_KEY,
          nameKey('head', name),
          nameKey('tombstone', name),
          chunkKey(logId, at),
          reapKey(logId),
          dueKey(dueAtMs, name),
        ];
        const ranges = [
          nameRange('head', ''),
          nameRange('tombstone', ''),
          REAP_RANGE,
          dueRange(2 ** 48 - 2),
        ];
        const found = ranges.map((range) =>
          keys.flatMap((key, kind) => (isWithin(key, range) ? kind : [])),
        );
        expect(found).toEqual([[1], [2], [4], [5]]);
      }),
    );
  });
});

describe('a range of names', () => {
  it('holds exactly the names that begin with the prefix', () => {
    const anyShort = fc.string({
      maxLength: 3,
      unit: fc.constantFrom('a', 'b', '\xff', '😀', '\0'),
    });
    fc.assert(
      fc.property(anyShort, anyShort, (prefix, name) => {
        const isInside = isWithin(nameKey('head', name), nameRange('head', prefix));
        expect(isInside).toBe(name.startsWith(prefix));
      }),
    );
  });

  it('ends where no key with the prefix reaches', () => {
    expect(after(Buffer.from([1, 2]))).toEqual(Buffer.from([1, 3]));
    expect(after(Buffer.from([1, 0xff, 0xff]))).toEqual(Buffer.from([2]));
  });
});

describe('the range of what is due', () => {
  it('holds what is due by then and nothing later', () => {
    fc.assert(
      fc.property(anyDue, anyDue, anyText, (dueAtMs, nowMs, name) => {
        expect(isWithin(dueKey(dueAtMs, name), dueRange(nowMs))).toBe(dueAtMs <= nowMs);
      }),
    );
  });
});

describe('the chunks of a log', () => {
  it('lie between its first and its last possible position', () => {
    const first = chunkKey(7, position(0));
    const end = chunkKey(7, position(Number.MAX_SAFE_INTEGER));
    expect(isWithin(chunkKey(7, position(5)), { from: first, to: end })).toBe(true);
    expect(isWithin(chunkKey(8, position(0)), { from: first, to: end })).toBe(false);
    expect(isWithin(chunkKey(6, position(5)), { from: first, to: end })).toBe(false);
  });
});
