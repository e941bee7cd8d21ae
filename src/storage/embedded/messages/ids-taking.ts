import { NS_PER_MS } from '../../../messages/config.ts';
import type { IndexBatch } from '../index/index.ts';
import { idInTime, idKey, idTimeKey, idTimeRange } from '../index/message-keys.ts';
import { decodeId, encodeId } from '../index/message-values.ts';
import { encodeNumber } from '../index/values.ts';
import { unlessMalformed } from '../unless-malformed.ts';
import type { ManagedState } from './managed-entry.ts';

const FORGOTTEN_PER_STEP = 4096;

export interface TakenIds {
  /** No id in the index is younger. */
  readonly untilMs: number;
  letGo(): void;
}

/** Puts a stream's durable message ids into a batch, and removes those whose window has passed. */
export function takeIds(state: ManagedState, batch: IndexBatch): TakenIds {
  const { ids, lastSeq } = state;
  const { birthId } = ids;
  const taken = [...ids.fresh].filter(([, { seq }]) => seq <= lastSeq);
  let untilMs = ids.storedUntilMs;
  for (const [id, given] of taken) {
    batch.puts.push({ key: idKey(birthId, id), value: encodeId(given) });
    batch.puts.push({ key: idTimeKey(birthId, given.atMs, id), value: encodeNumber(0) });
    untilMs = Math.max(untilMs, given.atMs);
  }
  if (ids.storedUntilMs > 0) forgetOld(state, batch);
  return {
    untilMs,
    letGo: () => {
      ids.storedUntilMs = untilMs;
      for (const [id, given] of taken) if (ids.fresh.get(id) === given) ids.fresh.delete(id);
    },
  };
}

function forgetOld({ ids, config, lastSeq, lastAtMs = 0 }: ManagedState, batch: IndexBatch): void {
  const beforeMs = Math.max(0, Math.floor(lastAtMs - config.duplicateWindowNs / NS_PER_MS));
  const { index, birthId } = ids;
  for (const key of index.keys({ ...idTimeRange(birthId, beforeMs), limit: FORGOTTEN_PER_STEP })) {
    const id = idInTime(key);
    const fresh = ids.fresh.get(id);
    // Given again by a pending publish, which may be taken back: then this row is still needed.
    if (fresh !== undefined && fresh.seq > lastSeq) continue;
    batch.deletes.push(key);
    const value = index.get(idKey(birthId, id));
    // An id that was given again since stays known by its later time.
    const given = value && unlessMalformed(() => decodeId(value));
    const isOld = given !== undefined && given.atMs < beforeMs && fresh === undefined;
    if (isOld) batch.deletes.push(idKey(birthId, id));
  }
}
