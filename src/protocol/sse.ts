import type { EventEncoding } from './content-type.ts';
import { formatOffset, type Position } from './offset.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

const DATA_EVENT = Buffer.from('event: data\n');
const DATA = Buffer.from('data:');
const DATA_AND_SPACE = Buffer.from('data: ');
const LINE_END = Buffer.from('\n');
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
  const parts: Buffer[] = [DATA_EVENT];
  let from = 0;
  for (;;) {
    const end = lineEnd(text, from);
    parts.push(text[from] === SPACE ? DATA_AND_SPACE : DATA, text.subarray(from, end), LINE_END);
    if (end === text.length) break;
    from = text[end] === CR && text[end + 1] === LF ? end + 2 : end + 1;
  }
  parts.push(LINE_END);
  return Buffer.concat(parts);
}

function lineEnd(text: Buffer, from: number): number {
  const lf = text.indexOf(LF, from);
  const until = lf < 0 ? text.length : lf;
  const cr = text.subarray(from, until).indexOf(CR);
  return cr < 0 ? until : from + cr;
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
