import fc from 'fast-check';
import type { ManagedConfig } from '../../../src/messages/config.ts';
import type { RemoveCause } from '../../../src/messages/remove.ts';
import type { SubjectPattern } from '../../../src/subjects/subject.ts';
import { ns, origin, pattern } from '../../support/managed.ts';

/** Few names of two accounts, so that streams overlap and others do not. */
export const NAMES = ['a\0S', 'a\0T', 'b\0S'] as const;
export const DOCUMENT = 'document';
const SUBJECTS = ['x.a', 'x.b', 'x.é.c', 'y'];
const PATTERNS = ['>', 'x.*', 'x.>', '*', 'x.a', 'x.*.c', 'y', 'z'].map(pattern);

/** A publish as it is chosen before anybody knows what the stores hold. */
export interface PlannedPublish {
  readonly kind: 'publish';
  readonly name: string;
  readonly messages: readonly { readonly on: string; readonly body: string }[];
  readonly messageId: string | undefined;
  readonly expects: 'nothing' | 'last' | 'last of subject' | 'wrongly';
  /** How far before each message sequences are left out, where it is a copy to a mirror. */
  readonly gap: number;
  /** A document written beside it, decided on its newest version or on none. */
  readonly beside: 'nothing' | 'right' | 'stale';
}

export interface PlannedFind {
  readonly kind: 'find';
  readonly name: string;
  readonly filter: SubjectPattern | undefined;
  /** Where in the stream, as a part of the way to its last sequence. */
  readonly place: number;
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export type Change =
  | PlannedPublish
  | {
      readonly kind: 'remove';
      readonly name: string;
      readonly places: readonly number[];
      readonly cause: RemoveCause;
    }
  | { readonly kind: 'clear'; readonly name: string }
  | { readonly kind: 'enforce'; readonly name: string; readonly messagesMax: number }
  | { readonly kind: 'drop'; readonly name: string };

export type Step =
  | {
      readonly kind: 'configure';
      readonly name: string;
      readonly special: Partial<ManagedConfig>;
      readonly isStale: boolean;
    }
  | Change
  /** Publishes that do not wait for one another. */
  | { readonly kind: 'together'; readonly publishes: readonly PlannedPublish[] }
  | { readonly kind: 'time'; readonly ms: number }
  | PlannedFind
  | { readonly kind: 'catch up' }
  | { readonly kind: 'reopen' };

const anyName = fc.constantFrom(...NAMES, NAMES[0], NAMES[0]);
const anyPlace = fc.double({ min: 0, max: 1.1, noNaN: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
const rarely = fc.nat(11).map((dice) => dice === 0);

const anySpecial: fc.Arbitrary<Partial<ManagedConfig>> = fc
  .record({
    subjects: fc.uniqueArray(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 2 }),
    discard: fc.constantFrom('old' as const, 'new' as const, 'old' as const),
    messagesMax: maybe(fc.integer({ min: 1, max: 12 })),
    bytesMax: maybe(fc.integer({ min: 10, max: 90 })),
    messagesPerSubjectMax: maybe(fc.integer({ min: 1, max: 5 })),
    messageBytesMax: maybe(fc.integer({ min: 3, max: 12 })),
    maxAgeNs: maybe(fc.integer({ min: 1, max: 6 }).map((seconds) => ns(seconds * 1000))),
    duplicateWindowNs: fc.constantFrom(ns(2000), ns(100_000)),
    denyDelete: rarely,
    denyPurge: rarely,
    sealed: fc.nat(30).map((dice) => dice === 0),
    isMirror: rarely,
  })
  .map(({ isMirror, ...special }) =>
    isMirror ? { ...special, mirror: origin('FAR'), subjects: [] } : special,
  );

const anyPublish: fc.Arbitrary<PlannedPublish> = fc.record({
  kind: fc.constant('publish' as const),
  name: anyName,
  messages: fc.array(
    fc.record({
      on: fc.constantFrom(...SUBJECTS),
      body: fc.nat(10).map((length) => '1'.repeat(length + 1)),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  messageId: maybe(fc.constantFrom('i', 'j', 'k')),
  expects: fc.constantFrom('nothing', 'nothing', 'nothing', 'last', 'last of subject', 'wrongly'),
  gap: fc.nat(3),
  beside: fc.constantFrom('nothing', 'nothing', 'nothing', 'right', 'stale'),
});

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('configure' as const),
      name: anyName,
      special: anySpecial,
      isStale: rarely,
    }),
  },
  { weight: 12, arbitrary: anyPublish },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('together' as const),
      publishes: fc.array(anyPublish, { minLength: 2, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      name: anyName,
      places: fc.array(anyPlace, { maxLength: 6 }),
      cause: fc.constantFrom<RemoveCause>('delete', 'purge', 'trim'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), name: anyName }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('enforce' as const),
      name: anyName,
      messagesMax: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), name: anyName }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.integer({ min: -500, max: 3000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('find' as const),
      name: anyName,
      filter: maybe(fc.constantFrom(...PATTERNS)),
      place: anyPlace,
      messagesMax: fc.integer({ min: 1, max: 8 }),
      bytesMax: fc.constantFrom(0, 5, 20, 1000),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'catch up' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);
