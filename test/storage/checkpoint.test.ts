import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { position } from '../../src/protocol/offset.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import type { Index, IndexBatch } from '../../src/storage/embedded/index/index.ts';
import { temporaryFolder } from '../support/millrace.ts';
import { records } from '../support/states.ts';
import { EngineFolder, QUIET, type EngineSpecials } from './engine-folder.ts';
import { appendOp, Logs } from './logs.ts';

/** An index whose batches stop before or after they are stored, when a test wants them to. */
class GatedIndex {
  readonly #stops: { before: boolean; reached: () => void; open: Promise<void> }[] = [];

  wrap(index: Index): Index {
    return {
      get: (key) => index.get(key),
      range: (range) => index.range(range),
      keys: (range) => index.keys(range),
      lastKey: (range) => index.lastKey(range),
      peek: (key, read) => index.peek(key, read),
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
      checkpoint: {
        chunkBytes: 64,
        messageChunkBytes: 64,
        seqsPerPosting: 3,
        stepBytes: 1 << 20,
        stepLogs: 1,
        milestoneBytes: 1024,
      },
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

  /** Everything that a reader can see. */
  async function seen(): Promise<unknown[]> {
    return [
      engine.list({ prefix: '', after: undefined, limit: 10 }),
      await logs.content('old'),
      await logs.content('old', 1),
      await logs.read('old', 4, 13),
      await logs.content('new'),
      engine.anyLatest('gone', () => true),
      engine.durable('gone'),
    ];
  }

  it.each(['before', 'after'] as const)(
    'readers see all that is durable, each record once: %s a step is stored',
    async (where) => {
      await logs.create('old', '0123456789');
      await logs.create('gone', '0123456789');
      await engine.checkpoint();
      await logs.append('old', 'abc', 'def');
      await logs.create('new', 'xyz');
      await logs.remove('gone');
      const expected = await seen();
      const stops = [gate.stop(where), gate.stop(where), gate.stop(where)];
      const checkpoint = engine.checkpoint();
      for (const { reached, goOn } of stops) {
        await reached;
        expect(await seen()).toEqual(expected);
        goOn();
      }
      await checkpoint;
      expect(await seen()).toEqual(expected);
    },
  );

  it('what is written meanwhile is seen, and kept by the next one', async () => {
    await logs.create('a', 'one');
    const { reached, goOn } = gate.stop('before');
    const checkpoint = engine.checkpoint();
    await reached;
    await logs.append('a', 'two');
    await logs.create('b', 'one');
    expect(await logs.content('a')).toBe('onetwo');
    goOn();
    await checkpoint;
    expect(await logs.content('a')).toBe('onetwo');
    expect(await logs.content('b')).toBe('one');
    await engine.checkpoint();
    expect(engine.unflushedBytes).toBe(0);
    expect(await logs.content('a')).toBe('onetwo');
  });

  it('a log may end and begin anew', async () => {
    await logs.create('a', 'old');
    const { reached, goOn } = gate.stop('before');
    const checkpoint = engine.checkpoint();
    await reached;
    await logs.remove('a');
    await logs.create('a', 'new!');
    goOn();
    await checkpoint;
    expect(await logs.content('a')).toBe('new!');
    await engine.checkpoint();
    expect(await logs.content('a')).toBe('new!');
    engine = await folder.crash(engine);
    expect(await new Logs(engine).content('a')).toBe('new!');
  });

  it('a log that was written and deleted stays deleted after a crash', async () => {
    await logs.create('doomed', 'one');
    await logs.create('other', 'one');
    const { reached, goOn } = gate.stop('before');
    const checkpoint = engine.checkpoint();
    await reached;
    // The log goes on behind the point from which a replay will begin.
    await logs.append('doomed', 'two');
    await logs.append('other', 'two');
    await logs.remove('doomed');
    await logs.remove('other');
    goOn();
    await checkpoint;
    engine = await folder.crash(engine);
    expect(await new Logs(engine).names('')).toEqual([]);
    expect(engine.latest('doomed')).toBe(undefined);
  });
});

describe('what a checkpoint has stored', () => {
  it('is told from what the disk has made of it', async () => {
    const temporary = await temporaryFolder();
    let isDamaged = false;
    const folder = new EngineFolder(temporary.path, {
      wrapIndex: (index) => ({
        ...index,
        get: (key) => {
          const value = index.get(key);
          if (value !== undefined && isDamaged)
            value.writeUInt8(value.at(-1) === 0 ? 1 : 0, value.length - 1);
          return value;
        },
      }),
    });
    const engine = await folder.open();
    const logs = new Logs(engine);
    await logs.create('a', 'one');
    await engine.checkpoint();
    await logs.append('a', 'two');
    isDamaged = true;
    expect(engine.read('a', position(0), 100)).toEqual({ kind: 'corrupt' });
    isDamaged = false;
    expect(await logs.content('a')).toBe('onetwo');
    await engine.close();
    await temporary.remove();
  });
});

describe('what waits for a checkpoint', () => {
  it('is bounded: writers are sent away until one has been taken', async () => {
    const temporary = await temporaryFolder();
    const folder = new EngineFolder(temporary.path, {
      settings: { ...QUIET, unflushedBytesMax: 1 },
    });
    const engine = await folder.open();
    const logs = new Logs(engine);
    const { version } = await logs.create('a', 'one');
    const append = appendOp('a', version, records('two'));
    expect(await engine.commit([append])).toEqual({ kind: 'refused', reason: 'overloaded' });
    expect(await logs.head('a')).toMatchObject({ version, tail: 3 });
    expect(await logs.content('a')).toBe('one');
    // The refusal itself has asked for a checkpoint.
    await engine.checkpoint();
    expect(engine.unflushedBytes).toBe(0);
    expect((await engine.commit([append])).kind).toBe('stored');
    expect(await logs.content('a')).toBe('onetwo');
    await engine.close();
    await temporary.remove();
  });
});
