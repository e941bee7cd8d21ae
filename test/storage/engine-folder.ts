import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CHECKPOINT_DEFAULTS,
  type CheckpointSettings,
} from '../../src/storage/embedded/checkpoint.ts';
import {
  EmbeddedEngine,
  type EngineEvents,
  type EngineSettings,
} from '../../src/storage/embedded/engine.ts';
import type { Index } from '../../src/storage/embedded/index/index.ts';
import { openLmdb } from '../../src/storage/embedded/index/lmdb.ts';
import { nodeFiles } from '../../src/storage/embedded/node-files.ts';
import { openFolder } from '../../src/storage/embedded/open.ts';
import type { LogStore } from '../../src/storage/port.ts';
import { temporaryFolder } from '../support/millrace.ts';
import type { Opened } from './contract.ts';
import { SteppedStore, type Step } from './stepped-store.ts';

/** An engine that does nothing by itself: its tests say when it takes a checkpoint. */
export const QUIET = {
  fsync: { kind: 'always' },
  segmentBytes: 256 * 1024,
  unflushedBytesMax: 1 << 30,
  checkpointBytes: 1 << 30,
  checkpointIntervalMs: 1 << 30,
  memoryBytesMax: 1 << 26,
  idleLogsMax: 1000,
} satisfies Omit<EngineSettings, 'walDirectory' | 'checkpoint'>;

/** Whatever is small enough to be cut in pieces is. */
export const TINY_CHECKPOINT: CheckpointSettings = {
  chunkBytes: 8,
  messageChunkBytes: 60,
  seqsPerPosting: 3,
  stepBytes: 64,
  stepLogs: 4,
  milestoneBytes: 2048,
};
export const TINY = { ...QUIET, segmentBytes: 512, idleLogsMax: 2 };

/** A test fails when its engine does. */
export const NO_FAILURES: EngineEvents = {
  onFailure: (error) => {
    throw error;
  },
  onGroup: () => undefined,
  onCheckpoint: () => undefined,
  onCheckpointFailure: (error) => {
    throw error;
  },
};

export interface EngineSpecials {
  readonly settings?: typeof QUIET;
  readonly checkpoint?: CheckpointSettings;
  /** What the engine gets instead of the index in its folder. */
  readonly wrapIndex?: ((index: Index) => Index) | undefined;
}

/** An engine in a folder, put together like `openFolder` does but of parts of one's own. */
export async function openEngine(
  directory: string,
  specials: EngineSpecials = {},
): Promise<EmbeddedEngine> {
  const { wrapIndex } = specials;
  await mkdir(directory, { recursive: true });
  const index = await openLmdb({
    path: join(directory, 'index'),
    mapBytes: 0,
    safeRestore: false,
    onFailure: (error) => {
      NO_FAILURES.onFailure(error);
    },
  });
  return EmbeddedEngine.open(
    {
      files: nodeFiles,
      index: wrapIndex === undefined ? index : wrapIndex(index),
      random: Math.random,
      events: NO_FAILURES,
      onClosed: () => Promise.resolve(),
    },
    {
      ...(specials.settings ?? QUIET),
      walDirectory: join(directory, 'wal'),
      checkpoint: specials.checkpoint ?? CHECKPOINT_DEFAULTS,
    },
  );
}

/** The engine as a server opens it. */
export async function openPlainly(): Promise<Opened> {
  const folder = await temporaryFolder();
  const open = (): Promise<EmbeddedEngine> =>
    openFolder({ ...QUIET, directory: folder.path }, NO_FAILURES);
  let engine = await open();
  return {
    store: engine,
    reopen: async () => {
      await engine.close();
      engine = await open();
      return engine;
    },
    catchUp: () => engine.checkpoint(),
    dispose: async () => {
      await engine.close();
      await folder.remove();
    },
  };
}

/** An engine that takes a step of this kind after every commit. */
export async function openStepping(
  specials: EngineSpecials,
  step: (folder: EngineFolder) => Step<EmbeddedEngine>,
): Promise<Opened> {
  const temporary = await temporaryFolder();
  const folder = new EngineFolder(temporary.path, specials);
  const store = new SteppedStore(await folder.open(), step(folder));
  let reopened: LogStore | undefined;
  return {
    store,
    reopen: async () => {
      await store.close();
      const engine = await folder.open();
      reopened = engine;
      return engine;
    },
    catchUp: () => store.current.checkpoint(),
    dispose: async () => {
      await store.close();
      await reopened?.close();
      await temporary.remove();
    },
  };
}

/** Where an engine keeps its files, in the copy that its last crash has left. */
export class EngineFolder {
  readonly #root: string;
  readonly #specials: EngineSpecials;
  #crashes = 0;

  constructor(root: string, specials: EngineSpecials) {
    this.#root = root;
    this.#specials = specials;
  }

  open(): Promise<EmbeddedEngine> {
    return openEngine(this.#path, this.#specials);
  }

  /** Opens what would be left if the process ended right now. What it had open is let go of. */
  async crash(engine: EmbeddedEngine): Promise<EmbeddedEngine> {
    const before = this.#path;
    this.#crashes += 1;
    await cp(before, this.#path, { recursive: true });
    await engine.close();
    return this.open();
  }

  get #path(): string {
    return join(this.#root, `crash-${this.#crashes}`);
  }
}
