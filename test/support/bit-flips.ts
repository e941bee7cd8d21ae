/** The same bytes with one bit flipped, for each bit from byte `from` to byte `to` in turn. */
export function* singleBitFlips(bytes: Buffer, from = 0, to = bytes.length): Generator<Buffer> {
  for (let bit = from * 8; bit < to * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    const at = bit >> 3;
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
    yield flipped;
  }
}
