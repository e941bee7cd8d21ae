import type { Answer } from '../../support/http/client.ts';
import type { Random } from '../../support/random.ts';
import { Violation } from './violation.ts';

/** What a stream holds, and with that how one of its records is written and read. */
export type Format = 'text' | 'binary' | 'json';

export const FORMATS: readonly Format[] = ['text', 'binary', 'json'];

const CONTENT_TYPES = {
  text: 'text/plain',
  binary: 'application/octet-stream',
  json: 'application/json',
} as const;

export function contentType(format: Format): string {
  return CONTENT_TYPES[format];
}

/** A record of its own kind: the id says whose it is, and the rest follows from the id's length. */
export function recordOf(format: Format, id: string, random: Random): Buffer {
  const length = random.chance(0.03) ? random.between(4000, 40_000) : random.between(0, 300);
  const filler = String.fromCharCode(random.between(0x61, 0x7a)).repeat(length);
  return format === 'json'
    ? Buffer.from(JSON.stringify({ id, filler }))
    : Buffer.from(`${id} ${filler}\n`);
}

/** The bytes that a record takes in the stream: JSON messages have a comma behind them. */
export function storedBytes(format: Format, record: Buffer): Buffer {
  return format === 'json' ? Buffer.concat([record, Buffer.from(',')]) : record;
}

/** The stream's bytes, from the body of an answer or the data of an event. */
export function bytesOf(format: Format, body: Buffer): Buffer {
  if (format !== 'json') return body;
  const isArray = body.at(0) === 0x5b && body.at(-1) === 0x5d;
  if (!isArray) throw new Violation(`no JSON array: ${body.toString().slice(0, 100)}`);
  return body.length === 2 ? Buffer.alloc(0) : Buffer.concat([body.subarray(1, -1), COMMA]);
}

const COMMA = Buffer.from(',');

/** The records that bytes are made of. Throws when a part of one is left. */
export function split(format: Format, bytes: Buffer): { id: string; stored: Buffer }[] {
  const records: { id: string; stored: Buffer }[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(format === 'json' ? '},' : '\n', at);
    if (end < 0) throw new Violation(`a torn record: ${bytes.toString('latin1', at, at + 100)}`);
    const to = end + (format === 'json' ? 2 : 1);
    const stored = bytes.subarray(at, to);
    const id = /^(?:\{"id":")?([^" ]+)/.exec(stored.toString('latin1'))?.[1];
    if (id === undefined) throw new Violation(`no record: ${stored.toString('latin1', 0, 100)}`);
    records.push({ id, stored });
    at = to;
  }
  return records;
}

/** An offset as the number of bytes before it. */
export function positionOf(offset: string): number {
  const digits = /^\d{16}_(\d{16})$/.exec(offset)?.[1];
  if (digits === undefined) throw new Violation(`no offset: ${offset}`);
  return Number(digits);
}

export function offsetOf(position: number): string {
  return `0000000000000000_${String(position).padStart(16, '0')}`;
}

/** What an answer says, for a message. */
export function told(answer: Answer): string {
  return `${answer.verdict} at ${answer.offset}`;
}
