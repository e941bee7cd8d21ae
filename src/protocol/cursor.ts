const EPOCH_MS = Date.UTC(2024, 9, 9);
const INTERVAL_SECONDS = 20;
const JITTER_SECONDS_MAX = 3600;

/**
 * The cursor of a live answer (protocol, "Server-Generated Cursors"): the number of the current
 * 20-second interval, or something strictly greater than a client's own cursor that is not behind
 * it. A cursor that is no number is as absent. `random` is in [0, 1).
 */
export function nextCursor(client: string | undefined, nowMs: number, random: number): string {
  const current = Math.max(0, Math.floor((nowMs - EPOCH_MS) / (INTERVAL_SECONDS * 1000)));
  if (client === undefined || !/^\d{1,15}$/.test(client)) return String(current);
  const theirs = Number(client);
  if (theirs < current) return String(current);
  const jitterSeconds = 1 + Math.floor(random * JITTER_SECONDS_MAX);
  return String(theirs + Math.max(1, Math.ceil(jitterSeconds / INTERVAL_SECONDS)));
}
