const BACKSLASH = 0x5c;
/** Too short for words to be worth it; enough for one whole word at least. */
const SHORT_TEXT_BYTES = 24;

/**
 * Whether no string in the text can hold an escape or what would need one: there is no backslash and
 * no control character in it. Four bytes at a time, which is where most of the time would go.
 */
export function isPlainText(bytes: Uint8Array): boolean {
  const { buffer, byteOffset, length } = bytes;
  if (length < SHORT_TEXT_BYTES) return arePlain(bytes, 0, length);
  const lead = -byteOffset & 3;
  const wordCount = (length - lead) >>> 2;
  const words = new Uint32Array(buffer, byteOffset + lead, wordCount);
  for (let index = 0; index < wordCount; index += 1) {
    const word = words[index] ?? 0;
    const control = (word - 0x20202020) & ~word;
    const other = word ^ 0x5c5c5c5c;
    const backslash = (other - 0x01010101) & ~other;
    if (((control | backslash) & 0x80808080) !== 0) return false;
  }
  return arePlain(bytes, 0, lead) && arePlain(bytes, lead + wordCount * 4, length);
}

function arePlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte === BACKSLASH) return false;
  }
  return true;
}
