import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';

/** Another process has the folder. */
export class FolderLocked extends Error {
  override name = 'FolderLocked';
  readonly directory: string;

  constructor(directory: string) {
    super(`the data folder ${directory} is in use by another process`);
    this.directory = directory;
  }
}

/** The operating system does not let us have the folder: nothing is wrong with what is in it. */
export class FolderUnusable extends Error {
  override name = 'FolderUnusable';

  constructor(directory: string, cause: Error) {
    super(`the data folder ${directory} cannot be used: ${cause.message}`, { cause });
  }
}

/**
 * Takes the folder for this process. The operating system holds the lock with the file and lets go
 * of it when the process ends, however it ends.
 */
export async function lockFolder(directory: string): Promise<FileHandle> {
  const file = await open(join(directory, 'LOCK'), 'a+');
  if (!tryLock(file.fd)) {
    await file.close();
    throw new FolderLocked(directory);
  }
  return file;
}
