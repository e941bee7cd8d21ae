import type { Caller } from '../../accounts/caller.ts';
import type { MaybePromise } from '../../lib/maybe-promise.ts';
import { eventEncoding, type ContentType } from '../../protocol/content-type.ts';
import type { Position } from '../../protocol/offset.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import type { ReadRequest } from '../../protocol/request.ts';
import type { ReadOutcome, StoredHead } from '../../storage/port.ts';
import { readStitched } from '../../streams/reading.ts';
import { isStreamHead, type StreamHead } from '../../streams/stream-head.ts';
import type { NodeExchange } from '../node-exchange.ts';
import type { Services } from '../services.ts';
import { readText } from './read-text.ts';

/** What a reader has to know of a stream, whatever kind it is of. */
export interface FollowedHead {
  /** Names what is read: another stream, or another choice of its records, has another. */
  readonly incarnation: string;
  readonly tail: Position;
  readonly isClosed: boolean;
  readonly contentType: ContentType;
}

/** Where a live reader's records come from. */
export interface Source {
  /** The stream as it is now; undefined when it is over. */
  look(): MaybePromise<FollowedHead | undefined>;
  /** A page for events. It may pass over records, and so end further on than it has any. */
  read(head: FollowedHead, from: Position, bytesMax: number): MaybePromise<ReadOutcome>;
  /** Whether any record that is not passed over lies between a position and the tail. */
  hasAny(head: FollowedHead, from: Position): MaybePromise<boolean>;
  watch(onChange: () => void): () => void;
  /** Counts as access. */
  renew(): void;
  /** Why there is no stream any more. */
  over(): MaybePromise<Refusal>;
}

/** A live read that knows what it follows and from where. */
export interface Following {
  readonly exchange: NodeExchange;
  readonly services: Services;
  readonly caller: Caller;
  readonly request: ReadRequest;
  readonly source: Source;
  readonly head: FollowedHead;
  readonly from: Position;
  /** Answers a poll with what is there. */
  answer(head: FollowedHead, from: Position): Promise<void>;
}

export function followedHead({ incarnation, tail, state }: StreamHead): FollowedHead {
  return { incarnation, tail, isClosed: state.closed, contentType: state.contentType };
}

/** A durable stream as a source, as long as it is the one that was found. */
export class StreamSource implements Source {
  readonly #services: Services;
  readonly #name: string;
  readonly #found: StreamHead;
  #latest: StreamHead;

  constructor(services: Services, name: string, found: StreamHead) {
    this.#services = services;
    this.#name = name;
    this.#found = found;
    this.#latest = found;
  }

  look(): MaybePromise<FollowedHead | undefined> {
    const head = this.#services.store.durable(this.#name);
    return head instanceof Promise ? head.then((now) => this.#judge(now)) : this.#judge(head);
  }

  #judge(now: StoredHead | undefined): FollowedHead | undefined {
    if (!isStreamHead(now) || now.incarnation !== this.#found.incarnation) return undefined;
    if (now.state.softDeleted) return undefined;
    this.#latest = now;
    return followedHead(now);
  }

  /** The stream's head as it was looked at last. */
  get latest(): StreamHead {
    return this.#latest;
  }

  read(_: FollowedHead, from: Position, bytesMax: number): MaybePromise<ReadOutcome> {
    const isText = eventEncoding(this.#found.state.contentType) === 'text';
    const readPage = isText ? readText : readStitched;
    return readPage(this.#services.store, this.#name, this.#latest, from, bytesMax);
  }

  hasAny({ tail }: FollowedHead, from: Position): boolean {
    return from < tail;
  }

  watch(onChange: () => void): () => void {
    return this.#services.store.watch(this.#name, onChange);
  }

  renew(): void {
    void this.#services.streams.renew(this.#name, this.#found);
  }

  async over(): Promise<Refusal> {
    const now = await this.#services.store.durable(this.#name);
    const isGone = isStreamHead(now) && now.state.softDeleted;
    return { code: isGone ? 'stream-gone' : 'stream-not-found' };
  }
}
