import { connect, type Socket } from 'node:net';
import { sharedNowMs } from './clock.ts';
import { eventMark, eventTimeDigits } from './fan-out-event.ts';
import { get } from './requests.ts';

// Shared by all readers, as for `Connection`.
const incoming = Buffer.allocUnsafe(256 * 1024);
const eventBytes = eventMark.length + eventTimeDigits;
const zero = 0x30;
const lineFeed = 0x0a;

export interface LiveReaderEvents {
  readonly opened: () => void;
  readonly received: (latencyMs: number) => void;
  readonly failed: (reason: string) => void;
}

/**
 * One SSE reader. It looks for the events' mark and nothing else: chunk framing and SSE fields are
 * not parsed, because a thousand readers share one process.
 */
export class LiveReader {
  readonly #socket: Socket;
  readonly #events: LiveReaderEvents;
  #head: string | undefined = '';
  #cut: Buffer | undefined;

  constructor(url: URL, path: string, events: LiveReaderEvents) {
    this.#events = events;
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: incoming,
        callback: (count) => {
          this.#read(incoming.subarray(0, count));
          return true;
        },
      },
    });
    this.#socket.on('connect', () => this.#socket.write(get(url, path)));
    this.#socket.on('error', (error) => {
      events.failed(error.message);
    });
    this.#socket.on('end', () => {
      events.failed('the server ended the stream');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#head === undefined) {
      this.#scan(chunk);
      return;
    }
    // The first control event says that the reader stands at the tail and will miss nothing.
    this.#head += chunk.toString('latin1');
    if (!/^HTTP\/1\.1 200 /.test(this.#head)) {
      this.#events.failed(`unexpected answer ${this.#head.slice(9, 300)}`);
      this.#socket.destroy();
      return;
    }
    if (!/event: ?control\r?\n[^]*\n\r?\n/.test(this.#head)) return;
    this.#head = undefined;
    this.#events.opened();
  }

  #scan(chunk: Buffer): void {
    const bytes = this.#cut === undefined ? chunk : Buffer.concat([this.#cut, chunk]);
    this.#cut = undefined;
    let at = bytes.indexOf(eventMark, 0, 'latin1');
    let scanned = 0;
    while (at !== -1 && at + eventBytes <= bytes.length) {
      this.#events.received(sharedNowMs() - dueMs(bytes, at + eventMark.length));
      scanned = at + eventBytes;
      at = bytes.indexOf(eventMark, scanned, 'latin1');
    }
    // What ends with a line holds no half of a mark; anything else is looked at again.
    if (bytes[bytes.length - 1] === lineFeed) return;
    const from = at === -1 ? Math.max(scanned, bytes.length - eventMark.length + 1) : at;
    this.#cut = Buffer.from(bytes.subarray(from));
  }
}

function dueMs(bytes: Buffer, at: number): number {
  let micros = 0;
  for (let i = at; i < at + eventTimeDigits; i += 1) micros = micros * 10 + (bytes[i] ?? 0) - zero;
  return micros / 1000;
}
