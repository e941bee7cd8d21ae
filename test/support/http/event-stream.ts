import type { IncomingMessage } from 'node:http';
import type { Headers, HttpClient } from './client.ts';

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** What a control event says. */
export interface Control {
  readonly streamNextOffset: string;
  readonly streamCursor?: string;
  readonly upToDate?: boolean;
  readonly streamClosed?: boolean;
}

/**
 * A live reader that parses as the HTML standard says, "Interpreting an event stream", and keeps
 * everything that came.
 */
export class EventStream {
  readonly incoming: IncomingMessage;
  readonly events: StreamEvent[] = [];
  /** Comment lines: what keeps an idle connection open. */
  comments = 0;
  /** All that came, unparsed. */
  raw = '';
  /** Whether the answer came to its proper end, and was not cut off. */
  isComplete = false;
  readonly ended: Promise<void>;
  readonly #cut: () => void;
  readonly #waiting = new Set<() => void>();
  #rest = '';
  #isEnded = false;

  /** `path` is the stream's; it is followed from the offset on. */
  static async open(
    client: HttpClient,
    path: string,
    { offset = '-1', cursor = '', headers = {} }: FollowOptions = {},
  ): Promise<EventStream> {
    const query = cursor === '' ? '' : `&cursor=${cursor}`;
    const target = `${path}?offset=${offset}&live=sse${query}`;
    const { incoming, cut } = await client.open('GET', target, { headers });
    return new EventStream(incoming, cut);
  }

  constructor(incoming: IncomingMessage, cut: () => void) {
    this.incoming = incoming;
    this.#cut = cut;
    incoming.setEncoding('utf8');
    incoming.on('data', (text: string) => {
      this.#take(text);
      this.#wake();
    });
    incoming.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      incoming.on('close', () => {
        this.#isEnded = true;
        this.isComplete = incoming.complete;
        resolve();
        this.#wake();
      });
    });
  }

  get status(): number {
    return this.incoming.statusCode ?? 0;
  }

  get controls(): Control[] {
    return this.events
      .filter(({ event }) => event === 'control')
      .map(({ data }) => toControl(data));
  }

  get lastControl(): Control | undefined {
    return this.controls.at(-1);
  }

  /** The payloads of the data events. */
  get data(): string[] {
    return this.events.filter(({ event }) => event === 'data').map(({ data }) => data);
  }

  /** Resolves as soon as the condition holds; rejects when the answer has ended without it. */
  until(holds: (stream: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (holds(this)) resolve();
        else if (this.#isEnded) reject(new Error(`the answer ended after ${this.raw}`));
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Goes away without a word, as a client whose network fails. */
  async cut(): Promise<void> {
    this.#cut();
    await this.ended;
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #take(text: string): void {
    this.raw += text;
    this.#rest += text;
    for (;;) {
      const end = this.#rest.indexOf('\n\n');
      if (end < 0) return;
      const block = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 2);
      this.#takeBlock(block.split(/\r\n|\r|\n/));
    }
  }

  #takeBlock(lines: readonly string[]): void {
    let event = 'message';
    let id: string | undefined;
    const data: string[] = [];
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon === 0) {
        this.comments += 1;
        continue;
      }
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') id = value;
    }
    if (data.length > 0) this.events.push({ event, data: data.join('\n'), id });
  }
}

export interface FollowOptions {
  readonly offset?: string;
  readonly cursor?: string;
  readonly headers?: Headers;
}

function toControl(text: string): Control {
  const value: unknown = JSON.parse(text);
  if (!isControl(value)) throw new Error(`not a control event: ${text}`);
  return value;
}

function isControl(value: unknown): value is Control {
  return (
    typeof value === 'object' &&
    value !== null &&
    'streamNextOffset' in value &&
    typeof value.streamNextOffset === 'string'
  );
}
