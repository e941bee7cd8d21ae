import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { position } from '../../../src/protocol/offset.ts';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import type { Index } from '../../../src/storage/embedded/index/index.ts';
import { chunkKey, nameKey, reapKey } from '../../../src/storage/embedded/index/keys.ts';
import { DataCorrupt } from '../../../src/storage/port.ts';
import { temporaryFolder } from '../../support/millrace.ts';
import { openEngine, QUIET } from '../engine-folder.ts';
import { createOp, guardOp, Logs } from '../logs.ts';

const DAMAGED = Buffer.from('no checksum fits this');

describe('a damaged value in the index', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: EmbeddedEngine;
  let index: Index;
  let logs: Logs;

  beforeEach(async () => {
    folder = await temporaryFolder();
    engine = await openEngine(folder.path, {
      settings: { ...QUIET, idleLogsMax: 0 },
      wrapIndex: (opened) => {
        index = opened;
        return opened;
      },
    });
    logs = new Logs(engine);
  });

  afterEach(async () => {
    await engine.close();
    await folder.remove();
  });

  async function put(key: Buffer): Promise<void> {
    await index.commit({ puts: [{ key, value: DAMAGED }], deletes: [] });
  }

  test('as a head is met by everything that asks for the log, and by nothing else', async () => {
    await logs.create('well', 'content');
    await engine.checkpoint();
    await put(nameKey('head', 'damaged'));
    expect(() => engine.latest('damaged')).toThrow(DataCorrupt);
    expect(() => engine.durable('damaged')).toThrow(DataCorrupt);
    expect(() => engine.list({ prefix: '', after: undefined, limit: 10 })).toThrow(DataCorrupt);
    expect(() => engine.anyLatest('damaged', () => true)).toThrow(DataCorrupt);
    expect(engine.read('damaged', position(0), 100)).toEqual({ kind: 'corrupt' });
    for (const op of [createOp('damaged'), guardOp('damaged', 0)]) {
      expect(await engine.commit([op])).toEqual({ kind: 'refused', reason: 'corrupt' });
    }
    expect(index.get(nameKey('head', 'damaged'))).toEqual(DAMAGED);
    expect(await logs.content('well')).toBe('content');
    expect(await logs.names('well')).toEqual(['well']);
    await logs.append('well', ' and more');
    await engine.checkpoint();
    expect(engine.unflushedBytes).toBe(0);
  });

  test('as a mark of what to reap stays, and what other marks say is done', async () => {
    await logs.create('one', 'content');
    await engine.checkpoint();
    await put(reapKey(0));
    await logs.remove('one');
    await engine.checkpoint();
    expect(index.get(reapKey(0))).toEqual(DAMAGED);
    const all = { from: chunkKey(0, position(0)), to: chunkKey(1000, position(0)), limit: 10 };
    expect(index.keys(all)).toEqual([]);
  });

  test('as a tombstone goes when every tombstone may', async () => {
    await logs.create('one', 'content');
    await put(nameKey('tombstone', 'gone'));
    await engine.checkpoint();
    expect(index.get(nameKey('tombstone', 'gone'))).toBeUndefined();
    expect(engine.checkpointLag).toBe(0);
  });
});
