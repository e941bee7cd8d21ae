/**
 * Keeps intervals from ever firing while something runs: the simulation calls for checkpoints and
 * syncs itself, and an engine that it abandons must neither act nor be kept in memory.
 */
export async function withoutIntervals<T>(run: () => Promise<T>): Promise<T> {
  const original = globalThis.setInterval;
  const inert = {
    ref: () => inert,
    unref: () => inert,
    hasRef: () => false,
  };
  globalThis.setInterval = new Proxy(original, { apply: () => inert });
  try {
    return await run();
  } finally {
    globalThis.setInterval = original;
  }
}
