import { cpuTimeMs, machineCpuTimeMs } from './proc.ts';

/** Shares of one core; NaN where it cannot be known. */
export interface CpuShares {
  readonly serverCpu: number;
  /** Near 1 for a generator of one thread: then it is the generator that was measured. */
  readonly loadCpu: number;
  /** Everything else on the machine: what makes a round worth less. */
  readonly otherCpu: number;
}

/** What the server, the load programs and the rest of the machine use from now on. */
export class CpuMeter {
  readonly #server: number | undefined;
  readonly #load: readonly number[];
  readonly #before: Reading;

  constructor(server: number | undefined, load: readonly number[]) {
    this.#server = server;
    this.#load = load;
    this.#before = this.#read();
  }

  shares(): CpuShares {
    const after = this.#read();
    const share = (key: keyof Reading) =>
      (after[key] - this.#before[key]) / (after.nowMs - this.#before.nowMs);
    const [server, load] = [share('serverMs'), share('loadMs')];
    const other = share('machineMs') - (this.#server === undefined ? 0 : server) - load;
    return { serverCpu: server, loadCpu: load, otherCpu: Math.max(0, other) };
  }

  #read(): Reading {
    return {
      nowMs: performance.now(),
      serverMs: this.#server === undefined ? NaN : cpuTimeMs(this.#server),
      loadMs: this.#load.reduce((sum, pid) => sum + cpuTimeMs(pid), 0),
      machineMs: machineCpuTimeMs(),
    };
  }
}

interface Reading {
  readonly nowMs: number;
  readonly serverMs: number;
  readonly loadMs: number;
  readonly machineMs: number;
}
