import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import type { Index, IndexBatch } from '../../src/storage/embedded/index/index.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { EngineFolder, type EngineSpecials } from './engine-folder.ts';
import { Logs } from './logs.ts';

/** An index whose batches stop before or after they are stored, when a test wants them to. */
class GatedIndex {
  #stops: { before: boolean; reached: () => void; open: Promise<void> }[] = [];

  wrap(index: Index): Index {
    return {
      get: (key) => index.get(key),
      range: (range) => index.range(range),
      keys: (range) => index.keys(range),
      last: (range) => index.last(range),
      flush: () => index.flush(),
      close: () => index.close(),
      commit: (batch) => this.#commit(index, batch),
    };
  }

  /** Stops the next batch and says when it stands there, and how to let it go on. */
  stop(where: 'before' | 'after'): { reached: Promise<void>; goOn: () => void } {
    let goOn = (): void => undefined;
    const open = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      this.#stops.push({ before: where === 'before', reached: resolve, open });
    });
    return { reached, goOn };
  }

  async #commit(index: Index, batch: IndexBatch): Promise<void> {
    const stop = this.#stops.shift();
    const wait = async (): Promise<void> => {
      stop?.reached();
      await stop?.open;
    };
    if (stop?.before === true) await wait();
    await index.commit(batch);
    if (stop?.before === false) await wait();
  }
}

describe('while a checkpoint is on its way', () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
  let gate: GatedIndex;
  let folder: EngineFolder;
  let engine: EmbeddedEngine;
  let logs: Logs;

  beforeEach(async () => {
    temporary = await temporaryFolder();
    gate = new GatedIndex();
    const specials: EngineSpecials = {
      // One log a step, so that a checkpoint has several.
      checkpoint: { chunkBytes: 64, stepBytes: 1 << 20, stepLogs: 1 },
      wrapIndex: (index) => gate.wrap(index),
    };
    folder = new EngineFolder(temporary.path, specials);
    engine = await folder.open();
    logs = new Logs(engine);
  });

  afterEach(async () => {
    await engine.close();
    await temporary.remove();
  });

  it.each(['before', 'after'] as const)(
    'all that is durable can be seen, %s a step is stored',
    async (where) => {
      await logs.create('old', '0123456789');
      await logs.create('gone', '0123456789');
      await engine.checkpoint();
      await logs.append('old', 'abc', 'def');
      await logs.create('new', 'xyz');
      await logs.remove('gone');
      const seen = async (): Promise<unknown> => [
        engine.list({ prefix: '', after: undefined, limit: 10 }),
        await logs.content('old', 1),
        await logs.read('old', 0, 1000),
        await logs.read('old', 4, 13),
        await logs.content('new'),
        engine.anyLatest('gone', () => true),
      ];
      const before = await seen();
      for (let step = 0; step < 4; step += 1) {
        const { reached, goOn } = gate.stop(where);
        const checkpoint = engine.checkpoint();
        await reached;
        expect(await seen()).toEqual(before);
        goOn();
        await checkpoint;
        expect(await seen()).toEqual(before);
        await logs.change('old', { kind: 'fork-added' });
        await logs.change('old', { kind: 'fork-removed' });
        await logs.create('again', String(step));
        await logs.remove('again');
        const { version } = await logs.head('old');
        before[0][1].head.version = version;
      }
    },
  );
});
