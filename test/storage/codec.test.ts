import type { LoggedMessageOp } from '../../src/storage/embedded/messages/message-ops.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, MalformedBytes } from '../../src/lib/byte-reader.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { position } from '../../src/protocol/offset.ts';
import { NO_RECORDS } from '../../src/protocol/records.ts';
import { evolve, type LogState } from '../../src/protocol/state.ts';
import { decodeChange, encodeChange } from '../../src/storage/embedded/change-codec.ts';
import { decodeState, encodeState } from '../../src/storage/embedded/codec.ts';
import {
  boundOf,
  decodeOp,
  encodeOp,
  type LoggedOp,
} from '../../src/storage/embedded/ops-codec.ts';
import {
  anyChange,
  anyNumber,
  anyPosition,
  anyRecordBytes,
  anyState,
  anyStreamState,
  anyText,
  lying,
  plain,
} from '../support/arbitraries.ts';
import { contentType, producersOf, records, streamState } from '../support/states.ts';

/** What `write` writes, between bytes that are none of its business. */
function written(write: (out: ByteWriter) => void): { bytes: Buffer; reader: ByteReader } {
  const out = new ByteWriter(8);
  out.u8(0xaa);
  write(out);
  const end = out.length;
  out.u8(0xbb);
  const bytes = out.copy();
  return { bytes: bytes.subarray(1, end), reader: new ByteReader(bytes, 1, end) };
}

function stateBytes(state: LogState): ByteReader {
  return written((out) => {
    encodeState(state, out);
  }).reader;
}

/** Reads damaged bytes as somebody would whose checksum has let them pass. */
function survives(bytes: Buffer, read: (from: ByteReader) => unknown): void {
  try {
    read(new ByteReader(bytes));
  } catch (error) {
    const isForeseen = error instanceof MalformedBytes || error instanceof RangeError;
    if (!isForeseen) throw error;
  }
}

describe('a state on disk', () => {
  it('is read back as it was written, to the last byte', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { reader } = written((out) => {
          encodeState(state, out);
        });
        expect(plain(decodeState(reader))).toEqual(plain(state));
        expect(reader.done).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused when its bytes end early, wherever they do', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { bytes } = written((out) => {
          encodeState(state, out);
        });
        for (let length = 0; length < bytes.length; length += 1) {
          const cut = new ByteReader(bytes.subarray(0, length));
          expect(() => decodeState(cut)).toThrow(MalformedBytes);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('of an unknown kind or a malformed content type is refused', () => {
    expect(() => decodeState(new ByteReader(Buffer.from([4, 0, 0])))).toThrow(MalformedBytes);
    const { bytes } = written((out) => {
      encodeState(streamState(), out);
    });
    const flags = Buffer.from(bytes.subarray(0, 2));
    const type = (...code: number[]): ByteReader =>
      new ByteReader(Buffer.concat([flags, Buffer.from(code), Buffer.alloc(20)]));
    expect(() => decodeState(type(0, 3, 0x61, 0x2f, 0x62))).not.toThrow();
    expect(() => decodeState(type(0, 3, 0x61, 0x20, 0x62))).toThrow(MalformedBytes);
    expect(() => decodeState(type(99))).toThrow(MalformedBytes);
  });

  it('does not hold the server when it is damaged', () => {
    fc.assert(
      fc.property(anyState, fc.nat(), fc.nat(255), (state, at, byte) => {
        const { bytes } = written((out) => {
          encodeState(state, out);
        });
        bytes[at % bytes.length] = byte;
        survives(bytes, decodeState);
      }),
    );
  });
});

describe('a change on disk', () => {
  it('is read back as it was written, to the last byte', () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const { reader } = written((out) => {
          encodeChange(change, out);
        });
        expect(decodeChange(reader)).toEqual(change);
        expect(reader.done).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does to a replayed state what it did to the state', () => {
    fc.assert(
      fc.property(anyStreamState, fc.array(anyChange, { maxLength: 5 }), (state, changes) => {
        let live: LogState = { ...state, forkCount: 100 };
        let replayed = decodeState(stateBytes(live));
        for (const change of changes) {
          live = evolve(live, change);
          const { reader } = written((out) => {
            encodeChange(change, out);
          });
          replayed = evolve(replayed, decodeChange(reader));
        }
        expect(plain(replayed)).toEqual(plain(live));
      }),
    );
  });

  it('of an unknown kind is refused', () => {
    for (const kind of [0, 7, 255]) {
      expect(() => decodeChange(new ByteReader(Buffer.from([kind, 0])))).toThrow(MalformedBytes);
    }
  });
});

describe('an op on disk', () => {
  const anyOp = fc.oneof<fc.MaybeWeightedArbitrary<LoggedOp>[]>(
    fc.record({
      kind: fc.constant('create' as const),
      name: anyText,
      logId: anyNumber,
      start: anyPosition,
      state: anyState,
      records: anyRecordBytes,
    }),
    fc.record({
      kind: fc.constant('append' as const),
      name: anyText,
      at: anyPosition,
      change: anyChange,
      records: anyRecordBytes,
    }),
    fc.record({ kind: fc.constant('delete' as const), name: anyText }),
    fc.record({ kind: fc.constant('trim' as const), name: anyText, before: anyPosition }),
  );
  const comparable = (op: LoggedOp | LoggedMessageOp): object => ({
    ...op,
    ...('state' in op ? { state: plain(op.state) } : {}),
    ...('records' in op ? { records: lying(op.records) } : {}),
  });

  it('is read back as it was written, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 4 }), (ops) => {
        const { reader } = written((out) => {
          for (const op of ops) encodeOp(op, out);
        });
        const back: object[] = [];
        while (!reader.done) back.push(comparable(decodeOp(reader)));
        expect(back).toEqual(ops.map(comparable));
      }),
      { numRuns: 300 },
    );
  });

  it('says where its records now lie', () => {
    fc.assert(
      fc.property(anyOp, (op) => {
        const out = new ByteWriter(1 << 16);
        const place = encodeOp(op, out);
        const own = 'records' in op && op.records.bytes > 0 ? op.records : undefined;
        expect(place && lying(place)).toEqual(own && lying(own));
        if (place !== undefined) expect(place.source).toBe(out.buffer);
      }),
    );
  });

  it('of an unknown kind is refused', () => {
    expect(() => decodeOp(new ByteReader(Buffer.from([9, 0])))).toThrow(MalformedBytes);
  });

  it('takes no more than was set aside for it, with every text and number at its longest', () => {
    const most = Number.MAX_SAFE_INTEGER;
    // Header values arrive as Latin-1 and are stored as UTF-8: up to two bytes a character.
    const header = '\xe9'.repeat(256);
    const name = 'n'.repeat(1100);
    const producer = { id: header, epoch: most, seq: most };
    const type = contentType(`text/${'x'.repeat(251)}`);
    const at = position(most);
    const state = streamState({
      contentType: type,
      createdAtMs: most,
      lastWriteAtMs: most,
      expiry: { kind: 'at', atMs: most, text: 'x'.repeat(35) },
      leaseUntilMs: most,
      closedBy: producer,
      streamSeq: header,
      producers: producersOf({ [header]: { epoch: most, seq: most, lastWriteAtMs: most } }),
      fork: { source: name, at, requestedAt: position(most - 1), requestedSub: most },
      forkCount: most,
    });
    const texts = records(...Array.from({ length: 500 }, (_, index) => 'r'.repeat(index + 1)));
    const change = {
      kind: 'written',
      atMs: most,
      streamSeq: header,
      producer,
      evicted: header,
      closes: true,
    } as const;
    const expected = 1;
    const { lengths } = texts;
    const lain = { source: texts.bytes, from: 0, bytes: texts.bytes.length, lengths };
    const none = { source: NO_RECORDS.bytes, from: 0, bytes: 0, lengths: [] };
    const pairs = [
      {
        op: { kind: 'create', name, expected, start: at, state, records: texts },
        logged: { kind: 'create', name, logId: most, start: at, state, records: lain },
      },
      {
        op: { kind: 'append', name, expected, change, records: texts },
        logged: { kind: 'append', name, at, change, records: lain },
      },
      {
        op: { kind: 'append', name, expected, change, records: NO_RECORDS },
        logged: { kind: 'append', name, at, change, records: none },
      },
      { op: { kind: 'delete', name, expected }, logged: { kind: 'delete', name } },
      {
        op: { kind: 'trim', name, expected, before: at },
        logged: { kind: 'trim', name, before: at },
      },
    ] as const;
    for (const { op, logged } of pairs) {
      const out = new ByteWriter();
      encodeOp(logged, out);
      expect(boundOf([op])).toBeGreaterThanOrEqual(out.length);
    }
  });
});
