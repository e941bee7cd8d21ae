import fc from 'fast-check';
import type { Limits, ModelPurge, NewModelMessage } from './model.ts';

export const LIMITS = [
  'messagesMax',
  'bytesMax',
  'messagesPerSubjectMax',
  'maxAgeNs',
  'messageBytesMax',
] as const;
export type LimitName = (typeof LIMITS)[number];
type LimitValues = { readonly [Name in LimitName]?: number };

/** What may happen to a stream. Places are parts of the way from its first sequence to its last. */
export type Step =
  | { readonly kind: 'publish'; readonly batch: readonly NewModelMessage[] }
  | { readonly kind: 'delete'; readonly places: readonly number[] }
  | { readonly kind: 'purge'; readonly request: ModelPurge; readonly upToPlace?: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'configure'; readonly limits: Partial<Limits> };

// Small enough that every limit is met again and again, alone and with the others.
const VALUES: Readonly<Record<LimitName, fc.Arbitrary<number>>> = {
  messagesMax: fc.integer({ min: 1, max: 14 }),
  bytesMax: fc.integer({ min: 4, max: 60 }),
  messagesPerSubjectMax: fc.integer({ min: 1, max: 7 }),
  maxAgeNs: fc.integer({ min: 1, max: 60 }).map((ms) => ms * 1_000_000 - 1),
  messageBytesMax: fc.integer({ min: 1, max: 9 }),
};

const anyMessage: fc.Arbitrary<NewModelMessage> = fc.record({
  subject: fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c.é', 'c.d'),
  body: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('1', '22', '333') },
    fc.integer({ min: 4, max: 10 }).map((length) => '4'.repeat(length)),
  ),
});

const anyPlace = fc.double({ min: 0, max: 1.2, noNaN: true });
const anySubject = fc.constantFrom('a', 'b', 'c.*', '>', '*', 'c.é');

const anyPurge: fc.Arbitrary<Step> = fc
  .record({
    subject: fc.option(anySubject, { nil: undefined }),
    rest: fc.oneof(
      fc.nat(5).map((keep) => ({ keep })),
      anyPlace.map((upToPlace) => ({ upToPlace })),
      fc.constant({}),
    ),
  })
  .map(({ subject, rest }) => {
    const filter = subject === undefined ? {} : { subject };
    if ('keep' in rest) return { kind: 'purge', request: { ...filter, ...rest } };
    return { kind: 'purge', request: filter, ...rest };
  });

/** Values for the limits, and for no other. */
export function anyLimits(names: readonly LimitName[]): fc.Arbitrary<LimitValues> {
  return fc.record(VALUES).map((all) => only(names, all));
}

function only(names: readonly LimitName[], values: LimitValues): LimitValues {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

export function anySteps(
  names: readonly LimitName[],
  discards: readonly Limits['discard'][],
): fc.Arbitrary<Step[]> {
  const some = fc
    .tuple(anyLimits(names), fc.oneof(fc.subarray([...names]), fc.constant(names)))
    .map(([limits, changed]) => only(changed, limits));
  const discard = fc.constantFrom(...discards.map((each) => ({ discard: each })));
  const configure = fc.tuple(some, discard).map(([values, how]): Step => {
    return { kind: 'configure', limits: { ...values, ...how } };
  });
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('publish' as const),
        batch: fc.oneof(
          { weight: 3, arbitrary: fc.array(anyMessage, { minLength: 1, maxLength: 1 }) },
          fc.array(anyMessage, { minLength: 2, maxLength: 12 }),
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('delete' as const),
        places: fc.array(anyPlace, { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 1, arbitrary: anyPurge },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('time' as const),
        ms: fc.integer({ min: -15, max: 40 }),
      }),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'sweep' }) },
    { weight: 4, arbitrary: configure },
  );
  return fc.array(anyStep, { minLength: 5, maxLength: 60, size: 'max' });
}
