import { isUtf8 } from 'node:buffer';
import { isJson, type ContentType } from './content-type.ts';
import { scanJson, type Span } from './json-scan.ts';
import type { Parsed } from './request.ts';

/** What one append stores: records back to back, and the length of each. */
export interface Records {
  readonly bytes: Buffer;
  readonly lengths: readonly number[];
}

export const NO_RECORDS: Records = { bytes: Buffer.alloc(0), lengths: [] };

export interface BodyLimits {
  /** How deep arrays and objects may nest. */
  readonly jsonDepthMax: number;
  /** How many messages one JSON append may hold. */
  readonly messagesMax: number;
}

const COMMA = 0x2c;

/**
 * What a body becomes. Bytes are one record; JSON is one record a message, an array being flattened
 * by one level (protocol, "9.1. JSON Mode"). Each message is stored as it was sent, behind it a
 * comma: a read is then `[`, the bytes without the last comma, `]`, and needs no parser.
 */
export function toRecords(type: ContentType, body: Buffer, limits: BodyLimits): Parsed<Records> {
  if (body.length === 0) return { ok: true, value: NO_RECORDS };
  if (!isJson(type)) return { ok: true, value: { bytes: body, lengths: [body.length] } };
  if (!isUtf8(body)) return { ok: false, refusal: { code: 'invalid-utf8' } };
  const { jsonDepthMax, messagesMax } = limits;
  const scan = scanJson(body, jsonDepthMax, messagesMax);
  switch (scan.kind) {
    case 'invalid':
      return { ok: false, refusal: { code: 'invalid-json', at: scan.at } };
    case 'too-deep':
      return {
        ok: false,
        refusal: { code: 'json-too-deep', at: scan.at, depthMax: jsonDepthMax },
      };
    case 'too-many':
      return { ok: false, refusal: { code: 'too-many-messages', messagesMax } };
    case 'valid':
      return { ok: true, value: join(body, scan.messages) };
  }
}

function join(body: Buffer, messages: readonly Span[]): Records {
  let total = 0;
  for (const { from, to } of messages) total += to - from + 1;
  const bytes = Buffer.allocUnsafe(total);
  const lengths: number[] = [];
  let at = 0;
  for (const { from, to } of messages) {
    body.copy(bytes, at, from, to);
    at += to - from;
    bytes[at] = COMMA;
    at += 1;
    lengths.push(to - from + 1);
  }
  return { bytes, lengths };
}

const EMPTY_ARRAY = Buffer.from('[]');
const ARRAY_OPEN = Buffer.from('[');
const ARRAY_CLOSE = Buffer.from(']');

/** A read's body, from stored records. */
export function fromRecords(type: ContentType, pieces: readonly Buffer[]): Buffer {
  if (!isJson(type)) {
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
  }
  const last = pieces.at(-1);
  if (last === undefined) return EMPTY_ARRAY;
  const withoutComma = last.subarray(0, last.length - 1);
  return Buffer.concat([ARRAY_OPEN, ...pieces.slice(0, -1), withoutComma, ARRAY_CLOSE]);
}
