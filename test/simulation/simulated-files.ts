import type { Files, OpenFile } from '../../src/storage/embedded/files.ts';
import type { Random } from '../support/random.ts';
import type { CallOptions, Calls } from './calls.ts';
import { systemError, type Disk } from './disk.ts';
import type { Inode } from './inode.ts';

const SHORT_WRITE_CHANCE = 0.08;

/** The file system as one process sees it. */
export class SimulatedFiles implements Files {
  readonly #disk: Disk;
  readonly #calls: Calls;
  readonly #random: Random;
  /** Paths of the files that are open. */
  readonly openPaths: string[] = [];

  constructor(disk: Disk, calls: Calls, random: Random) {
    this.#disk = disk;
    this.#calls = calls;
    this.#random = random;
  }

  makeDirectory(path: string): Promise<void> {
    return this.#calls.make({
      kind: 'other',
      label: `makeDirectory ${path}`,
      effect: () => {
        this.#disk.makeDirectory(path);
      },
    });
  }

  list(path: string): Promise<string[] | undefined> {
    return this.#calls.make({
      kind: 'list',
      label: `list ${path}`,
      effect: () => (this.#disk.hasDirectory(path) ? this.#disk.directory(path).names : undefined),
    });
  }

  create(path: string): Promise<OpenFile> {
    return this.#calls.make({
      kind: 'create',
      label: `create ${path}`,
      effect: () => this.#opened(path, this.#disk.create(path)),
    });
  }

  open(path: string): Promise<OpenFile> {
    return this.#calls.make({
      kind: 'open',
      label: `open ${path}`,
      effect: () => this.#opened(path, this.#disk.file(path)),
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#calls.make({
      kind: 'rename',
      label: `rename ${from} to ${to}`,
      effect: () => {
        this.#disk.rename(from, to);
      },
    });
  }

  remove(path: string): Promise<void> {
    return this.#calls.make({
      kind: 'remove',
      label: `remove ${path}`,
      effect: () => {
        this.#disk.remove(path);
      },
    });
  }

  /** A failure leaves the names as unsynced as they were: a journal that fails stops for good. */
  syncDirectory(path: string): Promise<void> {
    const covers = this.#disk.hasDirectory(path) ? this.#disk.directory(path).changeCount : 0;
    return this.#calls.make({
      kind: 'syncDirectory',
      label: `syncDirectory ${path}`,
      effect: () => {
        this.#disk.directory(path).sync(covers);
      },
    });
  }

  #opened(path: string, inode: Inode): OpenFile {
    this.openPaths.push(path);
    return new SimulatedFile(path, inode, this.#calls, this.#random, () => {
      this.openPaths.splice(this.openPaths.indexOf(path), 1);
    });
  }
}

class SimulatedFile implements OpenFile {
  readonly #path: string;
  readonly #inode: Inode;
  readonly #calls: Calls;
  readonly #random: Random;
  readonly #onClosed: () => void;
  #pendingCount = 0;
  #isClosed = false;

  constructor(path: string, inode: Inode, calls: Calls, random: Random, onClosed: () => void) {
    this.#path = path;
    this.#inode = inode;
    this.#calls = calls;
    this.#random = random;
    this.#onClosed = onClosed;
  }

  write(buffers: readonly Buffer[], position: number): Promise<number> {
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const put = (count: number): number => {
      // The caller's memory is read now, not when the call was made, as a system would.
      this.#inode.write(position, Buffer.concat(buffers).subarray(0, count));
      return count;
    };
    return this.#make({
      kind: 'write',
      label: `write ${this.#path} ${position}+${length}`,
      effect: () => {
        const isShort = length > 1 && this.#random.chance(SHORT_WRITE_CHANCE);
        return put(isShort ? this.#random.between(1, length - 1) : length);
      },
      failure: (code) => {
        // What is written already has its space.
        if (code === 'ENOSPC' && this.#inode.wasJustWritten(position, length)) return put(length);
        const count = this.#random.below(length);
        // A disk that fills up says how far it came, and fails the next call; a broken one does not.
        if (code === 'ENOSPC' && (count === 0 || this.#random.chance(0.5))) throw systemError(code);
        put(count);
        if (code === 'ENOSPC') return count;
        throw systemError(code);
      },
      interrupt: (random) => {
        put(random.between(0, length));
      },
    });
  }

  datasync(): Promise<void> {
    const covers = this.#inode.changeCount;
    return this.#make({
      kind: 'datasync',
      label: `datasync ${this.#path}`,
      effect: () => {
        this.#inode.sync(covers);
      },
      failure: (code) => {
        this.#inode.failSync(covers, this.#random);
        throw systemError(code);
      },
    });
  }

  read(into: Buffer, position: number): Promise<number> {
    return this.#make({
      kind: 'read',
      label: `read ${this.#path} ${position}+${into.length}`,
      effect: () => this.#inode.read(into, position),
    });
  }

  size(): Promise<number> {
    return this.#make({
      kind: 'other',
      label: `size ${this.#path}`,
      effect: () => this.#inode.size,
    });
  }

  truncate(size: number): Promise<void> {
    return this.#make({
      kind: 'write',
      label: `truncate ${this.#path} to ${size}`,
      effect: () => {
        this.#inode.truncate(size);
      },
    });
  }

  close(): Promise<void> {
    return this.#calls.make({
      kind: 'other',
      label: `close ${this.#path}`,
      isReady: () => this.#pendingCount === 0,
      effect: () => {
        this.#expectOpen();
        this.#isClosed = true;
        this.#onClosed();
      },
    });
  }

  #expectOpen(): void {
    if (this.#isClosed) throw systemError('EBADF');
  }

  async #make<T>(options: CallOptions<T>): Promise<T> {
    this.#expectOpen();
    this.#pendingCount += 1;
    try {
      return await this.#calls.make(options);
    } finally {
      this.#pendingCount -= 1;
    }
  }
}
