import type { Clock } from '../lib/clock.ts';
import type { MaybePromise } from '../lib/maybe-promise.ts';
import { decideAppend } from '../protocol/append.ts';
import { OCTET_STREAM, type ContentType } from '../protocol/content-type.ts';
import { decideCreate, type ForkPoint } from '../protocol/create.ts';
import type { TagList } from '../protocol/etag.ts';
import { isExpired, renewedLease } from '../protocol/expiry.ts';
import { standing } from '../protocol/head.ts';
import type { ProducerLimits } from '../protocol/producer.ts';
import { NO_RECORDS, toRecords, type BodyLimits, type Records } from '../protocol/records.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { decideRemove } from '../protocol/remove.ts';
import type { CreateRequest, WriteRequest } from '../protocol/request.ts';
import { ABSENT, type LogStore, type Op, type StoredHead } from '../storage/port.ts';
import { loadAncestors, releaseOps, type NamedHead } from './ancestors.ts';
import { resolveForkPoint } from './fork-point.ts';
import type { StreamRef } from './names.ts';
import { asStreamHead, isStreamHead, type StreamHead } from './stream-head.ts';
import { refused, refusedAsCorrupt, transact, type Plan, type Refused } from './transact.ts';

export type CreateOutcome = { kind: 'created' | 'exists'; head: StreamHead } | Refused;

export type AppendOutcome =
  | { kind: 'appended' | 'closed-already'; head: StreamHead }
  | { kind: 'duplicate'; head: StreamHead; epoch: number; highestSeq: number }
  | Refused;

export type RemoveOutcome = { kind: 'removed' } | Refused;

export type FindOutcome = { kind: 'found'; name: string; head: StreamHead } | Refused;

export interface StreamLimits extends ProducerLimits, BodyLimits {
  /** How many forks of forks a stream may be away from its first source. */
  readonly forkDepthMax: number;
}

/** Says why an account may not have that much more. */
export interface StreamQuota {
  refusal(account: string, more: { streams: number; bytes: number }): Refusal | undefined;
}

/**
 * Durable streams: load the state, ask the rules, commit. One account's view; reading and following
 * are `reading.ts` and `http/`.
 */
export class StreamService {
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #limits: StreamLimits;
  readonly #onCreated: (ref: StreamRef) => void;
  readonly #quota: StreamQuota | undefined;

  /** `quota`: undefined where accounts may have any number of streams and bytes. */
  /** `onCreated`: called with each stream that was made. */
  constructor(
    store: LogStore,
    clock: Clock,
    limits: StreamLimits,
    quota?: StreamQuota,
    onCreated: (ref: StreamRef) => void = () => undefined,
  ) {
    this.#quota = quota;
    this.#onCreated = onCreated;
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
  }

  async create(ref: StreamRef, request: CreateRequest, body: Buffer): Promise<CreateOutcome> {
    for (;;) {
      const resolved = await this.#forkPoint(ref, request).catch(refusedAsCorrupt);
      if (resolved?.kind === 'refused') return resolved;
      const outcome = await this.#createAt(ref, resolved?.point, request, body);
      if (outcome === 'moved') continue;
      if (outcome.kind === 'created') this.#onCreated(ref);
      return outcome;
    }
  }

  async #forkPoint(
    { account }: StreamRef,
    request: CreateRequest,
  ): ReturnType<typeof resolveForkPoint> {
    const resolved = await resolveForkPoint(this.#store, account, request.fork);
    if (resolved?.kind !== 'resolved') return resolved;
    const sources = await this.#sourcesOf(resolved.point);
    return sources.length < this.#limits.forkDepthMax
      ? resolved
      : refused({ code: 'fork-too-deep', depthMax: this.#limits.forkDepthMax });
  }

  /** `moved`: the fork's source is no longer the stream in which the fork point was looked up. */
  #createAt(
    { account, name, bucket }: StreamRef,
    fork: ForkPoint | undefined,
    request: CreateRequest,
    body: Buffer,
  ): Promise<CreateOutcome | 'moved'> {
    const names = bucket === undefined ? [name] : [name, bucket.name];
    if (fork !== undefined) names.push(fork.sourceName);
    return transact<CreateOutcome | 'moved'>(this.#store, names, (heads) => {
      const [head, ...others] = heads;
      const bucketHead = bucket === undefined ? undefined : others.shift();
      if (bucket !== undefined && bucketHead === undefined) {
        return answer(refused({ code: 'bucket-not-found', bucket: bucket.id }));
      }
      const [source] = others;
      if (fork?.source?.incarnation !== source?.incarnation) return answer('moved');
      const point = fork && { ...fork, source };
      const decision = decideCreate(head, point, request, this.#clock.nowMs());
      switch (decision.kind) {
        case 'refused':
          return answer(decision);
        case 'exists':
          return answer({ kind: 'exists', head: asStreamHead(head) });
        case 'create': {
          const { state, start } = decision;
          const parsed = toRecords(state.contentType, body, this.#limits);
          if (!parsed.ok) return answer(refused(parsed.refusal));
          const records = parsed.value;
          // What has expired here goes, and makes room.
          const streams = head === undefined ? 1 : 0;
          const bytes = records.bytes.length - (head === undefined ? 0 : head.tail - head.start);
          const tooMuch = this.#quota?.refusal(account, { streams, bytes });
          if (tooMuch !== undefined) return answer(refused(tooMuch));
          // An expired fork may stand here still: what it held of its source is released.
          return this.#releasing(head, (releases) => {
            const ops: Op[] = [
              { kind: 'create', name, expected: versionOf(head), start, state, records },
              ...releases,
            ];
            if (bucket !== undefined) ops.push(guard(bucket.name, bucketHead));
            if (point !== undefined) ops.push(countFork(point));
            return {
              kind: 'commit',
              ops,
              outcome: ([created]) => ({ kind: 'created', head: asStreamHead(created) }),
            };
          });
        }
      }
    });
  }

  /**
   * A plan that needs to know what goes with a stream. Its sources are loaded anew for each round:
   * whoever appends to one of them meanwhile makes the commit a conflict.
   */
  #releasing<Outcome>(
    head: StoredHead | undefined,
    plan: (releases: readonly Op[]) => Plan<Outcome>,
  ): MaybePromise<Plan<Outcome>> {
    if (!isStreamHead(head) || head.state.fork === undefined) return plan([]);
    return loadAncestors(this.#store, head, ALL).then((ancestors) => plan(releaseOps(ancestors)));
  }

  /** What stands between the fork's source and its first source. */
  async #sourcesOf({ sourceName }: ForkPoint): Promise<NamedHead[]> {
    const source = await this.#store.latest(sourceName);
    return loadAncestors(this.#store, source, this.#limits.forkDepthMax);
  }

  append(ref: StreamRef, request: WriteRequest, body: Buffer): Promise<AppendOutcome> {
    const { records, unfit } = toAppend(request.contentType ?? OCTET_STREAM, body, this.#limits);
    const { account, name } = ref;
    return transact<AppendOutcome>(this.#store, [name], ([head]) => {
      const decision = decideAppend(head, request, records, this.#clock.nowMs(), this.#limits);
      switch (decision.kind) {
        case 'refused':
          return answer(decision);
        case 'duplicate': {
          const { epoch, highestSeq } = decision;
          return answer({ kind: 'duplicate', head: asStreamHead(head), epoch, highestSeq });
        }
        case 'closed-already':
          return answer({ kind: 'closed-already', head: asStreamHead(head) });
        case 'write': {
          if (unfit !== undefined) return answer(refused(unfit));
          const more = { streams: 0, bytes: records.bytes.length };
          const tooMuch = this.#quota?.refusal(account, more);
          if (tooMuch !== undefined) return answer(refused(tooMuch));
          const { change } = decision;
          return {
            kind: 'commit',
            ops: [{ kind: 'append', name, expected: versionOf(head), change, records }],
            outcome: ([appended]) => ({ kind: 'appended', head: asStreamHead(appended) }),
          };
        }
      }
    });
  }

  remove(ref: StreamRef, ifMatch: TagList | undefined): Promise<RemoveOutcome> {
    return this.#removeIf(ref.name, (head) => decideRemove(head, ifMatch, this.#clock.nowMs()));
  }

  /** Removes a stream whose time is up; one that others still need is only marked. */
  expire(name: string): Promise<RemoveOutcome> {
    return this.#removeIf(name, (head) => {
      const isDue = isStreamHead(head) && !head.state.softDeleted;
      if (!isDue || !isExpired(head.state, this.#clock.nowMs())) {
        return refused({ code: 'stream-not-found' });
      }
      return { kind: head.state.forkCount > 0 ? 'soft-delete' : 'remove' };
    });
  }

  #removeIf(
    name: string,
    decide: (head: StoredHead | undefined) => ReturnType<typeof decideRemove>,
  ): Promise<RemoveOutcome> {
    return transact<RemoveOutcome>(this.#store, [name], ([head]) => {
      const decision = decide(head);
      if (decision.kind === 'refused') return answer(decision);
      const expected = versionOf(head);
      if (decision.kind === 'soft-delete') {
        const change = { kind: 'soft-deleted' } as const;
        const op: Op = { kind: 'append', name, expected, change, records: NO_RECORDS };
        return { kind: 'commit', ops: [op], outcome: () => ({ kind: 'removed' }) };
      }
      return this.#releasing(head, (releases) => ({
        kind: 'commit',
        ops: [{ kind: 'delete', name, expected }, ...releases],
        outcome: () => ({ kind: 'removed' }),
      }));
    });
  }

  /** The stream as readers may see it. */
  async find({ name }: StreamRef): Promise<FindOutcome> {
    let head: StoredHead | undefined;
    try {
      head = await this.#store.durable(name);
    } catch (error) {
      return refusedAsCorrupt(error);
    }
    const stands = standing(head, this.#clock.nowMs());
    if (stands.kind === 'gone') return refused({ code: 'stream-gone' });
    if (stands.kind === 'absent' || !isStreamHead(head)) {
      return refused({ code: 'stream-not-found' });
    }
    return { kind: 'found', name, head };
  }

  /**
   * Counts a read against a sliding TTL. Resolves when the stored expiry covers it, so that no crash
   * can make the stream end early; a store that takes no writes does not keep anyone from reading.
   */
  async renew(name: string, head: StreamHead): Promise<void> {
    if (renewedLease(head.state, this.#clock.nowMs()) === undefined) return;
    await transact(this.#store, [name], ([latest]): Plan<undefined> => {
      const nowMs = this.#clock.nowMs();
      const stands = standing(latest, nowMs);
      const leaseUntilMs =
        stands.kind === 'live' && latest?.incarnation === head.incarnation
          ? renewedLease(stands.state, nowMs)
          : undefined;
      if (leaseUntilMs === undefined) return answer(undefined);
      const change = { kind: 'renewed', leaseUntilMs } as const;
      const expected = versionOf(latest);
      return {
        kind: 'commit',
        ops: [{ kind: 'append', name, expected, change, records: NO_RECORDS }],
        outcome: () => undefined,
      };
    });
  }
}

const ALL = Number.MAX_SAFE_INTEGER;

function answer<Outcome>(outcome: Outcome): Plan<Outcome> {
  return { kind: 'answer', outcome };
}

function versionOf(head: StoredHead | undefined): number {
  return head?.version ?? ABSENT;
}

function guard(name: string, head: StoredHead | undefined): Op {
  return { kind: 'guard', name, expected: versionOf(head) };
}

function countFork({
  sourceName: name,
  source,
}: {
  sourceName: string;
  source: StoredHead | undefined;
}): Op {
  const change = { kind: 'fork-added' } as const;
  return { kind: 'append', name, expected: versionOf(source), change, records: NO_RECORDS };
}

/**
 * What a body appends. One that cannot be stored meets the stream's state all the same: that the
 * stream is closed, or of another type, is said first (protocol, "Error Precedence").
 */
function toAppend(
  type: ContentType,
  body: Buffer,
  limits: BodyLimits,
): { records: Records; unfit: Refusal | undefined } {
  const parsed = toRecords(type, body, limits);
  const asSent = { bytes: body, lengths: [body.length] };
  if (!parsed.ok) return { records: asSent, unfit: parsed.refusal };
  const records = parsed.value;
  // An empty JSON array is no close without data, but an append of nothing.
  const isNothing = body.length > 0 && records.lengths.length === 0;
  return isNothing
    ? { records: asSent, unfit: { code: 'empty-append' } }
    : { records, unfit: undefined };
}
