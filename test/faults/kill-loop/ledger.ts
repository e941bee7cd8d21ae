import { SeenBytes } from './bytes.ts';
import { split, storedBytes, type Format } from './format.ts';
import { Violation } from './violation.ts';

/** What is known of a record that somebody has sent. */
export type Fate =
  /** No answer came, or not yet: it is there whole or not at all. */
  | 'unknown'
  /** It was acknowledged, or found after a restart: it stays. */
  | 'there'
  /** It was refused, or missing after a restart: it never comes. */
  | 'absent';

export class Sent {
  readonly id: string;
  readonly stored: Buffer;
  readonly writer: string;
  /** Counts the records of a writer. */
  readonly number: number;
  fate: Fate = 'unknown';

  constructor(format: Format, id: string, record: Buffer, writer: string, number: number) {
    this.id = id;
    this.stored = storedBytes(format, record);
    this.writer = writer;
    this.number = number;
  }
}

/** Everything that writers and readers know of one stream, in one incarnation. */
export class Ledger {
  readonly path: string;
  readonly format: Format;
  readonly #seen = new SeenBytes();
  readonly #sent = new Map<string, Sent>();
  /** Where the stream is known to end, or undefined while nobody has seen it closed. */
  closedAt: number | undefined;
  /** Somebody asked for it to be closed. */
  mayBeClosed = false;
  /** Somebody asked for it to be deleted. */
  mayBeGone = false;

  constructor(path: string, format: Format) {
    this.path = path;
    this.format = format;
  }

  get end(): number {
    return this.#seen.end;
  }

  /** A request with this record is about to go out, for the first time or again. */
  send(sent: Sent): void {
    if (sent.fate === 'absent') sent.fate = 'unknown';
    this.#sent.set(sent.id, sent);
  }

  /** An acknowledgement says where the append ended; it was of these records. */
  acknowledge(records: readonly Sent[], end: number): void {
    for (const sent of records) this.settle(sent, 'there');
    const bytes = Buffer.concat(records.map(({ stored }) => stored));
    this.see(end - bytes.length, bytes);
  }

  /** A duplicate is acknowledged without saying where the first one ended. */
  settle(sent: Sent, fate: 'there' | 'absent'): void {
    if (sent.fate !== 'unknown' && sent.fate !== fate) {
      throw this.violation(`${sent.id} was ${sent.fate} and is ${fate}`);
    }
    sent.fate = fate;
  }

  see(from: number, bytes: Buffer): void {
    if (from < 0) throw this.violation(`an append ended at ${from + bytes.length}`);
    if (this.closedAt !== undefined && from + bytes.length > this.closedAt) {
      throw this.violation(`it was closed at ${this.closedAt} and has more behind that`);
    }
    try {
      this.#seen.see(from, bytes);
    } catch (error) {
      throw error instanceof Violation ? this.violation(error.message) : error;
    }
  }

  seeEnd(at: number): void {
    this.see(at, Buffer.alloc(0));
    this.#seen.seeEnd(at);
  }

  seeClosed(at: number): void {
    if (!this.mayBeClosed) throw this.violation('it is closed and nobody asked for that');
    if (this.closedAt !== undefined && this.closedAt !== at) {
      throw this.violation(`it was closed at ${this.closedAt} and then at ${at}`);
    }
    if (this.end > at) throw this.violation(`it is closed at ${at} and was seen up to ${this.end}`);
    this.closedAt = at;
  }

  /** Nothing is under way, and this is the whole stream: it settles every unknown fate. */
  audit(bytes: Buffer, isClosed: boolean): void {
    if (bytes.length < this.end) {
      throw this.violation(`it ends at ${bytes.length} and was seen up to ${this.end}`);
    }
    this.see(0, bytes);
    if (isClosed) this.seeClosed(bytes.length);
    else if (this.closedAt !== undefined) throw this.violation('it was closed and is open');
    else this.mayBeClosed = false;
    const last = new Map<string, number>();
    const found = new Set<Sent>();
    for (const { id, stored } of this.#split(bytes)) {
      const sent = this.#sent.get(id);
      if (sent === undefined) throw this.violation(`nobody sent ${id}`);
      if (found.has(sent)) throw this.violation(`${id} is there twice`);
      if (!sent.stored.equals(stored)) throw this.violation(`${id} is there, but not as sent`);
      if ((last.get(sent.writer) ?? -1) > sent.number)
        throw this.violation(`${id} is out of order`);
      last.set(sent.writer, sent.number);
      found.add(sent);
      this.settle(sent, 'there');
    }
    for (const sent of this.#sent.values()) {
      if (found.has(sent)) continue;
      this.settle(sent, 'absent');
      // Should it come yet, then from nobody.
      this.#sent.delete(sent.id);
    }
  }

  violation(problem: string): Violation {
    return new Violation(`${this.path}: ${problem}`);
  }

  #split(bytes: Buffer): { id: string; stored: Buffer }[] {
    try {
      return split(this.format, bytes);
    } catch (error) {
      throw error instanceof Violation ? this.violation(error.message) : error;
    }
  }
}
