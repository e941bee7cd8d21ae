import { NO_RECORDS } from '../protocol/records.ts';
import { fatesOfAncestors } from '../protocol/remove.ts';
import type { LogStore, Op, StoredHead } from '../storage/port.ts';
import { isStreamHead, type StreamHead } from './stream-head.ts';

export interface NamedHead {
  readonly name: string;
  readonly head: StreamHead;
}

/**
 * The streams that a fork came from, nearest first, at most `depthMax` of them. A source stays as
 * long as it has forks, so the chain has no holes.
 */
export async function loadAncestors(
  store: LogStore,
  head: StoredHead | undefined,
  depthMax: number,
): Promise<NamedHead[]> {
  const ancestors: NamedHead[] = [];
  let current: StoredHead | undefined = head;
  while (ancestors.length < depthMax && isStreamHead(current)) {
    const source: string | undefined = current.state.fork?.source;
    if (source === undefined) break;
    current = await store.latest(source);
    if (isStreamHead(current)) ancestors.push({ name: source, head: current });
  }
  return ancestors;
}

/** The part of a commit that releases the sources of a stream that goes away. */
export function releaseOps(ancestors: readonly NamedHead[]): Op[] {
  return fatesOfAncestors(ancestors.map(({ head }) => head)).flatMap((fate, index): Op[] => {
    const ancestor = ancestors[index];
    if (ancestor === undefined) return [];
    const { name, head } = ancestor;
    const expected = head.version;
    if (fate === 'removed') return [{ kind: 'delete', name, expected }];
    const change = { kind: 'fork-removed' } as const;
    return [{ kind: 'append', name, expected, change, records: NO_RECORDS }];
  });
}
