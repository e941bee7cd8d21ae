import { matchesStrongly, type TagList } from './etag.ts';
import { standing, type Head } from './head.ts';
import { tagOf } from './create.ts';
import type { Refusal } from './refusal.ts';

/** What a DELETE does. */
export type RemoveDecision =
  | { kind: 'remove' }
  /** Forks need the data: the name stays held until the last of them is gone. */
  | { kind: 'soft-delete' }
  | { kind: 'refused'; refusal: Refusal };

export function decideRemove(
  head: Head | undefined,
  ifMatch: TagList | undefined,
  nowMs: number,
): RemoveDecision {
  const stands = standing(head, nowMs);
  if (head === undefined || stands.kind === 'absent') return refuse({ code: 'stream-not-found' });
  if (stands.kind === 'gone') return refuse({ code: 'stream-gone' });
  const tag = tagOf(head);
  if (ifMatch !== undefined && !matchesStrongly(ifMatch, tag)) {
    return refuse({ code: 'precondition-failed', tag });
  }
  return stands.state.forkCount > 0 ? { kind: 'soft-delete' } : { kind: 'remove' };
}

/** What becomes of the streams that a removed fork came from, nearest first. */
export type AncestorFate = 'fork-removed' | 'removed';

/**
 * A source that was kept only for this fork goes with it, and then its own source may too; the
 * first one that others still need merely counts one fork less (protocol, "4.2.": garbage
 * collection cascades).
 */
export function fatesOfAncestors(ancestors: readonly Head[]): AncestorFate[] {
  const fates: AncestorFate[] = [];
  for (const { state } of ancestors) {
    const wasLastReason = state.kind === 'stream' && state.softDeleted && state.forkCount === 1;
    fates.push(wasLastReason ? 'removed' : 'fork-removed');
    if (!wasLastReason) break;
  }
  return fates;
}

function refuse(refusal: Refusal): RemoveDecision {
  return { kind: 'refused', refusal };
}
