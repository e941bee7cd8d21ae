import fc from 'fast-check';

/** Where streams may be. The buckets are named anew for each run. */
export const PLACES = ['s0', 's1', 's2', 'b0/x', 'b0/xy', 'b1/x'] as const;
export const BUCKETS = ['b0', 'b1'] as const;

export type Place = (typeof PLACES)[number];
export type Bucket = (typeof BUCKETS)[number];

/** A place, or the number of a stream among those that are there. */
export type Target = Place | number;

/** A tag as a client may know it. */
export type TagChoice = 'none' | 'any' | 'current' | 'old' | 'foreign';

export interface ProducerChoice {
  readonly id: 'p' | 'q' | 'r';
  readonly epoch: 'same' | 'next' | 'before';
  readonly seq: 'next' | 'repeated' | 'skipping' | 'zero';
}

/** A place in a stream: by the number of a record, the tail included, or one that is none. */
export type OffsetChoice = number | 'inside' | 'beyond';

export interface ForkChoice {
  readonly source: Target;
  readonly at: OffsetChoice | 'omitted';
  readonly sub: number;
}

interface WriteChoice {
  readonly place: Target;
  readonly body: string;
  readonly closes: boolean;
  readonly streamSeq: string | undefined;
  readonly producer: ProducerChoice | undefined;
  readonly ifMatch: TagChoice;
}

/** One thing that a client does, or that happens. */
export type Step =
  | (WriteChoice & {
      readonly kind: 'create';
      readonly type: string | undefined;
      readonly lifetime: 'none' | 'sliding' | 'soon' | 'late';
      readonly ifNoneMatch: boolean;
      readonly fork: ForkChoice | undefined;
    })
  | (WriteChoice & { readonly kind: 'append'; readonly type: 'right' | 'wrong' | 'missing' })
  | { readonly kind: 'delete'; readonly place: Target; readonly ifMatch: TagChoice }
  | { readonly kind: 'head'; readonly place: Target }
  | { readonly kind: 'read'; readonly place: Target; readonly from: OffsetChoice | '-1' | 'now' }
  | {
      readonly kind: 'poll' | 'follow';
      readonly place: Target;
      readonly from: number | '-1';
    }
  | { readonly kind: 'read-all'; readonly place: Target }
  | { readonly kind: 'put-bucket' | 'delete-bucket' | 'get-bucket'; readonly bucket: Bucket }
  | {
      readonly kind: 'list';
      readonly bucket: Bucket;
      readonly prefix: string;
      readonly after: string;
      readonly limit: number;
    }
  | { readonly kind: 'wait' }
  | { readonly kind: 'restart' };

const anyPlace = fc.constantFrom(...PLACES);
const place = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: PLACES.length - 1 }) },
  { weight: 1, arbitrary: anyPlace },
);
const bucket = fc.constantFrom(...BUCKETS);
const often = <T, U>(weight: number, usual: T, others: readonly U[]): fc.Arbitrary<T | U> =>
  fc.oneof(
    { weight, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** Given once in so many times. */
const onceIn = <T>(times: number, given: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: times - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: given },
  );

const body = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom('1', '[1,2]', '"three"', '[[4],{"five":5}]', '"0123456789 longer"'),
  },
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom('[]', '{"broken":', 'no JSON') },
);
const producer = fc.record({
  id: fc.constantFrom('p' as const, 'q' as const, 'r' as const),
  epoch: often(8, 'same' as const, ['next', 'before'] as const),
  seq: often(3, 'next' as const, ['repeated', 'skipping', 'zero'] as const),
});
const recordNumber = fc.nat({ max: 8 });
const offset = fc.oneof(
  { weight: 6, arbitrary: recordNumber },
  { weight: 2, arbitrary: fc.constantFrom('inside' as const, 'beyond' as const) },
);
const fork = fc.record({
  source: place,
  at: fc.oneof(
    { weight: 2, arbitrary: fc.constant('omitted' as const) },
    { weight: 5, arbitrary: offset },
  ),
  sub: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
});
const tag = often(3, 'none' as const, ['current', 'current', 'any', 'old', 'foreign'] as const);
const write = {
  body,
  closes: often(12, false, [true]),
  streamSeq: onceIn(5, fc.constantFrom('a', 'b', 'c', 'd')),
};

const create = fc.record({
  kind: fc.constant('create' as const),
  ...write,
  place: fc.oneof({ weight: 6, arbitrary: anyPlace }, { weight: 1, arbitrary: place }),
  producer: onceIn(5, producer),
  ifMatch: often(15, 'none' as const, ['current', 'any', 'old', 'foreign'] as const),
  type: onceIn(2, fc.constantFrom('application/json', 'application/json', 'text/plain')),
  lifetime: often(6, 'none' as const, ['sliding', 'soon', 'late'] as const),
  ifNoneMatch: often(10, false, [true]),
  fork: onceIn(2, fork),
});
const append = fc.record({
  kind: fc.constant('append' as const),
  ...write,
  place,
  producer: onceIn(2, producer),
  ifMatch: tag,
  type: often(15, 'right' as const, ['wrong', 'missing'] as const),
});
const read = fc.record({
  kind: fc.constant('read' as const),
  place,
  from: fc.oneof(
    { weight: 3, arbitrary: offset },
    { weight: 1, arbitrary: fc.constantFrom('-1' as const, 'now' as const) },
  ),
});
const follow = fc.record({
  kind: fc.constantFrom('follow' as const, 'poll' as const),
  place,
  from: fc.oneof(recordNumber, fc.constant('-1' as const)),
});
const look = fc.record({ kind: fc.constantFrom('head' as const, 'read-all' as const), place });
const remove = fc.record({ kind: fc.constant('delete' as const), place, ifMatch: tag });
const onBucket = fc.record({
  kind: fc.constantFrom(
    'put-bucket' as const,
    'put-bucket' as const,
    'get-bucket' as const,
    'delete-bucket' as const,
  ),
  bucket,
});
const list = fc.record({
  kind: fc.constant('list' as const),
  bucket,
  prefix: fc.constantFrom('', 'x', 'xy', 'z'),
  after: fc.constantFrom('', 'x', 'w'),
  limit: fc.constantFrom(1, 2, 1000),
});
const happening = fc.record({ kind: fc.constantFrom('wait' as const, 'restart' as const) });

const step = fc.oneof(
  { weight: 8, arbitrary: create },
  { weight: 14, arbitrary: append },
  { weight: 6, arbitrary: read },
  { weight: 4, arbitrary: follow },
  { weight: 5, arbitrary: look },
  { weight: 2, arbitrary: remove },
  { weight: 2, arbitrary: onBucket },
  { weight: 2, arbitrary: list },
  { weight: 2, arbitrary: happening },
);

export const steps: fc.Arbitrary<Step[]> = fc.array<Step>(step, {
  minLength: 1,
  maxLength: 80,
  size: 'max',
});
