import * as zlib from 'node:zlib';

const POLYNOMIAL = 0xedb88320;

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    }
    table[byte] = remainder >>> 0;
  }
  return table;
}

const table = makeTable();

/** CRC-32 (IEEE) in plain JavaScript, for runtimes older than Node 20.15. `seed` continues a sum. */
export function crc32Portable(bytes: Uint8Array, seed = 0): number {
  let sum = ~seed >>> 0;
  for (const byte of bytes) {
    sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  }
  return ~sum >>> 0;
}

type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/** CRC-32 (IEEE): the runtime's own where it has one. `seed` is the sum of the bytes before. */
export const crc32: Crc32 = 'crc32' in zlib ? zlib.crc32 : crc32Portable;
