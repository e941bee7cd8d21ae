import { MalformedBytes, type ByteReader } from '../../../lib/byte-reader.ts';
import { DataCorrupt } from '../../port.ts';
import type { EmbeddedHead, LogEntry } from '../entry.ts';
import type { Index } from '../index/index.ts';
import { nameKey } from '../index/keys.ts';
import { decodeNumber } from '../index/values.ts';
import type { AppliedOp, LogTable } from '../log-table.ts';
import type { ManagedEntry } from '../messages/managed-entry.ts';
import { isMessageOp, type LoggedMessageOp } from '../messages/message-ops.ts';
import type { MessageTable } from '../messages/message-table.ts';
import { decodeOp, type LoggedOp } from '../ops-codec.ts';
import type { FrameHeader, Lsn } from '../wal/frame.ts';
import { FolderDamaged } from './damage.ts';

/** Where the log's commits go to. */
export interface ReplayTarget {
  readonly index: Index;
  /** Where the index is, to say so when it is damaged. */
  readonly indexDirectory: string;
  readonly table: LogTable;
  readonly messages: MessageTable;
  /** The index holds all commits up to this one. */
  readonly appliedLsn: Lsn;
}

/** Replays a frame's commits, each whole, and says how many were not in the index yet. */
export function replayFrame(frame: FrameHeader, body: ByteReader, target: ReplayTarget): number {
  // A void frame: its numbers went to commits that were refused.
  if (frame.bodyBytes === 0) return 0;
  let replayed = 0;
  for (let commit = 0; commit < frame.commits; commit += 1) {
    const length = body.u32();
    const end = body.position + length;
    const lsn = frame.firstLsn + commit;
    if (lsn <= target.appliedLsn) {
      body.skip(length);
      continue;
    }
    const ops: LoggedOp[] = [];
    const messageOps: LoggedMessageOp[] = [];
    while (body.position < end) {
      const op = decodeOp(body);
      if (isMessageOp(op)) messageOps.push(op);
      else ops.push(op);
    }
    if (body.position !== end) throw new MalformedBytes('a commit overruns its length');
    replayCommit(ops, lsn, target);
    for (const op of messageOps) replayMessageOp(op, lsn, target);
    replayed += 1;
  }
  return replayed;
}

/** All of a commit fits, or nothing of it is done. */
function replayCommit(ops: readonly LoggedOp[], lsn: Lsn, target: ReplayTarget): void {
  const { table } = target;
  const applied: AppliedOp[] = [];
  const met = new Map<string, AppliedOp>();
  for (const op of ops) {
    const earlier = met.get(op.name);
    const entry = earlier?.entry ?? obtain(op.name, target);
    // The index took in later commits to this log before it knew of all earlier ones.
    if (lsn <= entry.checkpointedLsn) continue;
    const before = earlier === undefined ? entry.durable : earlier.head;
    expectToFit(op, before, lsn);
    const head = table.headAfter(before, op, lsn);
    const records = 'records' in op && op.records.bytes > 0 ? op.records : undefined;
    const one = { entry, head, records };
    met.set(op.name, one);
    applied.push(one);
  }
  for (const op of ops) {
    if (op.kind === 'create') table.nextLogId = Math.max(table.nextLogId, op.logId + 1);
  }
  for (const op of applied) {
    const { entry, head } = op;
    entry.latest = head;
    entry.latestLsn = lsn;
    // A cache that is too small for a commit may have let go of it.
    table.keep(entry);
    table.makeDurable(op, lsn);
  }
}

function replayMessageOp(op: LoggedMessageOp, lsn: Lsn, target: ReplayTarget): void {
  const { table, messages } = target;
  if ('birthId' in op) table.nextLogId = Math.max(table.nextLogId, op.birthId + 1);
  if ('storageId' in op) table.nextLogId = Math.max(table.nextLogId, op.storageId + 1);
  const entry = obtainManaged(op.name, target);
  if (lsn <= entry.checkpointedLsn) return;
  messages.apply(op, lsn);
  messages.makeDurable(entry);
}

function obtainManaged(name: string, target: ReplayTarget): ManagedEntry {
  return orDamaged(name, target, () =>
    heedTombstone(target.messages.obtain(name), 'managedTombstone', target.index),
  );
}

function obtain(name: string, target: ReplayTarget): LogEntry {
  return orDamaged(name, target, () =>
    heedTombstone(target.table.obtain(name), 'tombstone', target.index),
  );
}

/** What is not there may have been dropped by a commit that the index has taken in. */
function heedTombstone<Entry extends LogEntry | ManagedEntry>(
  entry: Entry,
  kind: 'tombstone' | 'managedTombstone',
  index: Index,
): Entry {
  if (entry.durableLsn === 0) {
    const tombstone = index.get(nameKey(kind, entry.name));
    if (tombstone !== undefined) entry.checkpointedLsn = decodeNumber(tombstone);
  }
  return entry;
}

/** What the index has under a name that the log goes on with must be readable. */
function orDamaged<T>(name: string, { indexDirectory }: ReplayTarget, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DataCorrupt) {
      throw new FolderDamaged(indexDirectory, undefined, error.message);
    }
    if (!(error instanceof MalformedBytes)) throw error;
    const problem = `the tombstone of ${JSON.stringify(name)}: ${error.message}`;
    throw new FolderDamaged(indexDirectory, undefined, problem);
  }
}

function expectToFit(op: LoggedOp, before: EmbeddedHead | undefined, lsn: Lsn): void {
  if (op.kind === 'append' && before?.tail !== op.at) {
    throw new MalformedBytes(`commit ${lsn} does not continue its log`);
  }
  if (op.kind === 'trim' && before === undefined) {
    throw new MalformedBytes(`commit ${lsn} trims no log`);
  }
}
