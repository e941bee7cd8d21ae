import { NS_PER_MS } from './config.ts';
import type { Declined } from './declined.ts';
import type { Held, StreamView } from './view.ts';

/** Why messages go. `trim`: a limit asks for it, so nothing denies it. */
export type RemoveCause = 'delete' | 'purge' | 'trim';

export type RemoveDecision =
  | { readonly kind: 'remove'; readonly removed: readonly Held[] }
  | { readonly kind: 'declined'; readonly declined: Declined };

/** Those of the sequences that are there go, each once. */
export function decideRemove(
  view: StreamView,
  seqs: readonly number[],
  cause: RemoveCause,
): RemoveDecision {
  const refusal = removeRefusal(view, cause);
  if (refusal !== undefined) return { kind: 'declined', declined: refusal };
  const removed: Held[] = [];
  for (const seq of new Set(seqs)) {
    const held = view.held(seq);
    if (held !== undefined) removed.push(held);
  }
  return { kind: 'remove', removed };
}

/** What keeps messages from being removed at all. */
export function removeRefusal(
  { config }: Pick<StreamView, 'config'>,
  cause: RemoveCause,
): Declined | undefined {
  if (config.sealed) return { code: 'sealed' };
  if (cause === 'delete' && config.denyDelete) return { code: 'delete-denied' };
  if (cause === 'purge' && config.denyPurge) return { code: 'purge-denied' };
  return undefined;
}

/** The oldest messages that are too old or too many, at most `messagesMax` of them. */
export function beyondLimits(view: StreamView, nowMs: number, messagesMax: number): Held[] {
  const { config } = view;
  if (config.sealed) return [];
  const trims = config.discard === 'old';
  const countMax = trims ? (config.messagesMax ?? Infinity) : Infinity;
  const bytesMax = trims ? (config.bytesMax ?? Infinity) : Infinity;
  const ageMaxMs = (config.maxAgeNs ?? Infinity) / NS_PER_MS;
  const beyond: Held[] = [];
  let { messages, bytes } = view;
  for (let held = view.oldest(0); held !== undefined; held = view.oldest(held.seq + 1)) {
    const isOld = nowMs - held.createdAtMs >= ageMaxMs;
    const isBeyond = messages > countMax || bytes > bytesMax || isOld;
    if (!isBeyond || beyond.length >= messagesMax) break;
    beyond.push(held);
    messages -= 1;
    bytes -= held.bytes;
  }
  return beyond;
}
