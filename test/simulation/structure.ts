import { chunkPosition, nameIn, nameInDue } from '../../src/storage/embedded/index/keys.ts';
import { decodeChunk, decodeHead } from '../../src/storage/embedded/index/values.ts';
import { SPARE_NAME } from '../../src/storage/embedded/wal/segment.ts';
import { WAL_DIRECTORY, type Machine } from './machine.ts';
import { checkManagedStructure } from './managed/structure.ts';
import type { ModelStreams } from './managed/model.ts';
import { dueOf, type ModelLogs } from './model.ts';
import { expect } from './violation.ts';

/**
 * What the index and the log folder hold after a checkpoint with nothing going on: what the logs
 * need, and nothing that nobody would ever remove.
 */
export function checkStructure(
  { disk, indexDisk }: Machine,
  logs: ModelLogs,
  streams: ModelStreams,
  nowMs: number,
): void {
  const index = indexDisk.visible;
  const ofKind = (kind: string): { key: Buffer; value: Buffer }[] => {
    const to = String.fromCharCode(kind.charCodeAt(0) + 1);
    return index.keys(Buffer.from(kind), Buffer.from(to)).map((key) => index.entry(key));
  };

  const heads = new Map(ofKind('h').map(({ key, value }) => [nameIn(key), decodeHead(value)]));
  expect(
    [...heads.keys()].sort().join(' ') === [...logs.keys()].sort().join(' '),
    () => `the index has heads of [${[...heads.keys()].join(' ')}]`,
  );
  expect(ofKind('r').length === 0, () => 'something was left to be reaped');
  expect(ofKind('t').length === 0, () => 'a tombstone was left');

  const due = ofKind('x').map(({ key }) => `${key.readUIntBE(1, 6)} ${nameInDue(key)}`);
  const dueExpected = [...logs].flatMap(([name, log]) => {
    const atMs = dueOf(log);
    return atMs === undefined ? [] : [`${atMs} ${name}`];
  });
  expect(
    due.sort().join() === dueExpected.sort().join(),
    () => `due are [${due.join()}], not [${dueExpected.join()}]`,
  );

  const messageStores = checkManagedStructure(ofKind, streams, nowMs);
  const owners = new Map([...heads].map(([name, { id }]) => [id, name]));
  const ends = new Map<number, number>();
  for (const { key, value } of ofKind('c')) {
    const logId = key.readUIntBE(1, 6);
    if (messageStores.has(logId)) continue;
    const name = owners.get(logId);
    expect(name !== undefined, () => `a chunk of log ${logId} was left, which is gone`);
    const at = chunkPosition(key);
    const end = ends.get(logId);
    expect(end === undefined || end === at, () => `chunks of ${name} overlap or leave a gap`);
    const log = logs.get(name);
    expect(
      end !== undefined || log === undefined || at <= log.start,
      () => `the first chunk of ${name} is after its start`,
    );
    ends.set(logId, at + decodeChunk(value).bytes);
  }
  for (const [logId, end] of ends) {
    const log = logs.get(owners.get(logId) ?? '');
    expect(log?.tail === end, () => `chunks end at ${end}, and the log at ${log?.tail ?? -1}`);
  }

  const segments = disk.directory(WAL_DIRECTORY).names.filter((name) => name !== SPARE_NAME);
  expect(segments.length === 1, () => `segments were left: ${segments.join(' ')}`);
}
