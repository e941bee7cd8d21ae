/** What came back for one request. The body went to the sink, if the request had one. */
export interface Answer {
  readonly status: number;
  /** Status line and headers as sent; empty for a plain 204. */
  readonly head: string;
  readonly bodyBytes: number;
  /** The body's beginning, kept for answers that report an error. */
  readonly excerpt: string;
}

/** Sees body bytes in order. The view is valid during the call only. */
export type BodySink = (bytes: Buffer) => void;

const noContent: Answer = { status: 204, head: '', bodyBytes: 0, excerpt: '' };
const headEnd = Buffer.from('\r\n\r\n');
const lineFeed = 0x0a;
const excerptBytesMax = 300;

type State = 'head' | 'sized-body' | 'chunk-size' | 'chunk-data' | 'chunk-data-end' | 'trailer';

/**
 * Reads HTTP/1.1 answers of requests sent one at a time on a connection. It understands just what
 * the measured servers send, because every microsecond spent here is taken from the server.
 */
export class AnswerParser {
  readonly #done: (answer: Answer) => void;
  #sink: BodySink | undefined;
  #state: State = 'head';
  #unread: Buffer | undefined;
  #status = 0;
  #head = '';
  #bodyBytes = 0;
  #excerpt = '';
  #remainingBytes = 0;
  #line = '';

  constructor(done: (answer: Answer) => void) {
    this.#done = done;
  }

  expect(sink: BodySink | undefined): void {
    this.#sink = sink;
  }

  feed(chunk: Buffer): void {
    if (this.#state === 'head' && this.#unread === undefined && isPlainNoContent(chunk)) {
      this.#done(noContent);
      return;
    }
    const bytes = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#unread = undefined;
    let at = 0;
    if (this.#state === 'head') {
      const end = bytes.indexOf(headEnd);
      if (end === -1) {
        // The caller reuses the memory behind the chunk.
        this.#unread = Buffer.from(bytes);
        return;
      }
      this.#beginBody(bytes.toString('latin1', 0, end));
      at = end + headEnd.length;
    }
    while (at < bytes.length) at = this.#step(bytes, at);
  }

  #beginBody(head: string): void {
    this.#status = Number(head.slice(9, 12));
    this.#head = head;
    this.#bodyBytes = 0;
    this.#excerpt = '';
    this.#line = '';
    if (header(head, 'transfer-encoding') === 'chunked') {
      this.#state = 'chunk-size';
      return;
    }
    const length = header(head, 'content-length');
    if (length === undefined && this.#status !== 204 && this.#status !== 304) {
      throw new Error(`answer without a length:\n${head}`);
    }
    this.#state = 'sized-body';
    this.#remainingBytes = length === undefined ? 0 : Number(length);
    if (this.#remainingBytes === 0) this.#finish();
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        throw new Error('bytes after the end of an answer');
      case 'sized-body': {
        const end = this.#takeBody(bytes, at);
        if (this.#remainingBytes === 0) this.#finish();
        return end;
      }
      case 'chunk-size': {
        const end = this.#takeLine(bytes, at);
        if (end === undefined) return bytes.length;
        this.#remainingBytes = Number.parseInt(this.#line, 16);
        this.#line = '';
        this.#state = this.#remainingBytes === 0 ? 'trailer' : 'chunk-data';
        return end;
      }
      case 'chunk-data': {
        const end = this.#takeBody(bytes, at);
        if (this.#remainingBytes === 0) this.#state = 'chunk-data-end';
        return end;
      }
      case 'chunk-data-end': {
        const end = this.#takeLine(bytes, at);
        if (end === undefined) return bytes.length;
        this.#line = '';
        this.#state = 'chunk-size';
        return end;
      }
      case 'trailer': {
        const end = this.#takeLine(bytes, at);
        if (end === undefined) return bytes.length;
        const line = this.#line;
        this.#line = '';
        if (line.trim() === '') this.#finish();
        return end;
      }
    }
  }

  #takeBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#remainingBytes);
    const part = bytes.subarray(at, end);
    if (this.#status >= 400 && this.#excerpt.length < excerptBytesMax) {
      this.#excerpt += part.toString('latin1', 0, excerptBytesMax);
    }
    this.#sink?.(part);
    this.#bodyBytes += part.length;
    this.#remainingBytes -= part.length;
    return end;
  }

  #takeLine(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(lineFeed, at);
    this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end + 1);
    return end === -1 ? undefined : end + 1;
  }

  #finish(): void {
    this.#state = 'head';
    this.#done({
      status: this.#status,
      head: this.#head,
      bodyBytes: this.#bodyBytes,
      excerpt: this.#excerpt,
    });
  }
}

/** One value of a head as sent; the name in lower case. */
export function header(head: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'im').exec(head)?.[1];
}

/** The whole chunk is one 204 answer: nothing of it is needed but its status. */
function isPlainNoContent(chunk: Buffer): boolean {
  const end = chunk.length;
  return (
    end > 15 &&
    chunk[9] === 0x32 &&
    chunk[10] === 0x30 &&
    chunk[11] === 0x34 &&
    chunk[end - 4] === 0x0d &&
    chunk[end - 3] === 0x0a &&
    chunk[end - 2] === 0x0d &&
    chunk[end - 1] === 0x0a
  );
}
