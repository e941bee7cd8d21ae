import { readFile } from 'node:fs/promises';

/** What a process holds in physical memory, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`no VmRSS for process ${pid}`);
  return Number(kib) * 1024;
}

/** Looks at a process's memory again and again, and knows the most it has seen. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => {
      this.#look().catch(() => undefined);
    }, 20);
  }

  /** Ends the watch and answers with the peak. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#look();
    return this.#peakBytes;
  }

  async #look(): Promise<void> {
    this.#peakBytes = Math.max(this.#peakBytes, await residentBytes(this.#pid));
  }
}
