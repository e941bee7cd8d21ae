export const recordBytes = 1024;
export const recordsPerStream = 200;

/** Bytes that look random and are the same in every process, so that readers can check them. */
export function seededBytes(seed: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed + 1) * 0x9e3779b9;
  for (let i = 0; i < length; i += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** All records of one catch-up stream in order. */
export function streamContent(stream: number): Buffer {
  return seededBytes(stream, recordBytes * recordsPerStream);
}
