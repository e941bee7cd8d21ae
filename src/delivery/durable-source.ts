import type { Clock } from '../lib/clock.ts';
import { eventEncoding, isJson } from '../protocol/content-type.ts';
import { standing } from '../protocol/head.ts';
import { skipValue } from '../protocol/json-scan.ts';
import { position, START } from '../protocol/offset.ts';
import type { LogStore } from '../storage/port.ts';
import { readStitched } from '../streams/reading.ts';
import { isStreamHead, type StreamHead } from '../streams/stream-head.ts';
import type { Subject } from '../subjects/subject.ts';
import type { SourceHead, SourceRead, SourceRecord, SourceStream } from './source.ts';

const BYTES_PER_READ = 1 << 20;
/** Of a stream whose records are read one by one. */
const RECORDS_PER_READ = 256;
/** A read of so little answers with a single record. */
const ONE_RECORD_BYTES = 1;

/** A durable stream: each of its messages, or of the appends that it was made of. */
export class DurableSource implements SourceStream {
  readonly name: string;
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #log: string;
  readonly #subject: Subject;

  /** `log`: the stream's name in the store; `subject`: what its records are on. */
  constructor(store: LogStore, clock: Clock, log: string, subject: Subject) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#subject = subject;
    this.name = subject;
  }

  async head(): Promise<SourceHead | undefined> {
    const head = await this.#streamHead();
    if (head === undefined) return undefined;
    // A fork begins with what it inherits.
    const first = head.state.fork === undefined ? head.start : START;
    return { incarnation: head.incarnation, begin: first, first, tail: head.tail };
  }

  async #streamHead(): Promise<StreamHead | undefined> {
    const head = await this.#store.durable(this.#log);
    const isLive = standing(head, this.#clock.nowMs()).kind === 'live';
    return isLive && isStreamHead(head) ? head : undefined;
  }

  async read({ incarnation }: SourceHead, from: number): Promise<SourceRead> {
    const head = await this.#streamHead();
    if (head?.incarnation !== incarnation) return { kind: 'absent' };
    return isJson(head.state.contentType)
      ? this.#readMessages(head, from)
      : this.#readAppends(head, from);
  }

  async #readMessages(head: StreamHead, from: number): Promise<SourceRead> {
    const read = await this.#page(head, from, BYTES_PER_READ);
    if (read.kind !== 'page') return read;
    const { page } = read;
    const records: SourceRecord[] = [];
    const bytes = Buffer.concat(page.pieces);
    for (let at = 0; at < bytes.length;) {
      const end = skipValue(bytes, at, bytes.length);
      if (end.kind !== 'ended') return { kind: 'corrupt' };
      const place = page.from + at;
      records.push(this.#record(place, page.from + end.at + 1, bytes.subarray(at, end.at)));
      at = end.at + 1;
    }
    return { kind: 'read', records, next: page.to };
  }

  async #readAppends(head: StreamHead, from: number): Promise<SourceRead> {
    const isText = eventEncoding(head.state.contentType) === 'text';
    const records: SourceRecord[] = [];
    let next = from;
    while (next < head.tail && records.length < RECORDS_PER_READ) {
      const read = await this.#page(head, next, ONE_RECORD_BYTES);
      if (read.kind !== 'page') return read;
      const { from: at, to, pieces } = read.page;
      const text = Buffer.concat(pieces).toString(isText ? 'utf8' : 'base64');
      records.push(this.#record(at, to, Buffer.from(JSON.stringify(text))));
      next = to;
    }
    return { kind: 'read', records, next };
  }

  async #page(head: StreamHead, from: number, bytesMax: number) {
    const read = await readStitched(this.#store, this.#log, head, position(from), bytesMax);
    // What retention took meanwhile is seen with the next look at the head.
    return read.kind === 'trimmed' ? ({ kind: 'absent' } as const) : read;
  }

  #record(at: number, next: number, body: Buffer): SourceRecord {
    return { at, next, subject: this.#subject, createdAtMs: undefined, body };
  }

  watch(onChange: () => void): () => void {
    return this.#store.watch(this.#log, onChange);
  }
}
