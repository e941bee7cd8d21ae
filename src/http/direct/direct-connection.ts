import type { Socket } from 'node:net';
import type { ClosingFields } from './closing-fields.ts';
import type { DirectAnswer, DirectAnswers } from './direct-exchange.ts';
import { WholeRequestParser, type WholeRequest } from './whole-request.ts';

export interface DirectSettings {
  readonly headerBytesMax: number;
  /** How long a connection may be silent before its first request. */
  readonly headersTimeoutMs: number;
  /** How long it may be silent between requests; 0 is without end. */
  readonly keepAliveTimeoutMs: number;
  readonly closingFields: () => ClosingFields;
}

export interface DirectConnectionParts {
  readonly settings: DirectSettings;
  /** Begins to carry out a request, unless it is none that is answered directly. */
  readonly serve: (request: WholeRequest, answers: DirectAnswers) => boolean;
  /** Takes the connection over for good. What is unread of it is in the socket. */
  readonly handOver: () => void;
}

/**
 * A connection as long as every request comes whole, by itself, in one read: then it needs neither a
 * parser's state nor a stream for the body. With the first that does not, the connection is node's.
 */
export class DirectConnection {
  readonly #socket: Socket;
  readonly #parts: DirectConnectionParts;
  readonly #parser: WholeRequestParser;
  /** What came while a request was being carried out. */
  readonly #held: Buffer[] = [];
  /** Of answers that the socket still holds a part of. */
  readonly #endings: (() => void)[] = [];
  #isAnswering = false;
  #isClosing = false;
  #isEnded = false;

  constructor(socket: Socket, parts: DirectConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#parser = new WholeRequestParser(parts.settings.headerBytesMax);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', ignore);
    socket.on('close', this.#endAnswers);
    socket.setTimeout(parts.settings.headersTimeoutMs);
  }

  /** Ends the connection now, or with the answer that is under way. */
  close(): void {
    this.#isClosing = true;
    if (!this.#isAnswering) this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#isAnswering) {
      // Pipelined, which is node's to sort out; one read is all that is kept of it.
      this.#held.push(bytes);
      this.#socket.pause();
      return;
    }
    const request = this.#parser.parse(bytes);
    this.#isAnswering = true;
    const decline = (): void => {
      this.#isAnswering = false;
      this.#release([bytes, ...this.#held]);
    };
    const isServed =
      request !== undefined && this.#parts.serve(request, { send: this.#send, decline });
    if (!isServed) decline();
  };

  readonly #send = ({ head, body, isLast }: DirectAnswer, onEnd: () => void): void => {
    const socket = this.#socket;
    this.#isAnswering = false;
    const isGoodbye = isLast || this.#isClosing || this.#isEnded;
    const { keepAlive, goodbye } = this.#parts.settings.closingFields();
    const bytes = head + (isGoodbye ? goodbye : keepAlive);
    if (typeof body === 'string' && Buffer.byteLength(body) === body.length) {
      socket.write(bytes + body, 'latin1');
    } else {
      socket.cork();
      socket.write(bytes, 'latin1');
      socket.write(body);
      socket.uncork();
    }
    this.#endings.push(onEnd);
    if (socket.writableLength === 0) this.#endAnswers();
    if (isGoodbye) socket.destroySoon();
    // A client that asks on and reads no answers is not listened to.
    else if (socket.writableNeedDrain) socket.pause();
    else this.#next();
  };

  readonly #onDrain = (): void => {
    this.#endAnswers();
    // Who watches over answers that nobody reads may have set another one.
    this.#socket.setTimeout(this.#parts.settings.keepAliveTimeoutMs);
    if (this.#isAnswering) return;
    this.#socket.resume();
    this.#next();
  };

  readonly #endAnswers = (): void => {
    for (let onEnd = this.#endings.pop(); onEnd !== undefined; onEnd = this.#endings.pop()) onEnd();
  };

  #next(): void {
    const { keepAliveTimeoutMs } = this.#parts.settings;
    if (this.#socket.timeout !== keepAliveTimeoutMs) this.#socket.setTimeout(keepAliveTimeoutMs);
    if (this.#held.length > 0) this.#release(this.#held);
  }

  /** The half that the client has closed is the one of its requests: an answer still arrives. */
  readonly #onEnd = (): void => {
    this.#isEnded = true;
    if (!this.#isAnswering) this.#socket.destroySoon();
  };

  readonly #onTimeout = (): void => {
    if (!this.#isAnswering || this.#socket.writableLength > 0) this.#socket.destroy();
  };

  #release(unread: readonly Buffer[]): void {
    const socket = this.#socket;
    socket.setTimeout(0);
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('error', ignore);
    socket.off('close', this.#endAnswers);
    this.#endAnswers();
    socket.pause();
    socket.unshift(Buffer.concat(unread));
    this.#parts.handOver();
    socket.resume();
  }
}

function ignore(): void {
  // Whatever ends a connection closes it, and that is all there is to do.
}
