/** Where a value stands in the scanned bytes, surrounding white space left out. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type JsonScan =
  /** `messages` are the elements of a top-level array, or else the one value. */
  | { kind: 'valid'; messages: readonly Span[] }
  | { kind: 'invalid'; at: number }
  | { kind: 'too-deep'; at: number }
  | { kind: 'too-many' };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Checks a JSON text (RFC 8259) in one pass over its bytes, without building a value: what is
 * stored is what was sent, to the byte, and a hostile text costs no memory. The caller has made
 * sure that the bytes are UTF-8. `depthMax` bounds the nesting of arrays and objects, `messagesMax`
 * the elements of a top-level array.
 */
export function scanJson(bytes: Uint8Array, depthMax: number, messagesMax: number): JsonScan {
  const first = skipSpace(bytes, 0);
  if (bytes[first] !== OPEN_ARRAY) return scanOne(bytes, first, depthMax);
  const messages: Span[] = [];
  let at = skipSpace(bytes, first + 1);
  if (bytes[at] === CLOSE_ARRAY) return ending(bytes, at + 1, messages);
  for (;;) {
    const value = skipValue(bytes, at, depthMax - 1);
    if (value.kind !== 'ended') return value;
    if (messages.length === messagesMax) return { kind: 'too-many' };
    messages.push({ from: at, to: value.at });
    at = skipSpace(bytes, value.at);
    if (bytes[at] === CLOSE_ARRAY) return ending(bytes, at + 1, messages);
    if (bytes[at] !== COMMA) return { kind: 'invalid', at };
    at = skipSpace(bytes, at + 1);
  }
}

function scanOne(bytes: Uint8Array, from: number, depthMax: number): JsonScan {
  const value = skipValue(bytes, from, depthMax);
  if (value.kind !== 'ended') return value;
  return ending(bytes, value.at, [{ from, to: value.at }]);
}

function ending(bytes: Uint8Array, from: number, messages: readonly Span[]): JsonScan {
  const at = skipSpace(bytes, from);
  return at === bytes.length ? { kind: 'valid', messages } : { kind: 'invalid', at };
}

export type ValueEnd =
  | { kind: 'ended'; at: number }
  | { kind: 'invalid'; at: number }
  | { kind: 'too-deep'; at: number };

/**
 * The place after the value that begins at `from`, which is not white space. A stack of the open brackets instead of
 * recursion: depth costs a byte a level and cannot overflow.
 */
export function skipValue(
  bytes: Uint8Array,
  from: number,
  depthMax: number,
  isPlain = false,
): ValueEnd {
  if (bytes[from] === QUOTE) {
    const end = skipString(bytes, from, isPlain);
    return end < 0 ? { kind: 'invalid', at: from } : { kind: 'ended', at: end };
  }
  const open: number[] = [];
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (open.length >= depthMax) return { kind: 'too-deep', at };
      open.push(byte);
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== closingOf(byte)) {
        if (byte === OPEN_ARRAY) continue;
        const value = skipKey(bytes, at, isPlain);
        if (value < 0) return { kind: 'invalid', at };
        at = value;
        continue;
      }
    } else {
      const end = byte === QUOTE ? skipString(bytes, at, isPlain) : skipWord(bytes, at);
      if (end < 0) return { kind: 'invalid', at };
      if (open.length === 0) return { kind: 'ended', at: end };
      at = skipSpace(bytes, end);
    }
    // After a value, or at the end of an empty container: close what ends here, then go on.
    for (;;) {
      const container = open.at(-1);
      if (container === undefined || bytes[at] !== closingOf(container)) break;
      open.pop();
      at += 1;
      if (open.length === 0) return { kind: 'ended', at };
      at = skipSpace(bytes, at);
    }
    if (bytes[at] !== COMMA) return { kind: 'invalid', at };
    at = skipSpace(bytes, at + 1);
    if (open.at(-1) === OPEN_OBJECT) {
      const value = skipKey(bytes, at, isPlain);
      if (value < 0) return { kind: 'invalid', at };
      at = value;
    }
  }
}

function closingOf(bracket: number): number {
  return bracket === OPEN_ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT;
}

/** The place of the value behind the key and colon that begin at `from`, or -1. */
function skipKey(bytes: Uint8Array, from: number, isPlain: boolean): number {
  if (bytes[from] !== QUOTE) return -1;
  const end = skipString(bytes, from, isPlain);
  if (end < 0) return -1;
  const colon = skipSpace(bytes, end);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -1;
}

/** The first place from here on that is no white space. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
}

/** A string that is longer than this is worth a search for its end, where it is the next quote. */
const SHORT_STRING_BYTES = 24;

/** The place after the string that begins at `from`, or -1. `isPlain`: as `plain-text.ts` says. */
export function skipString(bytes: Uint8Array, from: number, isPlain = false): number {
  let at = from + 1;
  if (isPlain) {
    for (const end = at + SHORT_STRING_BYTES; at < end; at += 1) {
      if (bytes[at] === QUOTE) return at + 1;
    }
    return bytes.indexOf(QUOTE, at) + 1 || -1;
  }
  for (;;) {
    const byte = bytes[at] ?? 0;
    // Most of what is in strings, and one comparison for it.
    if (byte > BACKSLASH) {
      at += 1;
      continue;
    }
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte === BACKSLASH) {
      at = skipEscape(bytes, at);
      if (at < 0) return -1;
    } else {
      at += 1;
    }
  }
}

const SHORT_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

function skipEscape(bytes: Uint8Array, from: number): number {
  const letter = bytes[from + 1];
  if (letter !== 0x75) return letter !== undefined && SHORT_ESCAPES.has(letter) ? from + 2 : -1;
  for (let at = from + 2; at < from + 6; at += 1) {
    if (!isHexDigit(bytes[at])) return -1;
  }
  return from + 6;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

/** The place after the number or literal that begins at `from`, or -1. */
function skipWord(bytes: Uint8Array, from: number): number {
  switch (bytes[from]) {
    case 0x74:
      return skipLiteral(bytes, from, 'true');
    case 0x66:
      return skipLiteral(bytes, from, 'false');
    case 0x6e:
      return skipLiteral(bytes, from, 'null');
    default:
      return skipNumber(bytes, from);
  }
}

function skipLiteral(bytes: Uint8Array, from: number, literal: string): number {
  for (let index = 0; index < literal.length; index += 1) {
    if (bytes[from + index] !== literal.charCodeAt(index)) return -1;
  }
  return from + literal.length;
}

/** number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ("e" / "E") [ "+" / "-" ] 1*digit ] */
function skipNumber(bytes: Uint8Array, from: number): number {
  const whole = bytes[from] === 0x2d ? from + 1 : from;
  let at = bytes[whole] === 0x30 ? whole + 1 : skipDigits(bytes, whole);
  if (at === whole) return -1;
  if (bytes[at] === 0x2e) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction);
    if (at === fraction) return -1;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1];
    const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
    at = skipDigits(bytes, exponent);
    if (at === exponent) return -1;
  }
  return at;
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < 0x30 || byte > 0x39) return at;
    at += 1;
  }
}
