import * as fs from 'node:fs/promises';
import type { Files, OpenFile } from './files.ts';

class NodeFile implements OpenFile {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    const [only] = buffers;
    if (only !== undefined && buffers.length === 1) {
      return (await this.#handle.write(only, 0, only.length, position)).bytesWritten;
    }
    return (await this.#handle.writev([...buffers], position)).bytesWritten;
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  async read(into: Buffer, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(
        into,
        filled,
        into.length - filled,
        position + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The real file system. */
export const nodeFiles: Files = {
  async makeDirectory(path) {
    await fs.mkdir(path, { recursive: true });
  },

  async list(path) {
    try {
      return await fs.readdir(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },

  async create(path) {
    return new NodeFile(await fs.open(path, 'w+'));
  },

  async open(path) {
    return new NodeFile(await fs.open(path, 'r+'));
  },

  rename: (from, to) => fs.rename(from, to),

  remove: (path) => fs.rm(path),

  async syncDirectory(path) {
    const directory = await fs.open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};
