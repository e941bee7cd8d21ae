import { dirname } from 'node:path';
import type { Files } from '../files.ts';
import { writeAll } from '../write-all.ts';

/** The last segment's frames that no later frame proves to have been synced. */
export interface Unproven {
  readonly path: string;
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * Makes sure that what replay shows cannot vanish. It may have been written but not synced, or its
 * sync failed: then the system takes the bytes for clean, and only writing them again makes the next
 * sync mean something. And a name that was given up may still lead to a file about to be reused.
 */
export async function makeSafe(files: Files, { path, at, bytes }: Unproven): Promise<void> {
  await files.syncDirectory(dirname(path));
  const file = await files.open(path);
  try {
    if (bytes.length > 0) await writeAll(file, [bytes], at);
    await file.datasync();
  } finally {
    await file.close();
  }
}

export async function readWhole(files: Files, path: string): Promise<Buffer> {
  const file = await files.open(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(await file.size());
    const filled = await file.read(bytes, 0);
    return filled === bytes.length ? bytes : bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Beyond this many times a file's bytes, what looks like frames was made to look like them. */
const CHECKED_TIMES_MAX = 8;

/** Says of each place that looks like a frame whether its bytes may still be summed up. */
export function checkBudget(bytes: Buffer): (bodyBytes: number) => boolean {
  let left = bytes.length * CHECKED_TIMES_MAX;
  return (bodyBytes) => {
    left -= bodyBytes;
    return left >= 0;
  };
}
