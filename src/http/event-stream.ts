import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const LINE_END = '\r\n';

/**
 * Bytes to be sent to many, framed once as a chunk of HTTP/1.1 (RFC 9112, "Chunked Transfer
 * Coding") around what they are.
 */
export class Frame {
  readonly chunk: Buffer;
  readonly plain: Buffer;

  constructor(parts: readonly (Buffer | string)[]) {
    const buffers = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0);
    const size = Buffer.from(bytes.toString(16) + LINE_END);
    this.chunk = Buffer.concat([size, ...buffers, Buffer.from(LINE_END)]);
    this.plain = this.chunk.subarray(size.length, size.length + bytes);
  }
}

/**
 * The open end of an answer that goes on. This is the one place that knows how such an answer is
 * framed: with HTTP/1.1 frames go past node's response to the socket, which spares framing the same
 * bytes again for every reader; anything else is left to node.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  readonly #socket: Socket | undefined;
  #isBlocked = false;

  constructor(response: ServerResponse, onDrain: () => void, onClose: () => void) {
    this.#response = response;
    response.flushHeaders();
    this.#socket =
      response.chunkedEncoding && response.socket !== null ? response.socket : undefined;
    this.#onDrain = () => {
      if (!this.#isBlocked) return;
      this.#isBlocked = false;
      onDrain();
    };
    (this.#socket ?? response).on('drain', this.#onDrain);
    response.on('close', () => {
      this.#socket?.off('drain', this.#onDrain);
      onClose();
    });
  }

  /** The reader has not taken what was sent: nothing more may be sent before the drain. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  send(frame: Frame): void {
    // Behind the end of this answer the socket may belong to the next one.
    if (this.#response.writableEnded) return;
    const isTaken =
      this.#socket === undefined
        ? this.#response.write(frame.plain)
        : this.#socket.write(frame.chunk);
    if (!isTaken) this.#isBlocked = true;
  }

  /** Ends it in a way that the reader can tell from a broken connection. */
  end(): void {
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }
}
