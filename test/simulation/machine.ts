import type { Random } from '../support/random.ts';
import { Calls, type Fault } from './calls.ts';
import { Disk } from './disk.ts';
import { SimulatedFiles } from './simulated-files.ts';
import { IndexDisk, SimulatedIndex } from './simulated-index.ts';

/** How a process ends when it does not end by itself. */
export type Crash =
  /** `kill -9`: what was written stays, synced or not. */
  | 'kill'
  /** Only what was synced is sure to stay. */
  | 'power-loss';

export const DATA_DIRECTORY = '/data';
export const WAL_DIRECTORY = '/data/wal';

/** A process's view of the machine. */
export interface Process {
  readonly calls: Calls;
  readonly files: SimulatedFiles;
  readonly index: SimulatedIndex;
}

/** Disks that outlive the processes on them. */
export class Machine {
  readonly disk = new Disk();
  readonly indexDisk = new IndexDisk();
  readonly #random: Random;
  readonly #trace: (line: string) => void;

  constructor(random: Random, trace: (line: string) => void) {
    this.#random = random;
    this.#trace = trace;
    this.disk.makeDirectory(DATA_DIRECTORY);
    this.disk.directory('/').sync(this.disk.directory('/').changeCount);
  }

  start(faults: readonly Fault[]): Process {
    const calls = new Calls(this.#random, faults, this.#trace);
    return {
      calls,
      files: new SimulatedFiles(this.disk, calls, this.#random),
      index: new SimulatedIndex(this.indexDisk, calls),
    };
  }

  crash(process: Process, kind: Crash): void {
    process.calls.die();
    this.indexDisk.crash(this.#random, kind === 'power-loss');
    if (kind === 'power-loss') this.disk.losePower(this.#random);
  }
}
