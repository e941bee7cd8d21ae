import type { Child } from '../system/child.ts';

// A server may replay its log before it listens.
const startTimeoutMs = 180_000;

/** Servers say on stdout where they listen; any line that holds the address will do. */
export function addressOf(child: Child): Promise<string> {
  return child.waitFor(
    'address',
    startTimeoutMs,
    (line) => /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0],
  );
}
