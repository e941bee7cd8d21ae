import { must } from '../../../lib/assert.ts';
import { NS_PER_MS } from '../../../messages/config.ts';
import type { IndexBatch } from '../index/index.ts';
import { nameKey } from '../index/keys.ts';
import { encodeManaged } from '../index/message-values.ts';
import { encodeNumber } from '../index/values.ts';
import type { Taken } from '../log-taking.ts';
import { markForReaping } from '../reaper.ts';
import type { Lsn } from '../wal/frame.ts';
import { ContentTaking, type CutSettings } from './content-taking.ts';
import { takeIds } from './ids-taking.ts';
import type { ManagedEntry, ManagedState } from './managed-entry.ts';
import type { MessageTable } from './message-table.ts';

/**
 * Puts what is durable of a managed stream, up to its next milestone, into a batch for the index.
 * Yields where others may run.
 */
export function* takeManaged(
  entry: ManagedEntry,
  table: MessageTable,
  cut: CutSettings,
  batch: IndexBatch,
): Generator<void, Taken> {
  const { name, milestones } = entry;
  const milestone = must(milestones.take(), 'what waits for a checkpoint has a milestone');
  const { state, lsn, bytes, dropped } = milestone;
  markForReaping(dropped, batch);
  let letGoOfContent: () => void = () => undefined;
  if (state === undefined) {
    batch.deletes.push(nameKey('managed', name));
    batch.puts.push({ key: nameKey('managedTombstone', name), value: encodeNumber(lsn) });
  } else {
    letGoOfContent = yield* takeState(name, state, lsn, cut, batch);
  }
  return {
    bytes,
    letGo: () => {
      letGoOfContent();
      milestones.letGo();
      entry.checkpointedLsn = lsn;
      table.unflushedBytes -= bytes;
      if (!milestones.isEmpty) return;
      if (entry.isSettled && state?.config.storage === 'file')
        state.content.subjects.forgetTakenBack();
      table.dirty.delete(entry);
      table.forget(entry);
    },
  };
}

function* takeState(
  name: string,
  state: ManagedState,
  lsn: Lsn,
  cut: CutSettings,
  batch: IndexBatch,
): Generator<void, () => void> {
  const { content, ids, config, lastSeq } = state;
  const isInMemory = config.storage === 'memory';
  const taking = isInMemory ? undefined : new ContentTaking(state, lsn, cut, batch);
  const stored =
    taking === undefined ? { ...content.stored, throughSeq: lastSeq } : yield* taking.put();
  const counts = isInMemory ? { firstSeq: lastSeq + 1, messages: 0, bytes: 0, subjects: 0 } : {};
  const takenIds = isInMemory ? undefined : takeIds(state, batch);
  batch.puts.push({
    key: nameKey('managed', name),
    value: encodeManaged({
      ...state,
      ...stored,
      ...counts,
      storageId: content.storageId,
      birthId: ids.birthId,
      version: lsn,
      idsUntilMs: takenIds?.untilMs ?? 0,
    }),
  });
  return () => {
    taking?.letGo();
    takenIds?.letGo();
    if (!isInMemory) return;
    content.releaseRemoved(lsn);
    ids.forget((state.lastAtMs ?? 0) - config.duplicateWindowNs / NS_PER_MS);
  };
}
