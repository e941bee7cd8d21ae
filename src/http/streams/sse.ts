import { hasExpired } from '../../accounts/caller.ts';
import { eventEncoding, type EventEncoding } from '../../protocol/content-type.ts';
import type { Position } from '../../protocol/offset.ts';
import {
  controlEvent,
  credentialEvent,
  dataEvent,
  KEEP_ALIVE,
  type Control,
  type CredentialEnd,
} from '../../protocol/sse.ts';
import { isPromise, type MaybePromise } from '../../lib/maybe-promise.ts';
import type { Page, ReadOutcome } from '../../storage/port.ts';
import { EventStream, Frame } from '../event-stream.ts';
import type { LiveReader } from '../live-readers.ts';
import { Cursors } from './cursors.ts';
import { READ_BYTES } from './long-answer.ts';
import { eventHeaders } from './page-headers.ts';
import type { FollowedHead, Following } from './source.ts';

const KEEP_ALIVE_FRAME = new Frame([KEEP_ALIVE]);

/** `live=sse` (protocol, "5.8."): everything from the offset on, and then what comes. */
export function sse(following: Following): void {
  const { exchange, services, caller, head, from } = following;
  const { live } = services;
  const refusal = live.refusalFor(caller.account);
  if (refusal !== undefined) {
    exchange.refuse(refusal);
    return;
  }
  // An EventSource reconnects after a clean end too; only a 204 tells it that there is no more.
  if (exchange.headers.lastEventId !== undefined && head.isClosed && from >= head.tail) {
    exchange.answer(204, ['Cache-Control', 'no-store']);
    return;
  }
  const encoding = eventEncoding(head.contentType);
  exchange.begin(200, eventHeaders(encoding, caller));
  new Follower(following, encoding).begin();
}

/**
 * A cursor and a loop: read what is there, write it, wait for the drain, at the tail wait for a
 * commit. What a slow reader has not taken stays in the store, not in memory.
 */
class Follower implements LiveReader {
  readonly account: string;
  readonly #following: Following;
  readonly #encoding: EventEncoding;
  readonly #events: EventStream;
  readonly #cursors: Cursors;
  readonly #endAtMs: number;
  #at: Position;
  /** Where the reader knows to be. Undefined: nowhere yet, so even at the tail it is told. */
  #told: Position | undefined;
  #isUpToDate = false;
  #isBusy = false;
  #isWoken = false;
  #isDone = false;
  #keepAliveAtMs: number;
  #unwatch: () => void = () => undefined;
  #unfollow: () => void = () => undefined;

  constructor(following: Following, encoding: EventEncoding) {
    const { limits, random, clock } = following.services;
    const nowMs = performance.now();
    this.account = following.caller.account;
    this.#following = following;
    this.#encoding = encoding;
    this.#at = following.from;
    this.#cursors = new Cursors(clock, following.request.cursor, random());
    this.#keepAliveAtMs = nowMs + limits.sseKeepAliveMs;
    // Spread, so that readers who came together do not all come back together.
    this.#endAtMs = nowMs + limits.sseDurationMs * (0.9 + 0.2 * random());
    this.#events = new EventStream(
      following.exchange.response,
      () => {
        this.#wake();
      },
      () => {
        this.#leave();
      },
    );
  }

  begin(): void {
    const { services, caller, source } = this.#following;
    services.live.add(this);
    this.#unfollow = caller.onRevoked(() => {
      this.#endWith('credential-revoked');
    });
    this.#unwatch = source.watch(() => {
      this.#wake();
    });
    this.#wake();
  }

  tick(nowMs: number): void {
    const { services, source } = this.#following;
    if (this.#hasExpired()) {
      this.#endWith('credential-expired');
      return;
    }
    if (nowMs >= this.#endAtMs) {
      this.#finish();
      return;
    }
    if (nowMs >= this.#keepAliveAtMs && !this.#events.isBlocked) {
      this.#keepAliveAtMs = nowMs + services.limits.sseKeepAliveMs;
      if (!this.#tellPlace()) this.#events.send(KEEP_ALIVE_FRAME);
    }
    source.renew();
  }

  /** A reader that has not even taken what was written must not hold up the server's end. */
  shutdown(): void {
    if (this.#events.isBlocked) this.#cut();
    else this.#finish();
  }

  /** One pump at a time; whatever happens meanwhile makes it look again. */
  #wake(): void {
    this.#isWoken = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const pumped = this.#pump();
      if (isPromise(pumped)) pumped.then(this.#rest, this.#cut);
      else this.#rest();
    } catch {
      // Whatever is wrong with one reader must not reach the commit that woke it.
      this.#cut();
    }
  }

  readonly #rest = (): void => {
    this.#isBusy = false;
  };

  readonly #cut = (): void => {
    this.#events.cut();
  };

  // An engine that has it all at hand serves a thousand readers of a commit without a promise each.

  #pump(): MaybePromise<void> {
    while (this.#isWoken && !this.#events.isBlocked && !this.#isDone) {
      this.#isWoken = false;
      const head = this.#following.source.look();
      const done = isPromise(head) ? head.then((now) => this.#look(now)) : this.#look(head);
      if (isPromise(done)) return done.then(() => this.#pump());
    }
  }

  #look(now: FollowedHead | undefined): MaybePromise<void> {
    const { source, services } = this.#following;
    if (this.#hasExpired()) {
      this.#endWith('credential-expired');
      return;
    }
    if (now === undefined) {
      this.#finish();
      return;
    }
    if (this.#at >= now.tail && this.#told !== undefined && !now.isClosed) return;
    const read = source.read(now, this.#at, Math.min(services.limits.pageBytes, READ_BYTES));
    if (isPromise(read)) {
      return read.then((outcome) => {
        this.#take(outcome, now);
      });
    }
    this.#take(read, now);
  }

  #take(outcome: ReadOutcome, head: FollowedHead): void {
    if (outcome.kind === 'page') this.#send(outcome.page, head);
    else this.#finish();
  }

  #send(page: Page, head: FollowedHead): void {
    const isAtTail = page.to >= head.tail;
    const isLast = isAtTail && head.isClosed;
    const { pieces, to } = page;
    const hasMoved = to > this.#at;
    this.#at = to;
    this.#isUpToDate = isAtTail;
    if (pieces.length === 0 && !isLast) {
      // What was passed over is nothing to tell of at once; what comes behind it may be.
      const readsOn = hasMoved && !isAtTail;
      if (readsOn) this.#isWoken = true;
      if (readsOn || this.#told !== undefined) return;
    }
    this.#told = to;
    const { cache } = this.#following.services;
    const control: Control = {
      next: to,
      cursor: isLast ? undefined : this.#cursors.next(),
      upToDate: isAtTail,
      closed: isLast,
    };
    const key = `${page.from} ${to} ${control.cursor ?? ''} ${String(control.upToDate)}`;
    const frame = (): Frame => {
      return new Frame([dataEvent(this.#encoding, pieces), controlEvent(control)]);
    };
    this.#events.send(cache.frame(head.incarnation, key, frame));
    if (isLast) this.#finish();
    else if (!isAtTail) this.#isWoken = true;
  }

  /** A reader that comes back to before what it was spared may find that no longer held. */
  #tellPlace(): boolean {
    const [next, upToDate] = [this.#at, this.#isUpToDate];
    if (this.#told === undefined || this.#told >= next) return false;
    this.#told = next;
    const control = { next, cursor: this.#cursors.next(), upToDate, closed: false };
    this.#events.send(new Frame([controlEvent(control)]));
    return true;
  }

  #hasExpired(): boolean {
    const { caller, services } = this.#following;
    return hasExpired(caller, services.clock.nowMs());
  }

  #endWith(end: CredentialEnd): void {
    if (this.#isDone) return;
    this.#tellPlace();
    this.#events.send(new Frame([credentialEvent(end)]));
    this.#finish();
  }

  /** Ends at an event's end, behind what the reader has yet to take. */
  #finish(): void {
    if (this.#isDone) return;
    this.#leave();
    this.#tellPlace();
    this.#events.end();
  }

  #leave(): void {
    this.#isDone = true;
    this.#unwatch();
    this.#unfollow();
    this.#following.services.live.remove(this);
  }
}
