import type { Caller } from '../../accounts/caller.ts';
import { matchesWeakly, parseTagList } from '../../protocol/etag.ts';
import type { Exchange } from '../exchange.ts';

/** Whom the answer to a read may be kept for. */
export interface Caching {
  readonly cacheable: string;
  readonly revalidated: string;
  /** What of the request the answer depends on. */
  readonly vary: string;
}

const FOR_ANYONE: Caching = {
  cacheable: 'public, max-age=60, stale-while-revalidate=300',
  revalidated: 'no-cache',
  vary: 'Origin',
};

/** Behind credentials an answer is one client's, and no cache between may show it to another. */
const FOR_CALLER: Caching = {
  cacheable: 'private, max-age=60, stale-while-revalidate=300',
  revalidated: 'private, no-cache',
  vary: 'Origin, Authorization, X-Api-Key',
};

export function cachingFor({ isIdentified }: Caller): Caching {
  return isIdentified ? FOR_CALLER : FOR_ANYONE;
}

/** The client has the answer of this tag already and says so. */
export function isKnown({ headers }: Exchange, tag: string): boolean {
  const { ifNoneMatch } = headers;
  const tags = ifNoneMatch === undefined ? undefined : parseTagList(ifNoneMatch);
  return tags !== undefined && matchesWeakly(tags, tag);
}
