import type { Clock } from '../lib/clock.ts';
import { isPromise } from '../lib/maybe-promise.ts';
import { standing } from '../protocol/head.ts';
import { START } from '../protocol/offset.ts';
import { NO_RECORDS } from '../protocol/records.ts';
import type { LogStore } from '../storage/port.ts';
import { ABSENT } from '../storage/port.ts';
import { bucketName, streamPrefix } from './names.ts';
import { isStreamHead, type StreamHead } from './stream-head.ts';
import { refused, refusedAsCorrupt, transact, type Plan, type Refused } from './transact.ts';

export type EnsureOutcome = { kind: 'created' } | { kind: 'exists' } | Refused;

export type RemoveBucketOutcome = { kind: 'removed' } | Refused;

export interface ListedStream {
  readonly stream: string;
  readonly head: StreamHead;
}

export type ListOutcome =
  { kind: 'listed'; streams: readonly ListedStream[]; hasMore: boolean } | Refused;

export interface ListStreamsRequest {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Buckets: names for groups of streams, with nothing in them but when they were made. */
export class BucketService {
  readonly #store: LogStore;
  readonly #clock: Clock;

  constructor(store: LogStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  ensure(account: string, bucket: string): Promise<EnsureOutcome> {
    const name = bucketName(account, bucket);
    return transact<EnsureOutcome>(this.#store, [name], ([head]): Plan<EnsureOutcome> => {
      if (head !== undefined) return { kind: 'answer', outcome: { kind: 'exists' } };
      const state = { kind: 'bucket', createdAtMs: this.#clock.nowMs() } as const;
      return {
        kind: 'commit',
        ops: [{ kind: 'create', name, expected: ABSENT, start: START, state, records: NO_RECORDS }],
        outcome: () => ({ kind: 'created' }),
      };
    });
  }

  /** Only an empty bucket goes: a stream must never be left without one. */
  remove(account: string, bucket: string): Promise<RemoveBucketOutcome> {
    const name = bucketName(account, bucket);
    return transact<RemoveBucketOutcome>(this.#store, [name], ([head]) => {
      if (head === undefined) {
        return { kind: 'answer', outcome: refused({ code: 'bucket-not-found', bucket }) };
      }
      const plan = (isUsed: boolean): Plan<RemoveBucketOutcome> =>
        isUsed
          ? { kind: 'answer', outcome: refused({ code: 'bucket-not-empty', bucket }) }
          : {
              kind: 'commit',
              ops: [{ kind: 'delete', name, expected: head.version }],
              outcome: () => ({ kind: 'removed' }),
            };
      const isUsed = this.#store.anyLatest(
        streamPrefix(account, bucket),
        (each) => standing(each, this.#clock.nowMs()).kind !== 'absent',
      );
      return isPromise(isUsed) ? isUsed.then(plan) : plan(isUsed);
    });
  }

  /** A damaged stream is never left out as if it were not there: a list that meets it is refused. */
  list(account: string, bucket: string, request: ListStreamsRequest): Promise<ListOutcome> {
    return this.#list(account, bucket, request).catch(refusedAsCorrupt);
  }

  async #list(account: string, bucket: string, request: ListStreamsRequest): Promise<ListOutcome> {
    if ((await this.#store.durable(bucketName(account, bucket))) === undefined) {
      return refused({ code: 'bucket-not-found', bucket });
    }
    const base = streamPrefix(account, bucket);
    const streams: ListedStream[] = [];
    let after = request.after === undefined ? undefined : base + request.after;
    // One more than asked for tells whether there is more. What has expired does not count.
    while (streams.length <= request.limit) {
      const limit = request.limit + 1 - streams.length;
      const page = await this.#store.list({ prefix: base + request.prefix, after, limit });
      for (const { name, head } of page) {
        if (!isStreamHead(head) || standing(head, this.#clock.nowMs()).kind !== 'live') continue;
        streams.push({ stream: name.slice(base.length), head });
      }
      after = page.at(-1)?.name;
      if (page.length < limit) break;
    }
    const hasMore = streams.length > request.limit;
    return { kind: 'listed', streams: streams.slice(0, request.limit), hasMore };
  }
}
