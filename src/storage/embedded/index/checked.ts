import { ByteReader, MalformedBytes } from '../../../lib/byte-reader.ts';
import { ByteWriter } from '../../../lib/byte-writer.ts';
import { crc32 } from '../../../lib/crc32.ts';

/** A value behind a crc32 of the rest of it. `capacity`: about how many bytes it will be. */
export function checked(capacity: number, write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(capacity);
  out.skip(4);
  write(out);
  const value = out.view();
  value.writeUInt32LE(crc32(value.subarray(4)), 0);
  return value;
}

export function verify(value: Buffer): ByteReader {
  if (value.length < 4 || value.readUInt32LE(0) !== crc32(value.subarray(4))) {
    throw new MalformedBytes('checksum does not match');
  }
  return new ByteReader(value, 4);
}
