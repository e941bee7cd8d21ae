import fc from 'fast-check';
import type { Records } from '../../src/protocol/records.ts';
import type { Expiry, LogState, StreamChange } from '../../src/protocol/state.ts';
import type { Op } from '../../src/storage/port.ts';
import { NOW_MS, streamState } from '../support/states.ts';

/** Few names, so that ops meet; some begin with others, and some sort otherwise as UTF-8. */
export const NAMES = ['a', 'ab', 'b', '\uffee', '😀'];

/** An op as it is chosen before anybody knows what the stores hold. */
export interface PlannedOp {
  readonly kind: Op['kind'];
  readonly name: string;
  /** Expect a version that `latest` does not show. */
  readonly isStale: boolean;
  readonly state: LogState;
  readonly change: StreamChange;
  readonly records: Records;
  /** Where in the log, as a part of the way from its start to its tail. */
  readonly place: number;
}

export type Command =
  /** Commits of some ops each, made without waiting for one another. */
  | { readonly kind: 'commit'; readonly commits: readonly (readonly PlannedOp[])[] }
  | {
      readonly kind: 'read';
      readonly name: string;
      readonly place: number;
      readonly bytesMax: number;
    }
  | {
      readonly kind: 'list';
      readonly prefix: string;
      readonly after: string | undefined;
      readonly limit: number;
    }
  | { readonly kind: 'due'; readonly nowMs: number }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'kill' };

const anyName = fc.constantFrom(...NAMES);
const anyTime = fc.integer({ min: NOW_MS, max: NOW_MS + 5000 });
const anyPlace = fc.double({ min: -0.2, max: 1.2, noNaN: true });

const anyExpiry: fc.Arbitrary<Expiry> = fc.oneof(
  fc.constant<Expiry>({ kind: 'never' }),
  fc.record({ kind: fc.constant('ttl' as const), seconds: fc.nat(4) }),
  fc.record({ kind: fc.constant('at' as const), atMs: anyTime, text: fc.constant('then') }),
);

const anyState: fc.Arbitrary<LogState> = fc.oneof(
  { weight: 4, arbitrary: anyExpiry.map((expiry) => streamState({ expiry, forkCount: 100 })) },
  fc.constant<LogState>({ kind: 'bucket', createdAtMs: NOW_MS }),
);

const anyChange: fc.Arbitrary<StreamChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('written' as const),
      atMs: anyTime,
      streamSeq: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
      producer: fc.option(
        fc.record({ id: fc.constantFrom('p', 'q', 'r'), epoch: fc.nat(2), seq: fc.nat(2) }),
        { nil: undefined },
      ),
      evicted: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
      closes: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('renewed' as const), leaseUntilMs: anyTime }),
  fc.constantFrom<StreamChange>(
    { kind: 'fork-added' },
    { kind: 'fork-removed' },
    { kind: 'soft-deleted' },
  ),
);

const anyRecords: fc.Arbitrary<Records> = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 12 }), { maxLength: 4 })
  .map((parts) => ({ bytes: Buffer.concat(parts), lengths: parts.map((part) => part.length) }));

const KINDS: readonly Op['kind'][] = [
  ...(['append', 'append', 'append', 'append'] as const),
  ...(['create', 'create', 'trim', 'delete', 'guard'] as const),
];

const anyPlannedOp: fc.Arbitrary<PlannedOp> = fc.record({
  kind: fc.constantFrom(...KINDS),
  name: anyName,
  isStale: fc.nat(9).map((dice) => dice === 0),
  state: anyState,
  change: anyChange,
  records: anyRecords,
  place: anyPlace,
});

/** One op a log, as the port wants it. */
const anyCommit = fc.uniqueArray(anyPlannedOp, {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: 4,
});

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      commits: fc.array(anyCommit, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      name: anyName,
      place: anyPlace,
      bytesMax: fc.constantFrom(0, 1, 7, 20, 64, 1000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      prefix: fc.constantFrom('', 'a', 'ab', '😀', 'x'),
      after: fc.option(fc.constantFrom(...NAMES, 'aa', 'z'), { nil: undefined }),
      limit: fc.nat(6),
    }),
  },
  { weight: 2, arbitrary: anyTime.map((nowMs) => ({ kind: 'due' as const, nowMs })) },
  { weight: 3, arbitrary: fc.constant({ kind: 'checkpoint' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
);
