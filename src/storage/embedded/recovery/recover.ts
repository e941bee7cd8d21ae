import { must } from '../../../lib/assert.ts';
import type { CheckpointSettings } from '../checkpoint.ts';
import type { Files } from '../files.ts';
import type { Index } from '../index/index.ts';
import { META_KEY } from '../index/keys.ts';
import { encodeMeta, type Meta } from '../index/values.ts';
import { LogTable } from '../log-table.ts';
import { MessageTable } from '../messages/message-table.ts';
import { createSegment } from '../wal/create-segment.ts';
import { LogDamaged, type LogLoss } from './damage.ts';
import { indexDirectoryOf, inspectFolder, type FolderContents } from './inspect.ts';
import { makeSafe } from './log-files.ts';
import { repairLog, type Repaired } from './repair.ts';
import { replay, type Replayed } from './replay.ts';
import { surveyLoss } from './survey.ts';

export interface RecoveryParts {
  readonly files: Files;
  readonly index: Index;
  /** In [0, 1): mints the identity and salt of a new folder. */
  readonly random: () => number;
}

export interface RecoverySettings {
  readonly walDirectory: string;
  readonly idleLogsMax: number;
  readonly checkpoint: CheckpointSettings;
}

export interface Recovered extends Pick<
  Replayed,
  'lastLsn' | 'sealed' | 'commitsReplayed' | 'tornTail'
> {
  readonly meta: Meta;
  readonly table: LogTable;
  readonly messages: MessageTable;
  readonly nextNumber: number;
}

/**
 * Brings a folder's logs into memory, and makes safe what it found. It changes nothing of a folder
 * that it refuses, and a crash in the middle leaves any other as it was.
 */
export async function recover(
  parts: RecoveryParts,
  settings: RecoverySettings,
): Promise<Recovered> {
  const { files, index } = parts;
  const contents =
    (await inspectFolder(files, index, settings.walDirectory)) ??
    (await beginFolder(parts, settings.walDirectory));
  const { meta, table, messages, replayed, loss } = await load(parts, settings, contents);
  const { damage, unproven } = replayed;
  if (damage !== undefined) throw new LogDamaged(damage, must(loss, 'damage costs something'));
  if (contents.meta === undefined) {
    await index.commit({ puts: [{ key: META_KEY, value: encodeMeta(meta) }], deletes: [] });
    await index.flush();
  }
  if (unproven !== undefined) await makeSafe(files, unproven);
  const nextNumber = (contents.numbers.at(-1) ?? 0) + 1;
  return { ...replayed, meta, table, messages, nextNumber };
}

/** Mends a folder whose log is damaged, so that it can be recovered. Undefined: it is not. */
export async function repairFolder(
  parts: RecoveryParts,
  settings: RecoverySettings,
): Promise<Repaired | undefined> {
  const { files, index, random } = parts;
  const contents = await inspectFolder(files, index, settings.walDirectory);
  if (contents === undefined) return undefined;
  const { meta, table, messages, replayed, loss } = await load(parts, settings, contents);
  const { damage } = replayed;
  if (damage === undefined || loss === undefined) return undefined;
  const { walDirectory, checkpoint } = settings;
  const tools = { files, index, walDirectory, checkpoint, folderId: mintFolderId(random) };
  return repairLog(tools, { meta, table, messages, damage, loss, numbers: contents.numbers });
}

interface Loaded {
  readonly meta: Meta;
  readonly table: LogTable;
  readonly messages: MessageTable;
  readonly replayed: Replayed;
  /** What its damage costs, if it has any. */
  readonly loss: LogLoss | undefined;
}

async function load(
  { files, index }: RecoveryParts,
  { walDirectory, idleLogsMax, checkpoint: { milestoneBytes } }: RecoverySettings,
  contents: FolderContents,
): Promise<Loaded> {
  const meta = contents.meta ?? metaOf(contents);
  const table = new LogTable(index, meta.folderId, meta.nextLogId, idleLogsMax);
  const messages = new MessageTable(index, meta.folderId, milestoneBytes, () => table.mintId());
  messages.load();
  const indexDirectory = indexDirectoryOf(walDirectory);
  const target = { index, indexDirectory, table, messages, appliedLsn: meta.appliedLsn };
  const replayed = await replay(files, contents, target);
  const isDamaged = replayed.damage !== undefined;
  const loss = isDamaged
    ? await surveyLoss(files, walDirectory, contents.numbers, meta, replayed)
    : undefined;
  return { meta, table, messages, replayed, loss };
}

/** What an index says that has yet to take in all of the log. */
function metaOf({ segments }: FolderContents): Meta {
  const { folderId, salt } = must(segments[0], 'there is a log').header;
  return { folderId, salt, appliedLsn: 0, highLsn: 0, nextLogId: 1 };
}

/** The log begins before the index: an index without a log means that somebody lost the log. */
async function beginFolder(
  { files, index, random }: RecoveryParts,
  walDirectory: string,
): Promise<FolderContents> {
  const folderId = mintFolderId(random);
  const salt = Math.floor(random() * 2 ** 32);
  await createSegment(files, walDirectory, { number: 1, firstLsn: 1, folderId, salt });
  return must(await inspectFolder(files, index, walDirectory), 'the folder has a log now');
}

function mintFolderId(random: () => number): number {
  return Math.floor(random() * 2 ** 40);
}
