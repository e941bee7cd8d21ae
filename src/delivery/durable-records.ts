import { isJson, type ContentType } from '../protocol/content-type.ts';
import type { Records } from '../protocol/records.ts';

const COMMA = Buffer.from(',');

/**
 * JSON texts as records of a durable stream: in JSON mode each is a message; elsewhere each is a
 * record of its own, a JSON string as the text that it says.
 */
export function recordsAs(type: ContentType, bodies: readonly Buffer[]): Records {
  const pieces = isJson(type)
    ? bodies.map((body) => Buffer.concat([body, COMMA]))
    : bodies.map((body) => textOf(body));
  return { bytes: Buffer.concat(pieces), lengths: pieces.map(({ length }) => length) };
}

const QUOTE = 0x22;

function textOf(body: Buffer): Buffer {
  if (body[0] !== QUOTE) return body;
  const text: unknown = JSON.parse(body.toString());
  // An empty record is none.
  return typeof text === 'string' && text !== '' ? Buffer.from(text) : body;
}
