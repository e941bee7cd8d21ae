import { setTimeout as sleep } from 'node:timers/promises';
import { cpuTimeMs } from './proc.ts';

const intervalMs = 200;
const busyShareMax = 0.1;

/**
 * Waits until the processes do next to nothing, so that what one server still has to tidy up is
 * not charged to the next. Gives up after the limit: a server that never rests must not stop a run.
 */
export async function quiet(pids: readonly number[], limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const beforeMs = total(pids);
    await sleep(intervalMs);
    const busyMs = total(pids) - beforeMs;
    if (Number.isNaN(busyMs) || busyMs <= intervalMs * busyShareMax) return;
  }
}

function total(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuTimeMs(pid), 0);
}
