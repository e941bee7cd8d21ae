const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The string that begins at `from` in a text that is known to be JSON and UTF-8; undefined when
 * another value does.
 */
export function stringAt(bytes: Buffer, from: number): string | undefined {
  if (bytes[from] !== QUOTE) return undefined;
  let isPlain = true;
  let to = from + 1;
  for (let byte = bytes[to]; byte !== QUOTE; byte = bytes[to]) {
    if (byte === undefined) return undefined;
    if (byte === BACKSLASH || byte >= 0x80) isPlain = false;
    to += byte === BACKSLASH ? 2 : 1;
  }
  return isPlain ? bytes.toString('latin1', from + 1, to) : unescaped(bytes, from, to + 1);
}

/** Whether the string token between these places, quotes included, says `text`, which is ASCII. */
export function isStringToken(bytes: Buffer, from: number, to: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const byte = bytes[from + 1 + index];
    // The first byte nearly always tells.
    if (byte === BACKSLASH) return unescaped(bytes, from, to) === text;
    if (byte !== text.charCodeAt(index)) return false;
  }
  return to - from === text.length + 2;
}

function unescaped(bytes: Buffer, from: number, to: number): string {
  return String(JSON.parse(bytes.toString('utf8', from, to)));
}
