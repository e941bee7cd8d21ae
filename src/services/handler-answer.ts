import type { HandlerAnswer } from './handler.ts';

/** A handler's answer, understood. */
export interface WrittenAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer | AsyncIterable<unknown>;
}

/** A handler has answered with what is no answer. */
export class AnswerUnfit extends Error {
  override name = 'AnswerUnfit';
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What a handler's answer comes to. Throws for what is none, which types alone cannot rule out. */
export function written(answer: HandlerAnswer | undefined): WrittenAnswer {
  const { status, headers: given = {}, body } = answer ?? {};
  const headers = new Map(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  for (const [name, value] of headers) {
    if (!NAME.test(name) || typeof value !== 'string' || !VALUE.test(value)) {
      throw new AnswerUnfit(`${name} is no header`);
    }
  }
  const { bytes, type } = contentOf(body);
  if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type);
  return { status: statusOf(status ?? (body === undefined ? 204 : 200)), headers, body: bytes };
}

function statusOf(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new AnswerUnfit(`${status} is no status of an answer`);
}

interface Content {
  readonly bytes: Buffer | AsyncIterable<unknown>;
  readonly type: string | undefined;
}

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json';

function contentOf(body: HandlerAnswer['body']): Content {
  if (body === undefined) return { bytes: Buffer.alloc(0), type: undefined };
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: TEXT };
  if (body instanceof Uint8Array) return { bytes: asBuffer(body), type: BYTES };
  if (isAsyncIterable(body)) return { bytes: body, type: BYTES };
  return { bytes: Buffer.from(jsonOf(body)), type: JSON_TYPE };
}

/** One part of a body that comes in parts. */
export function partOf(part: unknown): Buffer {
  if (typeof part === 'string') return Buffer.from(part);
  if (part instanceof Uint8Array) return asBuffer(part);
  throw new AnswerUnfit('a part of a body is neither a string nor bytes');
}

function jsonOf(value: unknown): string {
  // For what JSON has no word for it is undefined, whatever its type says.
  const text: unknown = JSON.stringify(value);
  if (typeof text === 'string') return text;
  throw new AnswerUnfit('the body is nothing that can be written as JSON');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isAsyncIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
