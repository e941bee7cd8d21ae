import {
  BodyCut,
  unreachableFor,
  type Answer,
  type AnswerBody,
  type AnswerHead,
  type AnswerInParts,
  type Failure,
} from './answer.ts';
import { HandlerCall } from './handler-call.ts';
import { partOf, written, type WrittenAnswer } from './handler-answer.ts';
import type { Handler, HandlerRequest } from './handler.ts';
import type { Question, Service } from './service.ts';

export interface HandlerServiceParts {
  /** To the answer's head, and then for each part of it. */
  readonly timeoutMs: number;
  /** Of an answer that is taken whole. */
  readonly answerBytesMax: number;
  /** Handlers under way at once; one that never ends stays under way. */
  readonly callsMax: number;
  /** Told of what a handler throws. */
  readonly onFailure: (error: unknown) => void;
}

/** Links of an answer are relative to this: a handler has no URL of its own. */
const BASE = new URL('handler://in-process/');

interface Opened {
  readonly head: AnswerHead;
  readonly body: WrittenAnswer['body'];
  readonly call: HandlerCall;
}

/** A function of the embedder, bounded as an HTTP endpoint is. */
export class HandlerService implements Service {
  readonly #parts: HandlerServiceParts;
  readonly #identity: Pick<HandlerRequest, 'account' | 'subject'>;
  readonly #handle: Handler;
  readonly #calls = new Set<HandlerCall>();
  #underWay = 0;
  #isClosed = false;

  constructor(parts: HandlerServiceParts, account: string, subject: string, handle: Handler) {
    this.#parts = parts;
    this.#identity = { account, subject };
    this.#handle = handle;
  }

  async ask(question: Question): Promise<Answer> {
    const opened = await this.#open(question);
    if ('kind' in opened) return opened;
    const { head, body, call } = opened;
    if (Buffer.isBuffer(body)) {
      call.end();
      const isLarge = body.length > this.#parts.answerBytesMax;
      return isLarge ? { kind: 'too-large' } : { kind: 'answered', ...head, body };
    }
    const pieces: Buffer[] = [];
    const parts = new PartsOfHandler(body, call, this.#parts.onFailure, 'whole');
    try {
      let bytes = 0;
      for await (const piece of parts) {
        bytes += piece.length;
        if (bytes > this.#parts.answerBytesMax) return { kind: 'too-large' };
        pieces.push(piece);
      }
      return { kind: 'answered', ...head, body: Buffer.concat(pieces) };
    } catch (error) {
      if (error instanceof BodyCut) return error.failure;
      throw error;
    }
  }

  async askInParts(question: Question): Promise<AnswerInParts> {
    const opened = await this.#open(question);
    if ('kind' in opened) return opened;
    const { head, body, call } = opened;
    const source = Buffer.isBuffer(body) ? onePart(body) : body;
    const parts = new PartsOfHandler(source, call, this.#parts.onFailure, 'each');
    return { kind: 'answered', ...head, body: parts };
  }

  async #open({ body, headers, page, timeoutMs, signal }: Question): Promise<Opened | Failure> {
    const { callsMax, onFailure } = this.#parts;
    if (this.#isClosed || signal?.aborted === true) return unreachableFor('stopped');
    if (this.#underWay >= callsMax) return unreachableFor('busy');
    const time = Math.min(this.#parts.timeoutMs, timeoutMs ?? this.#parts.timeoutMs);
    const call: HandlerCall = new HandlerCall(time, signal, () => this.#calls.delete(call));
    this.#calls.add(call);
    this.#underWay += 1;
    const request: HandlerRequest = {
      ...this.#identity,
      body: body ?? Buffer.alloc(0),
      headers: lowerCase(headers),
      page,
      signal: call.signal,
    };
    const answering = this.#answer(request).catch((error: unknown) => {
      onFailure(error);
      return FAILED;
    });
    void answering.then(() => {
      this.#underWay -= 1;
    });
    const got = await call.get(answering);
    if (got.kind !== 'got') {
      call.end();
      return got;
    }
    const { status, headers: answered, body: content } = got.value;
    return { head: { status, headers: answered, url: BASE }, body: content, call };
  }

  /** Ends every call. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.stop();
  }

  async #answer(request: HandlerRequest): Promise<WrittenAnswer> {
    return written(await this.#handle(request));
  }
}

const FAILED: WrittenAnswer = {
  status: 500,
  headers: new Map([['content-type', 'text/plain; charset=utf-8']]),
  body: Buffer.from('The handler of this service failed.'),
};

async function* onePart(body: Buffer): AsyncGenerator<Buffer, void, undefined> {
  if (body.length > 0) yield await Promise.resolve(body);
}

function lowerCase(headers: Question['headers']): Question['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** What a handler gives part by part. The time counts for all of them, or for each anew. */
class PartsOfHandler implements AnswerBody {
  readonly #source: AsyncIterator<unknown>;
  readonly #call: HandlerCall;
  readonly #onFailure: (error: unknown) => void;
  readonly #counts: 'whole' | 'each';

  constructor(
    source: AsyncIterable<unknown>,
    call: HandlerCall,
    onFailure: (error: unknown) => void,
    counts: 'whole' | 'each',
  ) {
    this.#source = source[Symbol.asyncIterator]();
    this.#call = call;
    this.#onFailure = onFailure;
    this.#counts = counts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        if (this.#counts === 'each') this.#call.restart();
        const part = await this.#next();
        if (part === undefined) return;
        // A reader that takes its time is not counted.
        if (this.#counts === 'each') this.#call.rest();
        yield part;
      }
    } finally {
      this.cancel();
    }
  }

  /** Undefined: that was all. */
  async #next(): Promise<Buffer | undefined> {
    try {
      const got = await this.#call.get(this.#source.next());
      if (got.kind !== 'got') throw new BodyCut(got);
      return got.value.done === true ? undefined : partOf(got.value.value);
    } catch (error) {
      if (error instanceof BodyCut) throw error;
      this.#onFailure(error);
      throw new BodyCut(unreachableFor('connection-lost'));
    }
  }

  cancel(): void {
    this.#call.stop();
    this.#call.end();
    // What a handler does at its end is not waited for.
    Promise.resolve()
      .then(() => this.#source.return?.())
      .catch(this.#onFailure);
  }
}
