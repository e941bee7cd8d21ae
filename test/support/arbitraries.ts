import fc from 'fast-check';
import { position, type Position } from '../../src/protocol/offset.ts';
import type { Records } from '../../src/protocol/records.ts';
import type {
  BucketState,
  Expiry,
  ForkOrigin,
  LogState,
  ProducerState,
  ProducerTuple,
  StreamChange,
  StreamState,
} from '../../src/protocol/state.ts';
import type { RecordBytes } from '../../src/storage/embedded/record-bytes.ts';
import { contentType, producersOf } from './states.ts';
import { isWellFormed } from './text.ts';

/** Any number that can be stored, small ones and the edges of their encodings more often. */
export const anyNumber = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);

export const anyPosition: fc.Arbitrary<Position> = anyNumber.map(position);

/** Any text that a client can bring into a state. */
export const anyText = fc.string({ maxLength: 30, unit: 'binary' }).filter(isWellFormed);

const anyContentType = fc
  .constantFrom('text/plain', 'application/json', 'Text/X; a="b;c"')
  .map(contentType);

const anyExpiry: fc.Arbitrary<Expiry> = fc.oneof(
  fc.record({ kind: fc.constant('never' as const) }),
  fc.record({ kind: fc.constant('ttl' as const), seconds: anyNumber }),
  fc.record({ kind: fc.constant('at' as const), atMs: anyNumber, text: anyText }),
);

export const anyProducer: fc.Arbitrary<ProducerTuple> = fc.record({
  id: anyText,
  epoch: anyNumber,
  seq: anyNumber,
});

const anyProducerState: fc.Arbitrary<ProducerState> = fc.record({
  epoch: anyNumber,
  seq: anyNumber,
  lastWriteAtMs: anyNumber,
});

const anyFork: fc.Arbitrary<ForkOrigin> = fc.record({
  source: anyText,
  at: anyPosition,
  // Stored as one more than it is.
  requestedAt: fc.option(fc.nat(2 ** 31 - 1).map(position), { nil: undefined }),
  requestedSub: anyNumber,
});

export const anyStreamState: fc.Arbitrary<StreamState> = fc.record({
  kind: fc.constant('stream' as const),
  contentType: anyContentType,
  createdAtMs: anyNumber,
  lastWriteAtMs: anyNumber,
  expiry: anyExpiry,
  leaseUntilMs: anyNumber,
  closed: fc.boolean(),
  closedBy: fc.option(anyProducer, { nil: undefined }),
  streamSeq: fc.option(anyText, { nil: undefined }),
  producers: fc.dictionary(anyText, anyProducerState, { maxKeys: 40 }).map(producersOf),
  fork: fc.option(anyFork, { nil: undefined }),
  forkCount: anyNumber,
  softDeleted: fc.boolean(),
});

const anyBucketState: fc.Arbitrary<BucketState> = fc.record({
  kind: fc.constant('bucket' as const),
  createdAtMs: anyNumber,
});

export const anyState: fc.Arbitrary<LogState> = fc.oneof(
  { weight: 5, arbitrary: anyStreamState },
  anyBucketState,
  fc.record({ kind: fc.constant('document' as const), text: anyText }),
);

export const anyChange: fc.Arbitrary<StreamChange> = fc.oneof(
  fc.record({
    kind: fc.constant('written' as const),
    atMs: anyNumber,
    streamSeq: fc.option(anyText, { nil: undefined }),
    producer: fc.option(anyProducer, { nil: undefined }),
    evicted: fc.option(anyText, { nil: undefined }),
    closes: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('renewed' as const), leaseUntilMs: anyNumber }),
  fc.record({ kind: fc.constant('replaced' as const), text: anyText }),
  fc.constantFrom<StreamChange>(
    { kind: 'fork-added' },
    { kind: 'fork-removed' },
    { kind: 'soft-deleted' },
  ),
);

/** Records where they lie in a larger buffer. */
export const anyRecordBytes: fc.Arbitrary<RecordBytes> = fc
  .tuple(fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 5 }), fc.nat(9))
  .map(([parts, from]) => {
    const all = Buffer.concat(parts);
    return {
      source: Buffer.concat([Buffer.alloc(from, 1), all, Buffer.alloc(from, 2)]),
      from,
      bytes: all.length,
      lengths: parts.map((part) => part.length),
    };
  });

/** The records themselves, wherever they lie. */
export function lying({ source, from, bytes, lengths }: RecordBytes): Records {
  return { bytes: Buffer.from(source.subarray(from, from + bytes)), lengths };
}

/** A state as plain data, for comparing: the shards of its producers are nobody's business. */
export function plain(state: LogState): object {
  if (state.kind !== 'stream') return state;
  return { ...state, producers: new Map(state.producers.entries()) };
}
