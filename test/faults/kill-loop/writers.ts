import { must } from '../../../src/lib/assert.ts';
import type { Answer, HttpClient } from '../../support/http/client.ts';
import { contentType, positionOf, recordOf, told } from './format.ts';
import { Sent, type Ledger } from './ledger.ts';
import type { Pool } from './pool.ts';
import type { Random } from '../../support/random.ts';

/** A client that does one request a step. */
export interface Client {
  step(): Promise<void>;
}

const CLOSES = 0.01;

/** Appends records that nobody will send again, sometimes several at once, sometimes the last. */
export class PlainWriter implements Client {
  readonly #name: string;
  readonly #client: HttpClient;
  readonly #pool: Pool;
  readonly #random: Random;
  #count = 0;

  constructor(name: string, client: HttpClient, pool: Pool, random: Random) {
    this.#name = name;
    this.#client = client;
    this.#pool = pool;
    this.#random = random;
  }

  async step(): Promise<void> {
    const ledger = must(this.#random.pick(this.#pool.open), 'the pool is not empty');
    const records: Sent[] = [];
    const bodies: Buffer[] = [];
    const count = ledger.format === 'json' ? this.#random.between(1, 4) : 1;
    for (let left = count; left > 0; left -= 1) {
      this.#count += 1;
      const id = `${this.#name}.${this.#count}`;
      const body = recordOf(ledger.format, id, this.#random);
      bodies.push(body);
      records.push(new Sent(ledger.format, id, body, this.#name, this.#count));
    }
    const closes = this.#random.chance(CLOSES);
    if (closes) ledger.mayBeClosed = true;
    for (const sent of records) ledger.send(sent);
    const body = count === 1 ? (bodies[0] ?? '') : `[${bodies.join(',')}]`;
    const answer = await this.#client.post(ledger.path, {
      headers: headersOf(ledger, closes),
      body,
    });
    if (answer.status === 204) {
      ledger.acknowledge(records, positionOf(answer.offset));
      if (closes) ledger.seeClosed(positionOf(answer.offset));
      return;
    }
    seeRefusal(ledger, answer);
    for (const sent of records) ledger.settle(sent, 'absent');
  }
}

/** Appends one record after the other, each until it is answered, however often that takes. */
export class IdempotentWriter implements Client {
  readonly #name: string;
  readonly #client: HttpClient;
  readonly #pool: Pool;
  readonly #random: Random;
  readonly #next = new WeakMap<Ledger, { epoch: number; seq: number }>();
  #count = 0;
  #pending: Attempt | undefined;

  constructor(name: string, client: HttpClient, pool: Pool, random: Random) {
    this.#name = name;
    this.#client = client;
    this.#pool = pool;
    this.#random = random;
  }

  async step(): Promise<void> {
    const attempt = (this.#pending ??= this.#begin());
    const { ledger, sent, body, epoch, seq, closes } = attempt;
    // What an audit has found since the last attempt decides what this one has to be answered.
    const isFirst = attempt.tries === 0;
    const expected = isFirst ? 'absent' : sent.fate;
    attempt.tries += 1;
    if (sent.fate !== 'there') ledger.send(sent);
    if (closes) ledger.mayBeClosed = true;
    const answer = await this.#client.post(ledger.path, {
      headers: {
        ...headersOf(ledger, closes),
        'Producer-Id': this.#name,
        'Producer-Epoch': String(epoch),
        'Producer-Seq': String(seq),
      },
      body,
    });
    this.#pending = undefined;
    this.#next.set(ledger, { epoch, seq: seq + 1 });
    if (answer.status === 200) {
      if (expected === 'there') throw ledger.violation(`${sent.id} was taken in twice`);
      ledger.acknowledge([sent], positionOf(answer.offset));
      if (closes) ledger.seeClosed(positionOf(answer.offset));
      return;
    }
    if (answer.status === 204) {
      if (expected === 'absent') {
        throw ledger.violation(`${sent.id} is no duplicate: it was not there`);
      }
      ledger.settle(sent, 'there');
      if (closes) ledger.seeClosed(positionOf(answer.offset));
      return;
    }
    seeRefusal(ledger, answer);
    if (expected === 'absent') ledger.settle(sent, 'absent');
  }

  #begin(): Attempt {
    const ledger = must(this.#random.pick(this.#pool.open), 'the pool is not empty');
    this.#count += 1;
    const id = `${this.#name}.${this.#count}`;
    const body = recordOf(ledger.format, id, this.#random);
    const sent = new Sent(ledger.format, id, body, this.#name, this.#count);
    const next = this.#next.get(ledger) ?? { epoch: 0, seq: 0 };
    const isNewEpoch = this.#random.chance(0.02);
    const { epoch, seq } = isNewEpoch ? { epoch: next.epoch + 1, seq: 0 } : next;
    const closes = this.#random.chance(CLOSES);
    return { ledger, sent, body, epoch, seq, closes, tries: 0 };
  }
}

interface Attempt {
  readonly ledger: Ledger;
  readonly sent: Sent;
  readonly body: Buffer;
  readonly epoch: number;
  readonly seq: number;
  readonly closes: boolean;
  tries: number;
}

/** Keeps the pool filled, and appends while there is nothing to do for it. */
export class Keeper implements Client {
  readonly #client: HttpClient;
  readonly #pool: Pool;
  readonly #writer: PlainWriter;

  constructor(client: HttpClient, pool: Pool, writer: PlainWriter) {
    this.#client = client;
    this.#pool = pool;
    this.#writer = writer;
  }

  async step(): Promise<void> {
    if (!(await this.#pool.tend(this.#client))) await this.#writer.step();
  }
}

function headersOf({ format }: Ledger, closes: boolean): Record<string, string> {
  const headers = { 'Content-Type': contentType(format) };
  return closes ? { ...headers, 'Stream-Closed': 'true' } : headers;
}

/** An append to a stream of the pool is refused only when the stream is closed. */
function seeRefusal(ledger: Ledger, answer: Answer): void {
  if (answer.verdict !== '409 stream-closed') {
    throw ledger.violation(`an append was answered ${told(answer)}`);
  }
  ledger.seeClosed(positionOf(answer.offset));
}
