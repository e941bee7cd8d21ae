import { TextDecoder } from 'node:util';

/** The stream is no well-formed sequence of events, or holds what no server of ours sends. */
export class MalformedEvents extends Error {
  override name = 'MalformedEvents';
}

export interface SseEvent {
  readonly type: string;
  readonly data: string;
  /** The last event id after this event. */
  readonly id: string;
}

/**
 * The parser of the HTML standard ("9.2.6 Interpreting an event stream"), to the letter where bytes
 * are read and stricter where a server could err: the bytes must be UTF-8, the fields known, and the
 * end must not cut an event off.
 */
export class SseParser {
  readonly comments: string[] = [];
  readonly #decoder: TextDecoder;
  #text = '';
  #data: string[] = [];
  #type = '';
  #id = '';

  /** `isLossy`: what is no UTF-8 becomes replacement characters, as in a browser. */
  constructor({ isLossy = false } = {}) {
    this.#decoder = new TextDecoder('utf-8', { fatal: !isLossy, ignoreBOM: false });
  }

  /** The events that these bytes complete. */
  push(bytes: Buffer): SseEvent[] {
    this.#text += this.#decode(bytes);
    const events: SseEvent[] = [];
    for (;;) {
      const line = this.#nextLine();
      if (line === undefined) return events;
      const event = this.#interpret(line);
      if (event !== undefined) events.push(event);
    }
  }

  /** Says that nothing more comes. */
  finish(): void {
    this.#decode(Buffer.alloc(0), false);
    const isCutOff = this.#text.replace(/^\r?\n?/, '') !== '' || this.#hasFields();
    if (isCutOff) throw new MalformedEvents(`cut off: ${JSON.stringify(this.#text)}`);
  }

  #decode(bytes: Buffer, stream = true): string {
    try {
      // The decoder takes away a byte order mark at the very beginning, as the standard wants.
      return this.#decoder.decode(bytes, { stream });
    } catch {
      throw new MalformedEvents(`not UTF-8: ${bytes.toString('latin1')}`);
    }
  }

  /** CR, LF and CRLF end a line. A CR at the end waits for the LF that may belong to it. */
  #nextLine(): string | undefined {
    const end = this.#text.search(/[\r\n]/);
    if (end < 0) return undefined;
    if (this.#text[end] === '\r' && end + 1 === this.#text.length) return undefined;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(this.#text.startsWith('\r\n', end) ? end + 2 : end + 1);
    return line;
  }

  #interpret(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.comments.push(line.slice(1));
      return undefined;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    switch (field) {
      case 'data':
        this.#data.push(value);
        return undefined;
      case 'event':
        if (this.#type !== '') throw new MalformedEvents(`two types: ${this.#type}, ${value}`);
        this.#type = value;
        return undefined;
      case 'id':
        if (value.includes('\0')) throw new MalformedEvents('an id with a zero byte');
        this.#id = value;
        return undefined;
      default:
        throw new MalformedEvents(`unknown field: ${line}`);
    }
  }

  #dispatch(): SseEvent | undefined {
    if (!this.#hasFields()) return undefined;
    if (this.#data.length === 0) throw new MalformedEvents(`an event without data: ${this.#type}`);
    const event = { type: this.#type, data: this.#data.join('\n'), id: this.#id };
    this.#data = [];
    this.#type = '';
    return event;
  }

  #hasFields(): boolean {
    return this.#data.length > 0 || this.#type !== '';
  }
}
