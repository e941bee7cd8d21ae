import { connect, type Socket } from 'node:net';
import { mustBeDescribed } from './http/described-answers.ts';

/** The server ended the connection before it had said what was awaited. */
export class ConnectionEnded extends Error {
  override name = 'ConnectionEnded';
}

/** What the server sent is no well-formed HTTP/1.1 answer. */
export class MalformedAnswer extends Error {
  override name = 'MalformedAnswer';
}

/** The start of an answer: everything before its body. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; a repeated field as one list. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface Answer extends AnswerHead {
  readonly body: Buffer;
  /** Statuses of the interim answers before it, such as 100. */
  readonly interim: readonly number[];
}

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e\x80-\xff]*$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/**
 * A TCP connection that sends any bytes, and reads answers with a parser that forgives nothing: an
 * answer that a proxy could read in two ways fails the test.
 */
export class RawConnection {
  readonly socket: Socket;
  /** Resolves when the server has ended the connection, gracefully or not. */
  readonly ended: Promise<void>;
  #chunks: Buffer[] = [];
  #isEnded = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    const markEnded = (): void => {
      this.#isEnded = true;
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      for (const event of ['end', 'close'] as const) {
        socket.on(event, () => {
          markEnded();
          resolve();
        });
      }
    });
    // A reset is one way for a server to end a connection.
    socket.on('error', markEnded);
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, noDelay: true, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Text goes out one byte a character. */
  send(data: string | Buffer): this {
    if (this.socket.writable) this.socket.write(data, 'latin1');
    return this;
  }

  /** Sends and waits until the kernel has taken it, or the connection is over. */
  sendAll(data: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (!this.socket.writable) {
        resolve();
        return;
      }
      this.socket.once('close', resolve);
      this.socket.write(data, () => {
        this.socket.off('close', resolve);
        resolve();
      });
    });
  }

  /** Sends no more, but still reads. */
  endSending(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Closes with a reset instead of an orderly end. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** The next final answer; `method` is the request's, since an answer to HEAD has no body. */
  async answer(method = 'GET'): Promise<Answer> {
    const interim: number[] = [];
    for (;;) {
      const head = await this.head();
      if (head.status >= 200) {
        return { ...head, interim, body: await this.#body(method, head) };
      }
      interim.push(head.status);
    }
  }

  /** The next answer without its body, interim ones included. */
  async head(): Promise<AnswerHead> {
    const statusLine = await this.#line();
    const status = STATUS_LINE.exec(statusLine)?.[1];
    if (status === undefined) throw new MalformedAnswer(`status line: ${statusLine}`);
    const headers = new Map<string, string>();
    for (;;) {
      const line = await this.#line();
      if (line === '') return { status: Number(status), headers };
      const [, name, value] = FIELD_LINE.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new MalformedAnswer(`field: ${line}`);
      const key = name.toLowerCase();
      const before = headers.get(key);
      headers.set(key, before === undefined ? value : `${before}, ${value}`);
    }
  }

  /** The pieces of a chunked body, as they come. */
  async *chunks(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const size = await this.#line();
      if (!/^[0-9A-Fa-f]+$/.test(size)) throw new MalformedAnswer(`chunk size: ${size}`);
      const length = Number.parseInt(size, 16);
      if (length > 0) yield await this.#take(length);
      if ((await this.#line()) !== '') throw new MalformedAnswer('chunk without its line end');
      if (length === 0) return;
    }
  }

  /** Everything until the server ends the connection. */
  async rest(): Promise<Buffer> {
    while (!this.#isEnded) await this.#more();
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return all;
  }

  async #body(method: string, { status, headers }: AnswerHead): Promise<Buffer> {
    if (method === 'HEAD' || status === 204 || status === 304) return Buffer.alloc(0);
    const coding = headers.get('transfer-encoding');
    const length = headers.get('content-length');
    if (coding !== undefined && length !== undefined) {
      throw new MalformedAnswer('two ways to tell where the body ends');
    }
    if (coding === 'chunked') {
      const pieces: Buffer[] = [];
      for await (const piece of this.chunks()) pieces.push(piece);
      return Buffer.concat(pieces);
    }
    if (length !== undefined) {
      if (!/^\d+$/.test(length)) throw new MalformedAnswer(`Content-Length: ${length}`);
      return this.#take(Number(length));
    }
    if (headers.get('connection') !== 'close') throw new MalformedAnswer('a body without an end');
    return this.rest();
  }

  async #line(): Promise<string> {
    for (;;) {
      const all = this.#gather();
      const end = all.indexOf('\r\n');
      if (end >= 0) {
        const line = (await this.#take(end + 2)).toString('latin1', 0, end);
        if (/[\r\n]/.test(line)) throw new MalformedAnswer(`a bare line end: ${line}`);
        return line;
      }
      await this.#more();
    }
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#available() < length) await this.#more();
    const all = this.#gather();
    this.#chunks = [all.subarray(length)];
    return all.subarray(0, length);
  }

  #available(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  #gather(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    if (all !== undefined) return all;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  async #more(): Promise<void> {
    if (this.#isEnded) {
      throw new ConnectionEnded(`the server ended; unread: ${this.#gather().toString('latin1')}`);
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  /** Field lines as they go out. `Host` comes first unless `hostless`. */
  readonly fields?: readonly string[];
  readonly body?: string | Buffer;
  readonly hostless?: boolean;
}

/** The bytes of a request. A body brings its own Content-Length unless the fields say otherwise. */
export function requestBytes(request: RawRequest): Buffer {
  const { method = 'GET', target, fields = [], body = '', hostless = false } = request;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const isFramed = fields.some((field) => /^(?:content-length|transfer-encoding)\s*:/i.test(field));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(hostless ? [] : ['Host: millrace.test']),
    ...fields,
    ...(bytes.length > 0 && !isFramed ? [`Content-Length: ${bytes.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

/** One request on a connection of its own. */
export async function exchange(port: number, request: RawRequest): Promise<Answer> {
  const connection = await RawConnection.open(port);
  try {
    const { method = 'GET', target } = request;
    const answer = await connection.send(requestBytes(request)).answer(method);
    mustBeDescribed({ method, target, ...answer });
    return answer;
  } finally {
    connection.close();
  }
}
