import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/millrace.ts';

const SOURCE = join(import.meta.dirname, 'fault-shim.c');

/** What `fault-shim.c` is told: its head explains the parts. */
export interface Rule {
  readonly call: 'sync' | 'write' | 'open';
  readonly effect: 'EIO' | 'ENOSPC' | 'EFBIG' | 'EMFILE' | 'short' | 'full' | 'fixed' | 'hang';
  /** Only files with this in their path. */
  readonly path: string;
  /** How many calls go through first. Default: none. */
  readonly skip?: number;
  /** How many are hit then. Default: all that follow. */
  readonly times?: number;
}

/** Makes chosen system calls of a server fail. */
export class Shim {
  /** For the server's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly #rulePath: string;
  #rules = 0;

  constructor(libraryPath: string, rulePath: string) {
    this.#rulePath = rulePath;
    this.env = { LD_PRELOAD: libraryPath, FAULT_RULE: rulePath };
  }

  /** From the next call on. */
  async arm({ call, effect, path, skip = 0, times = -1 }: Rule): Promise<void> {
    this.#rules += 1;
    await writeFile(this.#rulePath, `${this.#rules} ${call} ${effect} ${skip} ${times} ${path}\n`);
  }

  async disarm(): Promise<void> {
    await writeFile(this.#rulePath, '');
  }

  /** How many calls have been made to fail. */
  async hits(): Promise<number> {
    try {
      return (await readFile(`${this.#rulePath}.hits`, 'utf8')).split('\n').length - 1;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
      throw error;
    }
  }
}

/** A shim of its own for this test. Needs a C compiler. */
export async function shim(): Promise<Shim> {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const library = join(folder.path, 'fault-shim.so');
  try {
    await promisify(execFile)('cc', ['-O1', '-fPIC', '-shared', '-o', library, SOURCE, '-ldl']);
  } catch (error) {
    throw new Error('this test needs a C compiler that answers to "cc"', { cause: error });
  }
  return new Shim(library, join(folder.path, 'rule'));
}
