import { splitTarget, type RequestHead } from '../exchange.ts';
import { ownCopy } from '../own-copy.ts';
import { readHeaders, type StreamHeaders } from '../raw-headers.ts';

/** A request whose every byte is at hand. */
export interface WholeRequest extends RequestHead {
  readonly body: Buffer;
}

const REQUEST_LINE = /^(POST|GET|HEAD|PUT|DELETE) (\/[!-~]*) HTTP\/1\.1\r\n/;
const FIELD_LINES = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)*$/;
const LENGTH_LINE = /(?:^|\r\n)content-length:[\t ]*(\d{1,9})[\t ]*\r\n/i;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Fields that change how a message or a connection is read, which is left to node. */
const NOT_HERE: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads requests that came as exactly the bytes of one, no more and no less. It knows only what
 * nearly every client sends, and of that only what can be read in one way: the rest is undefined,
 * neither right nor wrong, and for node's parser to judge. It serves one connection, whose client
 * says the same of itself again and again, but for a body's length: what was read of that is kept.
 */
export class WholeRequestParser {
  readonly #headerBytesMax: number;
  #fieldLines = '';
  #headers: StreamHeaders | undefined;

  constructor(headerBytesMax: number) {
    this.#headerBytesMax = headerBytesMax;
  }

  parse(bytes: Buffer): WholeRequest | undefined {
    const headEnd = bytes.indexOf(END_OF_HEAD);
    if (headEnd < 0 || headEnd + END_OF_HEAD.length > this.#headerBytesMax) return undefined;
    const head = bytes.toString('latin1', 0, headEnd + 2);
    const [line, method, target] = REQUEST_LINE.exec(head) ?? [];
    if (line === undefined || method === undefined || target === undefined) return undefined;
    const { announced, others } = splitLength(head.slice(line.length));
    const body = bytes.subarray(headEnd + END_OF_HEAD.length);
    const headers = body.length === announced ? this.#read(others) : undefined;
    if (headers === undefined) return undefined;
    return { method, ...splitTarget(target), headers, body };
  }

  #read(fieldLines: string): StreamHeaders | undefined {
    if (fieldLines === this.#fieldLines) return this.#headers;
    this.#headers = parseFieldLines(fieldLines);
    this.#fieldLines = fieldLines;
    return this.#headers;
  }
}

function parseFieldLines(fieldLines: string): StreamHeaders | undefined {
  if (!FIELD_LINES.test(fieldLines)) return undefined;
  const fields: string[] = [];
  for (const line of fieldLines.split('\r\n')) {
    // After the last line.
    if (line === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = ownCopy(line.slice(colon + 1).trim());
    const lowerCase = name.toLowerCase();
    if (NOT_HERE.has(lowerCase)) return undefined;
    // A second one: the first has been taken out.
    if (lowerCase === 'content-length') return undefined;
    if (lowerCase === 'connection' && value.toLowerCase() !== 'keep-alive') return undefined;
    fields.push(name, value);
  }
  const headers = readHeaders(fields);
  return headers.host === undefined || headers.repeated !== undefined ? undefined : headers;
}

/** How long the body is said to be, and the field lines without the one that says it. */
function splitLength(fieldLines: string): { announced: number; others: string } {
  const found = LENGTH_LINE.exec(fieldLines);
  if (found === null) return { announced: 0, others: fieldLines };
  const [line, digits] = found;
  const from = found.index === 0 ? 0 : found.index + 2;
  const others = fieldLines.slice(0, from) + fieldLines.slice(found.index + line.length);
  return { announced: Number(digits), others };
}
