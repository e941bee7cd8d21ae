import { join } from 'node:path';
import type { Files } from '../files.ts';
import { writeAll } from '../write-all.ts';
import { encodeSegmentHeader, segmentName, SPARE_NAME, type SegmentHeader } from './segment.ts';

/** Makes an empty segment: it is there with its header, on disk, or not at all. */
export async function createSegment(
  files: Files,
  directory: string,
  header: SegmentHeader,
): Promise<void> {
  const spare = join(directory, SPARE_NAME);
  // A name that was given up may still lead to the file that is about to be emptied.
  await files.syncDirectory(directory);
  const file = await files.create(spare);
  try {
    await writeAll(file, [encodeSegmentHeader(header)], 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await files.rename(spare, join(directory, segmentName(header.number)));
  await files.syncDirectory(directory);
}
