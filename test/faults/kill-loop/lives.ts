import { must } from '../../../src/lib/assert.ts';
import type { HttpClient } from '../../support/http/client.ts';
import { bytesOf, contentType, positionOf, recordOf, split, told, type Format } from './format.ts';
import { Ledger, Sent } from './ledger.ts';
import type { Random } from '../../support/random.ts';
import { Violation } from './violation.ts';
import type { Client } from './writers.ts';

/** What was asked for and not answered yet. */
type Pending = 'create' | 'delete' | undefined;

/**
 * A name under which one stream follows another. The first record of each says which one it is, so
 * that a reader cannot take one for the other.
 */
export class Name {
  readonly path: string;
  readonly format: Format;
  /** Counts the streams that were asked for under this name. */
  life = 0;
  isThere = false;
  pending: Pending;
  /** The highest life that is over for sure. */
  over = 0;
  /** How often it has been possible that nothing is there. */
  absences = 1;
  #ledger: Ledger;

  constructor(path: string, format: Format) {
    this.path = path;
    this.format = format;
    this.#ledger = new Ledger(path, format);
  }

  /** Of the current life. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  get mayBeAbsent(): boolean {
    return !this.isThere || this.pending === 'delete';
  }

  beginLife(): void {
    this.life += 1;
    this.pending = 'create';
    this.#ledger = new Ledger(this.path, this.format);
  }

  hasBegun(): void {
    this.pending = undefined;
    this.isThere = true;
  }

  endLife(): void {
    this.pending = 'delete';
    this.absences += 1;
  }

  hasEnded(): void {
    this.pending = undefined;
    this.isThere = false;
    this.over = this.life;
    this.absences += 1;
  }

  /** A create that came to nothing: the number is not used again. */
  neverWas(): void {
    this.hasEnded();
  }

  /** What a reader takes with it when it asks, to judge the answer by. */
  glance(): Glance {
    return {
      over: this.over,
      absences: this.absences,
      mayBeAbsent: this.mayBeAbsent,
      life: this.life,
    };
  }

  /** A reader found nothing. */
  seeAbsent(before: Glance): void {
    if (!before.mayBeAbsent && this.absences === before.absences) {
      throw new Violation(`${this.path}: life ${this.life} was there and is not`);
    }
    // Only its deletion can be why, and what a reader has seen stays.
    if (!before.mayBeAbsent && before.life === this.life) this.over = this.life;
  }

  /** A reader found this much of a stream, from its beginning. */
  seeBytes(before: Glance, bytes: Buffer): void {
    const first = split(this.format, bytes)[0];
    const life = Number(/#(\d+)$/.exec(first?.id ?? '')?.[1]);
    if (!(life <= this.life)) throw new Violation(`${this.path}: nobody began life ${life}`);
    if (life <= before.over) throw new Violation(`${this.path}: life ${life} has come back`);
    if (life !== this.life) return;
    if (this.pending === 'create') this.hasBegun();
    this.#ledger.see(0, bytes);
  }

  /** Nothing is under way, and this is how things are; bytes: undefined when nothing is there. */
  audit(bytes: Buffer | undefined, isClosed: boolean): void {
    const before = this.glance();
    if (bytes === undefined) {
      if (!this.mayBeAbsent) {
        throw new Violation(`${this.path}: life ${this.life} was there and is not`);
      }
      if (this.isThere || this.pending === 'create') this.neverWas();
      return;
    }
    this.seeBytes(before, bytes);
    this.pending = undefined;
    this.#ledger.audit(bytes, isClosed);
  }
}

interface Glance {
  readonly over: number;
  readonly absences: number;
  readonly mayBeAbsent: boolean;
  readonly life: number;
}

/** Creates streams, writes a little, closes some, deletes them, and begins anew. */
export class Creator implements Client {
  readonly #name: string;
  readonly #client: HttpClient;
  readonly #names: readonly Name[];
  readonly #random: Random;
  #count = 0;

  constructor(name: string, client: HttpClient, names: readonly Name[], random: Random) {
    this.#name = name;
    this.#client = client;
    this.#names = names;
    this.#random = random;
  }

  async step(): Promise<void> {
    const name = must(this.#random.pick(this.#names), 'there are names');
    if (!name.isThere) await this.#create(name);
    else if (this.#random.chance(0.2)) await this.#delete(name);
    else await this.#append(name);
  }

  async #create(name: Name): Promise<void> {
    name.beginLife();
    const sent = this.#record(name, `${this.#name}#${name.life}`);
    name.ledger.send(sent.sent);
    const headers = { 'Content-Type': contentType(name.format) };
    const answer = await this.#client.put(name.path, { headers, body: sent.body });
    if (answer.status !== 201) throw new Violation(`PUT ${name.path} answered ${told(answer)}`);
    name.hasBegun();
    name.ledger.acknowledge([sent.sent], positionOf(answer.offset));
  }

  async #append(name: Name): Promise<void> {
    const { ledger } = name;
    const { sent, body } = this.#record(name, `${this.#name}.${this.#count + 1}`);
    const closes = this.#random.chance(0.1);
    if (closes) ledger.mayBeClosed = true;
    ledger.send(sent);
    const headers = { 'Content-Type': contentType(name.format) };
    const answer = await this.#client.post(name.path, {
      headers: closes ? { ...headers, 'Stream-Closed': 'true' } : headers,
      body,
    });
    if (answer.status === 204) {
      ledger.acknowledge([sent], positionOf(answer.offset));
      if (closes) ledger.seeClosed(positionOf(answer.offset));
    } else if (ledger.closedAt !== undefined && answer.verdict === '409 stream-closed') {
      ledger.settle(sent, 'absent');
    } else {
      throw ledger.violation(`an append was answered ${told(answer)}`);
    }
  }

  async #delete(name: Name): Promise<void> {
    name.endLife();
    const answer = await this.#client.delete(name.path);
    if (answer.status !== 204) throw new Violation(`DELETE ${name.path}: ${told(answer)}`);
    name.hasEnded();
  }

  #record(name: Name, id: string): { sent: Sent; body: Buffer } {
    this.#count += 1;
    const body = recordOf(name.format, id, this.#random);
    return { sent: new Sent(name.format, id, body, this.#name, this.#count), body };
  }
}

/** Reads names from the beginning, wherever their streams are in their lives. */
export class NameReader implements Client {
  readonly #client: HttpClient;
  readonly #names: readonly Name[];
  readonly #random: Random;

  constructor(client: HttpClient, names: readonly Name[], random: Random) {
    this.#client = client;
    this.#names = names;
    this.#random = random;
  }

  async step(): Promise<void> {
    const name = must(this.#random.pick(this.#names), 'there are names');
    const before = name.glance();
    const answer = await this.#client.get(name.path);
    if (answer.status === 404) name.seeAbsent(before);
    else if (answer.status === 200) name.seeBytes(before, bytesOf(name.format, answer.body));
    else throw new Violation(`GET ${name.path}: ${told(answer)}`);
  }
}
