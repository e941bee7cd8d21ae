import { hasExpired } from '../../accounts/caller.ts';
import { nextCursor } from '../../protocol/cursor.ts';
import type { Position } from '../../protocol/offset.ts';
import type { UnauthorizedReason } from '../../protocol/refusal.ts';
import type { LiveReader } from '../live-readers.ts';
import { pageHeaders } from './page-headers.ts';
import type { FollowedHead, Following } from './source.ts';

/** `live=long-poll` (protocol, "5.7."): what is there at once, or what comes within the timeout. */
export async function longPoll(following: Following): Promise<void> {
  const { exchange, services, caller, source, head, from } = following;
  if (await source.hasAny(head, from)) {
    await following.answer(head, from);
    return;
  }
  const { live } = services;
  if (head.isClosed || live.isStopping) {
    answerNothing(following, head);
    return;
  }
  const refusal = live.refusalFor(caller.account);
  if (refusal !== undefined) {
    exchange.refuse(refusal);
    return;
  }
  new Waiting(following).begin();
}

function answerNothing(following: Following, head: FollowedHead): void {
  const headers = pageHeaders(head, head.tail, true);
  headers.push('Cache-Control', 'no-store', 'Stream-Cursor', cursorFor(following));
  following.exchange.answer(204, headers);
}

export function cursorFor({ request, services }: Pick<Following, 'request' | 'services'>): string {
  return nextCursor(request.cursor, services.clock.nowMs(), services.random());
}

/** A poll that waits at the tail: woken by data, by the stream's closing or end, or by time. */
class Waiting implements LiveReader {
  readonly account: string;
  readonly #following: Following;
  readonly #deadlineMs: number;
  #head: FollowedHead;
  /** Nothing before it is for this reader. */
  #from: Position;
  #unwatch: () => void = () => undefined;
  #unfollow: () => void = () => undefined;
  #isDone = false;

  constructor(following: Following) {
    this.account = following.caller.account;
    this.#following = following;
    this.#head = following.head;
    this.#from = following.head.tail;
    this.#deadlineMs = performance.now() + following.services.limits.longPollTimeoutMs;
  }

  begin(): void {
    const { services, exchange, caller, source } = this.#following;
    services.live.add(this);
    this.#unfollow = caller.onRevoked(() => {
      this.#refuse('invalid');
    });
    exchange.response.on('close', () => {
      this.#end();
    });
    this.#unwatch = source.watch(() => {
      void this.#look();
    });
    // Something may have been stored between the read of the head and the watch.
    void this.#look();
  }

  tick(nowMs: number): void {
    if (this.#hasExpired()) this.#refuse('expired');
    else if (nowMs >= this.#deadlineMs) this.shutdown();
    else this.#following.source.renew();
  }

  shutdown(): void {
    this.#finish(() => {
      answerNothing(this.#following, this.#head);
    });
  }

  async #look(): Promise<void> {
    const { source, exchange } = this.#following;
    const now = await source.look();
    if (this.#hasExpired()) {
      this.#refuse('expired');
    } else if (now === undefined) {
      const refusal = await source.over();
      this.#finish(() => {
        exchange.refuse(refusal);
      });
    } else if (now.tail > this.#from && (await source.hasAny(now, this.#from))) {
      const from = this.#from;
      this.#finish(() => this.#following.answer(now, from));
    } else {
      this.#head = now;
      this.#from = now.tail;
      if (now.isClosed) this.shutdown();
    }
  }

  #hasExpired(): boolean {
    const { caller, services } = this.#following;
    return hasExpired(caller, services.clock.nowMs());
  }

  /** The credential counts for nothing any more. */
  #refuse(reason: UnauthorizedReason): void {
    this.#finish(() => {
      this.#following.exchange.refuse({ code: 'unauthorized', reason });
    });
  }

  #finish(answer: () => void | Promise<void>): void {
    if (this.#isDone) return;
    this.#end();
    const { exchange } = this.#following;
    Promise.resolve(answer()).catch(() => {
      exchange.response.destroy();
    });
  }

  #end(): void {
    this.#isDone = true;
    this.#unwatch();
    this.#unfollow();
    this.#following.services.live.remove(this);
  }
}
