import type { Answer, HttpClient } from '../../support/http/client.ts';
import { ConnectionEnded } from '../../support/raw-http.ts';
import { parseControl, SseReader } from '../../support/sse-reader.ts';
import { bytesOf, offsetOf, positionOf, told, type Format } from './format.ts';
import type { Ledger } from './ledger.ts';
import type { Pool } from './pool.ts';
import type { Random } from '../../support/random.ts';
import { Violation } from './violation.ts';
import type { Client } from './writers.ts';

/** One reader's place in one of the pool's streams. Now and then it goes to another. */
class Place {
  readonly #pool: Pool;
  readonly #random: Random;
  #ledger: Ledger | undefined;
  at = 0;

  constructor(pool: Pool, random: Random) {
    this.#pool = pool;
    this.#random = random;
  }

  /** Undefined while there is nothing to read. */
  find(): Ledger | undefined {
    const { all } = this.#pool;
    const isHere = this.#ledger !== undefined && all.includes(this.#ledger);
    if (!isHere || this.#random.chance(0.1)) this.leave();
    return (this.#ledger ??= this.#random.pick(all));
  }

  leave(): void {
    this.#ledger = undefined;
    this.at = 0;
  }
}

/** Reads page by page, and waits for more at the end if it is a long-poll. */
export class PageReader implements Client {
  readonly #client: HttpClient;
  readonly #place: Place;
  readonly #isLive: boolean;

  constructor(client: HttpClient, pool: Pool, random: Random, isLive: boolean) {
    this.#client = client;
    this.#place = new Place(pool, random);
    this.#isLive = isLive;
  }

  async step(): Promise<void> {
    const place = this.#place;
    const ledger = place.find();
    if (ledger === undefined) return;
    const live = this.#isLive ? '&live=long-poll' : '';
    const answer = await this.#client.get(`${ledger.path}?offset=${offsetOf(place.at)}${live}`);
    if (ledger.mayBeGone && answer.status === 404) {
      place.leave();
      return;
    }
    const isEmpty = this.#isLive && answer.status === 204;
    if (answer.status !== 200 && !isEmpty) {
      throw ledger.violation(`a read was answered ${told(answer)}`);
    }
    const { bytes, to, isClosed } = pageOf(ledger.format, place.at, answer);
    ledger.see(place.at, bytes);
    ledger.seeEnd(to);
    if (isClosed) ledger.seeClosed(to);
    place.at = to;
    const isAtEnd = answer.header('stream-up-to-date') === 'true';
    if (isClosed || (isAtEnd && !this.#isLive)) place.leave();
  }
}

export interface SeenPage {
  readonly bytes: Buffer;
  readonly to: number;
  readonly isClosed: boolean;
}

/** What an answer holds of a stream; its length and its offset must agree. */
export function pageOf(format: Format, from: number, answer: Answer): SeenPage {
  const to = positionOf(answer.offset);
  const bytes = answer.status === 204 ? Buffer.alloc(0) : bytesOf(format, answer.body);
  if (from + bytes.length !== to) {
    throw new Violation(`${bytes.length} bytes from ${from} end at ${to}`);
  }
  return { bytes, to, isClosed: answer.isClosed };
}

const EVENTS_A_CONNECTION = 60;

/** Follows a stream by SSE for some events, and then another. */
export class SseClient implements Client {
  readonly #port: () => number;
  readonly #place: Place;

  constructor(port: () => number, pool: Pool, random: Random) {
    this.#port = port;
    this.#place = new Place(pool, random);
  }

  async step(): Promise<void> {
    const place = this.#place;
    const ledger = place.find();
    if (ledger === undefined) return;
    const offset = offsetOf(place.at);
    const reader = await SseReader.open(this.#port(), ledger.path, { offset });
    try {
      if (reader.head.status !== 200) {
        if (!ledger.mayBeGone) throw ledger.violation(`SSE: ${reader.head.status}`);
        place.leave();
        return;
      }
      await this.#follow(reader, ledger);
    } finally {
      reader.close();
    }
  }

  async #follow(reader: SseReader, ledger: Ledger): Promise<void> {
    let next = 0;
    let data: Buffer | undefined;
    while (next < EVENTS_A_CONNECTION) {
      const event = reader.events[next];
      if (event === undefined) {
        const wanted = next;
        if (!(await hasEvent(reader, wanted))) break;
        continue;
      }
      next += 1;
      if (event.type === 'data') {
        data = bytesOf(ledger.format, decode(ledger.format, event.data));
        continue;
      }
      const { streamNextOffset, streamClosed } = parseControl(event.data);
      const to = positionOf(streamNextOffset);
      const bytes = data ?? Buffer.alloc(0);
      data = undefined;
      if (this.#place.at + bytes.length !== to) {
        throw ledger.violation(`an event from ${this.#place.at} of ${bytes.length} ends at ${to}`);
      }
      ledger.see(this.#place.at, bytes);
      ledger.seeEnd(to);
      this.#place.at = to;
      if (streamClosed === true) {
        ledger.seeClosed(to);
        this.#place.leave();
        return;
      }
    }
  }
}

/** False when the server has ended the events properly. */
async function hasEvent(reader: SseReader, index: number): Promise<boolean> {
  try {
    await reader.until(({ events }) => events.length > index);
    return true;
  } catch (error) {
    if (error instanceof ConnectionEnded || !reader.isOver) throw error;
    return false;
  }
}

function decode(format: Format, data: string): Buffer {
  return format === 'binary' ? Buffer.from(data, 'base64') : Buffer.from(data);
}
