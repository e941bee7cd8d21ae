import { readFileSync } from 'node:fs';

// Linux reports process times in ticks of a fixed 100 Hz to user space, whatever the kernel uses.
const tickMs = 10;

/** CPU time a process has used, all threads; NaN where there is no /proc or it has ended. */
export function cpuTimeMs(pid: number): number {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return NaN;
  // The name in parentheses may hold spaces, so fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** CPU time the whole machine has used, and what a hypervisor took from it. */
export function machineCpuTimeMs(): number {
  const stat = readIfThere('/proc/stat');
  if (stat === undefined) return NaN;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .slice(0, stat.indexOf('\n'))
    .replace(/^cpu +/, '')
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * tickMs;
}

export interface ResidentMemory {
  readonly totalBytes: number;
  /** Heap, stacks and buffers: what only this process holds. */
  readonly anonymousBytes: number;
  /** Pages of mapped files, which the kernel may drop at any time. */
  readonly fileBytes: number;
}

export function residentMemory(pid: number): ResidentMemory {
  const status = readIfThere(`/proc/${pid}/status`) ?? '';
  const bytes = (field: string) => {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status);
    return match === null ? NaN : Number(match[1]) * 1024;
  };
  return {
    totalBytes: bytes('VmRSS'),
    anonymousBytes: bytes('RssAnon'),
    fileBytes: bytes('RssFile'),
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
