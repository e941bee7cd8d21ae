import { lookup } from 'node:dns/promises';
import type { Resolve, ResolvedAddress } from './checked-lookup.ts';

class TooManyLookups extends Error {
  override name = 'TooManyLookups';
  readonly code = 'EAI_AGAIN';
}

/** As the operating system looks names up, its hosts file included. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/**
 * One question a name at a time, and a bounded number in all: a lookup outlives the call that asked
 * for it, so a name server that does not answer would gather them.
 */
export function boundedResolve(resolve: Resolve, lookupsMax: number): Resolve {
  const pending = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname) => {
    const asked = pending.get(hostname);
    if (asked !== undefined) return asked;
    if (pending.size >= lookupsMax) return Promise.reject(new TooManyLookups());
    const answer = resolve(hostname).finally(() => {
      pending.delete(hostname);
    });
    pending.set(hostname, answer);
    return answer;
  };
}
