import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of all files below a folder; 0 while it does not exist. Files may vanish while it looks. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const name of names(folder)) {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stats === undefined) continue;
    bytes += stats.isDirectory() ? folderBytes(join(folder, name)) : stats.size;
  }
  return bytes;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
