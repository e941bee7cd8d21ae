import { MalformedBytes } from '../../lib/byte-reader.ts';

/** One damaged value must not keep all the others from being taken in. */
export function unlessMalformed<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}
