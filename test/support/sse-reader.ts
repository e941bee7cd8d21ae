import { RawConnection, requestBytes, type AnswerHead } from './raw-http.ts';
import { SseParser, type SseEvent } from './sse-parser.ts';

/** What a control event of the protocol says. */
export interface Control {
  readonly streamNextOffset: string;
  readonly streamCursor?: string;
  readonly upToDate?: boolean;
  readonly streamClosed?: boolean;
}

export interface SseOptions {
  readonly offset?: string;
  readonly cursor?: string;
  readonly fields?: readonly string[];
  /** Take text that is no UTF-8 as a browser does, instead of failing. */
  readonly isLossy?: boolean;
}

/** A reader of `live=sse` that sees every event and checks that each one is well formed. */
export class SseReader {
  readonly head: AnswerHead;
  readonly connection: RawConnection;
  /** All events so far. */
  readonly events: SseEvent[] = [];
  readonly #parser: SseParser;
  readonly #chunks: AsyncGenerator<Buffer, void>;
  #isOver = false;

  private constructor(connection: RawConnection, head: AnswerHead, isLossy: boolean) {
    this.#parser = new SseParser({ isLossy });
    this.connection = connection;
    this.head = head;
    this.#chunks = connection.chunks();
  }

  static async open(port: number, path: string, options: SseOptions = {}): Promise<SseReader> {
    const { offset = '-1', cursor, fields, isLossy = false } = options;
    const query = cursor === undefined ? '' : `&cursor=${cursor}`;
    const connection = await RawConnection.open(port);
    const target = `${path}?offset=${offset}&live=sse${query}`;
    connection.send(requestBytes({ target, ...(fields === undefined ? {} : { fields }) }));
    return new SseReader(connection, await connection.head(), isLossy);
  }

  /** The answer came to its proper end, and no event was cut off. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get comments(): readonly string[] {
    return this.#parser.comments;
  }

  /** What the data events said, one after the other. */
  get text(): string {
    return this.events.map(({ type, data }) => (type === 'data' ? data : '')).join('');
  }

  /** The same as far as a control event has told where it ends. */
  get settledText(): string {
    const last = this.events.findLastIndex(({ type }) => type === 'control');
    const settled = this.events.slice(0, last + 1);
    return settled.map(({ type, data }) => (type === 'data' ? data : '')).join('');
  }

  /** What the last control event said. */
  get control(): Control | undefined {
    const event = this.events.findLast(({ type }) => type === 'control');
    return event && parseControl(event.data);
  }

  /** Where a reader goes on that has seen these events. */
  get offset(): string {
    return this.control?.streamNextOffset ?? '-1';
  }

  /** Reads on until the condition holds. */
  async until(holds: (reader: this) => boolean): Promise<this> {
    while (!holds(this)) {
      if (!(await this.#read())) throw new Error('the events ended before the condition held');
    }
    return this;
  }

  async untilUpToDate(): Promise<this> {
    return this.until(({ control }) => control?.upToDate === true);
  }

  async untilOver(): Promise<this> {
    while (await this.#read());
    return this;
  }

  close(): void {
    this.connection.close();
  }

  async #read(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) {
      this.#parser.finish();
      this.#isOver = true;
      return false;
    }
    this.events.push(...this.#parser.push(next.value));
    return true;
  }
}

export function parseControl(text: string): Control {
  const value: unknown = JSON.parse(text);
  if (!isControl(value)) throw new Error(`no control event: ${text}`);
  return value;
}

function isControl(value: unknown): value is Control {
  if (typeof value !== 'object' || value === null || !('streamNextOffset' in value)) return false;
  return typeof value.streamNextOffset === 'string';
}
