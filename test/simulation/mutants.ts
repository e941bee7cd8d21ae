import type { Files, OpenFile } from '../../src/storage/embedded/files.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import type { Index, IndexBatch } from '../../src/storage/embedded/index/index.ts';
import { META_KEY } from '../../src/storage/embedded/index/keys.ts';
import { wrapStore } from '../support/wrapped-store.ts';
import type { EngineUnderTest } from './engine-under-test.ts';
import type { Mutation } from './simulation.ts';

// Ways to break the engine's promises from outside. The simulator has to notice each of them.

type FileChange = (file: OpenFile, path: string) => Partial<OpenFile>;

function withFiles(files: Files, change: FileChange): Files {
  const changed = (file: OpenFile, path: string): OpenFile => ({
    write: (buffers, position) => file.write(buffers, position),
    datasync: () => file.datasync(),
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
    ...change(file, path),
  });
  return {
    makeDirectory: (path) => files.makeDirectory(path),
    list: (path) => files.list(path),
    create: async (path) => changed(await files.create(path), path),
    open: async (path) => changed(await files.open(path), path),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    syncDirectory: (path) => files.syncDirectory(path),
  };
}

function withIndex(index: Index, change: Partial<Index>): Index {
  return {
    get: (key) => index.get(key),
    range: (range) => index.range(range),
    keys: (range) => index.keys(range),
    lastKey: (range) => index.lastKey(range),
    peek: (key, read) => index.peek(key, read),
    commit: (batch) => index.commit(batch),
    flush: () => index.flush(),
    close: () => index.close(),
    ...change,
  };
}

function withEngine(engine: EmbeddedEngine, change: Partial<EngineUnderTest>): EngineUnderTest {
  return {
    capabilities: engine.capabilities,
    messages: engine.messages,
    recovered: engine.recovered,
    get unflushedBytes() {
      return engine.unflushedBytes;
    },
    get checkpointLag() {
      return engine.checkpointLag;
    },
    latest: (name) => engine.latest(name),
    durable: (name) => engine.durable(name),
    settle: (names) => engine.settle(names),
    commit: (ops) => engine.commit(ops),
    read: (name, from, bytesMax, incarnation) => engine.read(name, from, bytesMax, incarnation),
    watch: (name, onChange) => engine.watch(name, onChange),
    list: (request) => engine.list(request),
    anyLatest: (prefix, isThere) => engine.anyLatest(prefix, isThere),
    due: (nowMs, limit) => engine.due(nowMs, limit),
    checkpoint: () => engine.checkpoint(),
    close: () => engine.close(),
    ...change,
  };
}

const done = (): Promise<void> => Promise.resolve();

function later(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  return done();
}

/** Each checkpoint ends without waiting for its flush, which begins with the next one. */
function flushedByTheNextCheckpoint(index: Index): Index {
  let isOwed = false;
  return withIndex(index, {
    commit: (batch) => {
      if (isOwed && batch.puts.some(({ key }) => key.equals(META_KEY))) {
        isOwed = false;
        void later(index.flush());
      }
      return index.commit(batch);
    },
    flush: () => {
      isOwed = true;
      return done();
    },
  });
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

function withoutPuts(batch: IndexBatch, kind: string): IndexBatch {
  const first = kind.charCodeAt(0);
  return { ...batch, puts: batch.puts.filter(({ key }) => key[0] !== first) };
}

export const MUTANTS: Readonly<Record<string, Mutation>> = {
  'acknowledges without a sync': {
    files: (files) => withFiles(files, () => ({ datasync: done })),
  },
  'acknowledges and shows before the sync': {
    files: (files) => withFiles(files, (file) => ({ datasync: () => later(file.datasync()) })),
  },
  'shows what is not durable': {
    engine: (engine) => withEngine(engine, { durable: (name) => engine.latest(name) }),
  },
  'settles at once': {
    engine: (engine) => withEngine(engine, { settle: () => true }),
  },
  'takes a short write for a whole one': {
    files: (files) =>
      withFiles(files, (file) => ({
        write: async (buffers, position) => {
          await file.write(buffers, position);
          return lengthOf(buffers);
        },
      })),
  },
  'does not sync names': {
    files: (files) => ({ ...withFiles(files, () => ({})), syncDirectory: done }),
  },
  'shows after a restart what is not synced': {
    files: (files) =>
      withFiles(files, (_file, path) =>
        path.endsWith('.wal')
          ? { datasync: done, write: (buffers) => Promise.resolve(lengthOf(buffers)) }
          : {},
      ),
  },
  'releases the log without a flush of the index': {
    index: (index) => withIndex(index, { flush: done }),
  },
  'releases the log before the flush of the index': {
    index: flushedByTheNextCheckpoint,
  },
  'writes half an index batch': {
    index: (index) =>
      withIndex(index, {
        commit: async ({ puts, deletes }) => {
          const half = puts.length >>> 1;
          await index.commit({ puts: puts.slice(half), deletes: [] });
          await index.commit({ puts: puts.slice(0, half), deletes });
        },
      }),
  },
  'forgets which names were dropped': {
    index: (index) =>
      withIndex(index, { commit: (batch) => index.commit(withoutPuts(batch, 't')) }),
  },
  'leaves the chunks of dropped logs': {
    index: (index) =>
      withIndex(index, { commit: (batch) => index.commit(withoutPuts(batch, 'r')) }),
  },
  'forgets when logs are due': {
    index: (index) =>
      withIndex(index, { commit: (batch) => index.commit(withoutPuts(batch, 'x')) }),
  },
  'forgets which managed streams were dropped': {
    index: (index) =>
      withIndex(index, { commit: (batch) => index.commit(withoutPuts(batch, 'd')) }),
  },
  'forgets message ids': {
    index: (index) =>
      withIndex(index, { commit: (batch) => index.commit(withoutPuts(batch, 'i')) }),
  },
  'loses older sequences of a subject': {
    index: (index) =>
      withIndex(index, { commit: (batch) => index.commit(withoutPuts(batch, 'p')) }),
  },
  'stores what is alongside a publish by itself': {
    engine: (engine) =>
      withEngine(engine, {
        messages: wrapStore(engine.messages, {
          publish: async (name, request, alongside = []) => {
            const published = await engine.messages.publish(name, request);
            if (published.kind === 'published') await engine.commit(alongside);
            return published;
          },
        }),
      }),
  },
};
