import { MalformedBytes } from '../../../lib/byte-reader.ts';
import { sizeOf, type Held } from '../../../messages/view.ts';
import type { Lsn } from '../wal/frame.ts';
import type { ManagedState, PendingChange } from './managed-entry.ts';
import type { LoggedMessageOp } from './message-ops.ts';
import type { MessagePlace } from './message-place.ts';

/** A commit's bookkeeping counts too, and each message's. */
export const COMMIT_OVERHEAD_BYTES = 512;
export const MESSAGE_OVERHEAD_BYTES = 128;

/** What is thrown for damage leaves the content as it was. */
export function published(
  before: ManagedState,
  op: Extract<LoggedMessageOp, { kind: 'publish' }>,
  lsn: Lsn,
): PendingChange {
  const { content, ids } = before;
  const { seqs, messages: added, messageId, atMs } = op;
  let { messages, bytes, subjects } = before;
  let done = 0;
  try {
    for (const place of added) {
      if (content.add(place, lsn).count === 1) subjects += 1;
      done += 1;
      bytes += sizeOf(place.subject, place.bodyBytes);
    }
  } catch (error) {
    content.takeBack({ added: added.slice(0, done), removed: [], lsn });
    throw error;
  }
  messages += done;
  const lastSeq = seqs.at(-1) ?? before.lastSeq;
  const oldest = before.messages === 0 ? (seqs[0] ?? before.firstSeq) : before.firstSeq;
  // A replay has sequences of a stream in memory, and no messages.
  const firstSeq = messages === 0 ? lastSeq + 1 : oldest;
  const grown: ManagedState = {
    content,
    config: before.config,
    revision: before.revision,
    ids,
    createdAtMs: before.createdAtMs,
    firstSeq,
    lastSeq,
    lastAtMs: atMs,
    messages,
    bytes,
    subjects,
  };
  const { state, removed } =
    op.dropped.length === 0
      ? { state: grown, removed: [] }
      : without(grown, op.dropped, lsn, added);
  if (messageId !== undefined) ids.fresh.set(messageId, { seq: lastSeq, atMs });
  return { lsn, state, added, removed, messageId, cost: costOf(added, removed) };
}

/**
 * The stream without these messages, all of which it has. What is thrown for damage leaves the content
 * as it was, without what the same commit has `added`.
 */
export function without(
  before: ManagedState,
  seqs: readonly number[],
  lsn: Lsn,
  added: readonly MessagePlace[] = [],
): { state: ManagedState; removed: Held[] } {
  const { content, config, lastSeq } = before;
  const removed: Held[] = [];
  let { messages, bytes, subjects } = before;
  try {
    for (const seq of seqs) {
      const held = content.held(seq);
      if (held === undefined) {
        // A restart left nothing of a stream in memory.
        if (config.storage === 'memory') continue;
        throw new MalformedBytes(`message ${seq} is removed and was not there`);
      }
      if (content.remove(held, lsn).count === 0) subjects -= 1;
      messages -= 1;
      bytes -= held.bytes;
      removed.push(held);
    }
    const isFirstGone = messages > 0 && content.removed.has(before.firstSeq);
    const next = isFirstGone ? content.oldest(before.firstSeq)?.seq : before.firstSeq;
    const firstSeq = messages === 0 || next === undefined ? lastSeq + 1 : next;
    return { state: { ...before, firstSeq, messages, bytes, subjects }, removed };
  } catch (error) {
    content.takeBack({ added, removed, lsn });
    throw error;
  }
}

export function costOf(added: readonly MessagePlace[], removed: readonly Held[]): number {
  const bytes = added.reduce((sum, place) => sum + place.bytes, 0);
  return COMMIT_OVERHEAD_BYTES + bytes + (added.length + removed.length) * MESSAGE_OVERHEAD_BYTES;
}
