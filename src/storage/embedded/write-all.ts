import { asUnavailable, type OpenFile } from './files.ts';

/** A write may stop short (a full disk, a limit): go on until all is in, or the reason is known. */
export async function writeAll(
  file: OpenFile,
  buffers: readonly Buffer[],
  position: number,
): Promise<void> {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    let written: number;
    try {
      written = await file.write(rest, at);
    } catch (error) {
      throw asUnavailable(error, at - position);
    }
    if (written === 0) throw new Error('a write made no progress');
    at += written;
    rest = dropBytes(rest, written);
  }
}

function dropBytes(buffers: readonly Buffer[], count: number): Buffer[] {
  const rest: Buffer[] = [];
  let left = count;
  for (const buffer of buffers) {
    if (left >= buffer.length) left -= buffer.length;
    else {
      rest.push(left === 0 ? buffer : buffer.subarray(left));
      left = 0;
    }
  }
  return rest;
}
