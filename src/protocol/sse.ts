import type { EventEncoding } from './content-type.ts';
import { formatOffset, type Position } from './offset.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

const DATA_EVENT = Buffer.from('event: data\n');
const DATA = Buffer.from('data:');
const DATA_AND_SPACE = Buffer.from('data: ');
/** Ends the last line, and with an empty one the event. */
const EVENT_END = Buffer.from('\n\n');
const ARRAY_OPEN = Buffer.from('[');
const ARRAY_CLOSE = Buffer.from(']');

/** What a control event says (protocol, "5.8. Read Stream - Live (SSE)"). */
export interface Control {
  readonly next: Position;
  /** Absent once the stream is closed and read to its end. */
  readonly cursor: string | undefined;
  readonly upToDate: boolean;
  readonly closed: boolean;
}

/** The event that carries records. Empty when there are none. */
export function dataEvent(encoding: EventEncoding, pieces: readonly Buffer[]): Buffer {
  if (pieces.length === 0) return Buffer.alloc(0);
  switch (encoding) {
    case 'base64': {
      const text = Buffer.concat(pieces).toString('base64');
      return Buffer.from(`event: data\ndata:${text}\n\n`, 'latin1');
    }
    case 'json': {
      // Each stored message ends with a comma; the last one gives way to the closing bracket.
      const all = Buffer.concat([ARRAY_OPEN, ...pieces]);
      return event(Buffer.concat([all.subarray(0, all.length - 1), ARRAY_CLOSE]));
    }
    case 'text':
      return event(Buffer.concat(pieces));
  }
}

/**
 * One `data:` line for each line of the text, whatever ends it: CR, LF and CRLF all end a line for
 * an SSE parser, so none of them may stand inside one. A parser drops one space behind the colon,
 * so a line that begins with a space gets another.
 */
function event(text: Buffer): Buffer {
  if (!text.includes(LF) && !text.includes(CR)) {
    return Buffer.concat([DATA_EVENT, text[0] === SPACE ? DATA_AND_SPACE : DATA, text, EVENT_END]);
  }
  // Two passes over the bytes instead of a piece a line: a text may be nothing but line ends.
  const out = Buffer.allocUnsafe(writeLines(text, undefined));
  writeLines(text, out);
  return out;
}

/** Writes the event, if there is something to write to, and says how long it is. */
function writeLines(text: Buffer, out: Buffer | undefined): number {
  let to = put(DATA_EVENT, out, 0);
  let isLineStart = true;
  for (let from = 0; from < text.length; from += 1) {
    const byte = text[from] ?? 0;
    if (isLineStart) to = put(byte === SPACE ? DATA_AND_SPACE : DATA, out, to);
    isLineStart = byte === LF || byte === CR;
    if (byte === CR && text[from + 1] === LF) from += 1;
    if (out !== undefined) out[to] = isLineStart ? LF : byte;
    to += 1;
  }
  if (isLineStart) to = put(DATA, out, to);
  return put(EVENT_END, out, to);
}

function put(bytes: Buffer, out: Buffer | undefined, at: number): number {
  if (out !== undefined) for (let i = 0; i < bytes.length; i += 1) out[at + i] = bytes[i] ?? 0;
  return at + bytes.length;
}

/** The event after each data event. Its id lets an `EventSource` resume by itself. */
export function controlEvent({ next, cursor, upToDate, closed }: Control): string {
  const offset = formatOffset(next);
  const data = {
    streamNextOffset: offset,
    ...(cursor === undefined ? {} : { streamCursor: cursor }),
    ...(upToDate ? { upToDate } : {}),
    ...(closed ? { streamClosed: true } : {}),
  };
  return `id: ${offset}\nevent: control\ndata:${JSON.stringify(data)}\n\n`;
}

/**
 * The last event of a reader whose credential has come to its end. Of the stream's end it says
 * nothing, and a client that does not know it sees a connection that ended early.
 */
export function credentialEvent(code: CredentialEnd): string {
  return `event: error\ndata:${JSON.stringify({ code })}\n\n`;
}

export type CredentialEnd = 'credential-expired' | 'credential-revoked';

/** Keeps the connection and what lies between open; parsers ignore it. */
export const KEEP_ALIVE = ':\n\n';

/**
 * How many bytes at the end begin a UTF-8 character that the text does not finish: 0 to 3. The next
 * record may bring the rest, and until then a decoder would make replacement characters of them.
 */
export function unfinishedBytes(text: Buffer): number {
  for (let back = 1; back <= 3 && back <= text.length; back += 1) {
    const byte = text[text.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return byte < 0xf8 && needed > back ? back : 0;
  }
  return 0;
}
