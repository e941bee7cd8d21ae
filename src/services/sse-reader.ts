import { LineSplitter } from './line-splitter.ts';
import { withoutBom, type Pushed, type ReaderFault } from './reader-fault.ts';

export interface ServerEvent {
  /** The newest id at that time: it stays until another comes. Empty: none. */
  readonly id: string;
  /** `message` where none is named. */
  readonly event: string;
  readonly data: string;
}

export interface SseLimits {
  readonly lineBytesMax: number;
  /** Of an event's data. */
  readonly recordBytesMax: number;
}

const COLON = 0x3a;
const SPACE = 0x20;

/** Reads `text/event-stream` (HTML Living Standard, "Interpreting an event stream"). */
export class SseReader {
  readonly #limits: SseLimits;
  readonly #lines: LineSplitter;
  #isFirstLine = true;
  #fault: ReaderFault | undefined;
  #id = '';
  #lastEventId = '';
  #event = '';
  #data: string[] = [];
  #dataBytes = 0;
  #retryMs: number | undefined;

  /** `lastEventId`: where a stream that was read before is taken up again. */
  constructor(limits: SseLimits, lastEventId = '') {
    this.#limits = limits;
    this.#lines = new LineSplitter({ lineBytesMax: limits.lineBytesMax, isCrAnEnd: true });
    this.#id = lastEventId;
    this.#lastEventId = lastEventId;
  }

  /** What to ask for in `Last-Event-ID` when the connection is lost. Empty: nothing. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** How long the service asks to wait before it is called again. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** After a fault nothing more is read. An event that is not ended counts for nothing. */
  push(bytes: Buffer): Pushed<ServerEvent> {
    const records: ServerEvent[] = [];
    if (this.#fault === undefined) {
      for (const line of this.#lines.push(bytes)) {
        if (line === 'too-long') this.#fault = 'line-too-long';
        else this.#take(line, records);
        if (this.#fault !== undefined) break;
      }
    }
    return { records, fault: this.#fault };
  }

  #take(whole: Buffer, records: ServerEvent[]): void {
    const line = this.#isFirstLine ? withoutBom(whole) : whole;
    this.#isFirstLine = false;
    if (line.length === 0) {
      this.#dispatch(records);
      return;
    }
    const colon = line.indexOf(COLON);
    const name = line.toString('utf8', 0, colon === -1 ? line.length : colon);
    const from = colon === -1 ? line.length : line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    this.#field(name, line.subarray(from));
  }

  #field(name: string, value: Buffer): void {
    switch (name) {
      case 'data':
        // Each line of data costs one more: an event may be made of empty ones.
        this.#dataBytes += value.length + 1;
        if (this.#dataBytes - 1 > this.#limits.recordBytesMax) this.#fault = 'record-too-large';
        else this.#data.push(value.toString());
        return;
      case 'event':
        this.#event = value.toString();
        return;
      case 'id':
        if (!value.includes(0)) this.#id = value.toString();
        return;
      case 'retry': {
        const digits = value.toString('latin1');
        if (/^\d{1,15}$/.test(digits)) this.#retryMs = Number(digits);
        return;
      }
      default:
        // A comment, or a field of another day.
        return;
    }
  }

  #dispatch(records: ServerEvent[]): void {
    this.#lastEventId = this.#id;
    if (this.#data.length > 0) {
      const event = this.#event === '' ? 'message' : this.#event;
      records.push({ id: this.#id, event, data: this.#data.join('\n') });
    }
    this.#event = '';
    this.#data = [];
    this.#dataBytes = 0;
  }
}
