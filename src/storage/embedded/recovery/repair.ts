import { join } from 'node:path';
import { Checkpoint, type CheckpointSettings } from '../checkpoint.ts';
import type { Files } from '../files.ts';
import type { Index } from '../index/index.ts';
import { META_KEY } from '../index/keys.ts';
import { encodeMeta, type Meta } from '../index/values.ts';
import type { LogTable } from '../log-table.ts';
import type { MessageTable } from '../messages/message-table.ts';
import { createSegment } from '../wal/create-segment.ts';
import { segmentName, segmentSalt } from '../wal/segment.ts';
import type { LogDamage, LogLoss } from './damage.ts';

/** What a repair did. */
export interface Repaired {
  readonly damage: LogDamage;
  readonly loss: LogLoss;
  /** Where the segments of the loss are now; undefined when there were none. */
  readonly movedTo: string | undefined;
}

/** A damaged folder, replayed up to the damage. */
export interface DamagedFolder {
  readonly meta: Meta;
  readonly numbers: readonly number[];
  readonly table: LogTable;
  readonly messages: MessageTable;
  readonly damage: LogDamage;
  readonly loss: LogLoss;
}

export interface RepairTools {
  readonly files: Files;
  readonly index: Index;
  readonly walDirectory: string;
  readonly checkpoint: CheckpointSettings;
  /** A new identity for the folder. */
  readonly folderId: number;
}

/** More commits than can have been where nothing can be made out any more. */
const UNSEEN_COMMITS = 2 ** 32;

const LOST_DIRECTORY = 'lost';

/**
 * Goes on without what comes after the damage. Whatever a crash leaves of it is refused as damaged,
 * and can be repaired again: from the first step on the index speaks of a commit that no segment has
 * until the new one is there, which begins behind it.
 *
 * 1. All that can be read in order is taken into the index and flushed.
 * 2. The segments from the damage on are set aside, those before it released.
 * 3. The folder gets a new identity. What comes next stands at offsets that had other data, so no
 *    tag of a former answer may fit it; and no segment set aside fits the folder any more.
 * 4. A new segment begins the log, behind every number that was given before.
 */
export async function repairLog(tools: RepairTools, folder: DamagedFolder): Promise<Repaired> {
  const { files, index, walDirectory, folderId } = tools;
  const { damage, loss, numbers } = folder;
  const given = Math.max(loss.keptLsn, loss.lostLsn ?? 0, folder.meta.highLsn) + UNSEEN_COMMITS;
  const checkpoint = new Checkpoint(index, folder, folder.meta, tools.checkpoint);
  // The log that is taken in is given up in the next step: nobody rests on its being synced.
  await checkpoint.run({ writtenLsn: given, sync: () => Promise.resolve(true) });
  const movedTo = await setAside(files, walDirectory, loss.segments);
  for (const name of numbers.map(segmentName)) {
    if (!loss.segments.includes(name)) await files.remove(join(walDirectory, name));
  }
  await files.syncDirectory(walDirectory);
  const meta: Meta = { ...checkpoint.meta, folderId };
  await index.commit({ puts: [{ key: META_KEY, value: encodeMeta(meta) }], deletes: [] });
  await index.flush();
  await beginAnew(files, walDirectory, meta, (numbers.at(-1) ?? 0) + 1);
  return { damage, loss, movedTo };
}

/** Moves segments into a folder that no repair has used before. */
async function setAside(
  files: Files,
  walDirectory: string,
  names: readonly string[],
): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  const lost = join(walDirectory, LOST_DIRECTORY);
  const taken = ((await files.list(lost)) ?? []).map(Number).filter(Number.isInteger);
  const target = join(lost, String(Math.max(0, ...taken) + 1).padStart(4, '0'));
  await files.makeDirectory(target);
  await files.syncDirectory(walDirectory);
  await files.syncDirectory(lost);
  for (const name of names) await files.rename(join(walDirectory, name), join(target, name));
  await files.syncDirectory(target);
  await files.syncDirectory(walDirectory);
  return target;
}

function beginAnew(files: Files, walDirectory: string, meta: Meta, number: number): Promise<void> {
  const { folderId, highLsn } = meta;
  const salt = segmentSalt(meta.salt, number);
  return createSegment(files, walDirectory, { number, firstLsn: highLsn + 1, folderId, salt });
}
