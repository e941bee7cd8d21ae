import { hasExpired } from '../../accounts/caller.ts';
import { nextCursor } from '../../protocol/cursor.ts';
import { isStreamHead, type StreamHead } from '../../streams/stream-head.ts';
import type { LiveReader } from '../live-readers.ts';
import type { UnauthorizedReason } from '../../protocol/refusal.ts';
import { answerFrom, pageHeaders, type NodeReading, type Reading } from './get.ts';
import { sendLong } from './long-answer.ts';

/** `live=long-poll` (protocol, "5.7."): what is there at once, or what comes within the timeout. */
export async function longPoll(reading: NodeReading): Promise<void> {
  const { exchange, services, caller, head, from } = reading;
  if (from < head.tail) {
    await answerData(reading);
    return;
  }
  if (head.state.closed) {
    answerNothing(reading);
    return;
  }
  const { live } = services;
  if (live.isStopping) {
    answerNothing(reading);
    return;
  }
  const refusal = live.refusalFor(caller.account);
  if (refusal !== undefined) {
    exchange.refuse(refusal);
    return;
  }
  new Waiting(reading).begin();
}

async function answerData(reading: NodeReading): Promise<void> {
  const long = await answerFrom(reading, ['Stream-Cursor', cursorOf(reading)]);
  if (long !== undefined) await sendLong(reading, long);
}

function answerNothing(reading: Reading): void {
  const { exchange, head } = reading;
  const headers = pageHeaders(head, head.tail, true);
  headers.push('Cache-Control', 'no-store', 'Stream-Cursor', cursorOf(reading));
  exchange.answer(204, headers);
}

function cursorOf({ request, services }: Reading): string {
  return nextCursor(request.cursor, services.clock.nowMs(), services.random());
}

/** A poll that waits at the tail: woken by data, by the stream's closing or end, or by time. */
class Waiting implements LiveReader {
  readonly account: string;
  readonly #reading: NodeReading;
  readonly #deadlineMs: number;
  #unwatch: () => void = () => undefined;
  #unfollow: () => void = () => undefined;
  #isDone = false;

  constructor(reading: NodeReading) {
    this.account = reading.caller.account;
    this.#reading = reading;
    this.#deadlineMs = performance.now() + reading.services.limits.longPollTimeoutMs;
  }

  begin(): void {
    const { services, exchange, caller, name } = this.#reading;
    services.live.add(this);
    this.#unfollow = caller.onRevoked(() => {
      this.#refuse('invalid');
    });
    exchange.response.on('close', () => {
      this.#end();
    });
    this.#unwatch = services.store.watch(name, () => {
      void this.#look();
    });
    // Something may have been stored between the read of the head and the watch.
    void this.#look();
  }

  tick(nowMs: number): void {
    const { services, name, head } = this.#reading;
    if (this.#hasExpired()) this.#refuse('expired');
    else if (nowMs >= this.#deadlineMs) this.#finish(answerNothing);
    else void services.streams.renew(name, head);
  }

  shutdown(): void {
    this.#finish(answerNothing);
  }

  async #look(): Promise<void> {
    const { services, name, head, exchange } = this.#reading;
    const now = await services.store.durable(name);
    if (this.#hasExpired()) {
      this.#refuse('expired');
    } else if (
      !isStreamHead(now) ||
      now.incarnation !== head.incarnation ||
      now.state.softDeleted
    ) {
      this.#finish(() => {
        const code =
          isStreamHead(now) && now.state.softDeleted ? 'stream-gone' : 'stream-not-found';
        exchange.refuse({ code });
      });
    } else if (now.tail > head.tail) {
      this.#finish((reading) => answerData(reading), now);
    } else if (now.state.closed) {
      this.#finish(answerNothing, now);
    }
  }

  #hasExpired(): boolean {
    const { caller, services } = this.#reading;
    return hasExpired(caller, services.clock.nowMs());
  }

  /** The credential counts for nothing any more. */
  #refuse(reason: UnauthorizedReason): void {
    this.#finish(({ exchange }) => {
      exchange.refuse({ code: 'unauthorized', reason });
    });
  }

  #finish(
    answer: (reading: NodeReading) => void | Promise<void>,
    head: StreamHead = this.#reading.head,
  ): void {
    if (this.#isDone) return;
    this.#end();
    const { exchange } = this.#reading;
    Promise.resolve(answer({ ...this.#reading, head })).catch(() => {
      exchange.response.destroy();
    });
  }

  #end(): void {
    this.#isDone = true;
    this.#unwatch();
    this.#unfollow();
    this.#reading.services.live.remove(this);
  }
}
