import { until } from '../../support/http/until.ts';
import type { Mortal } from './mortal.ts';
import type { Shim } from './shim.ts';

/**
 * From now on a commit is written, and never known to be on the disk. Resolves with what waits for
 * one.
 */
export async function holdSyncs(fault: Shim): Promise<() => Promise<void>> {
  const before = await fault.hits();
  await fault.arm({ call: 'sync', effect: 'hang', path: '.wal' });
  return () => {
    return until('a commit is on its way to the disk', async () => (await fault.hits()) > before);
  };
}

/** Kills the server while a commit is on its way to the disk. */
export async function killWhileSyncing(server: Mortal, fault: Shim): Promise<void> {
  const untilHeld = await holdSyncs(fault);
  await untilHeld();
  await server.die();
  await fault.disarm();
}
