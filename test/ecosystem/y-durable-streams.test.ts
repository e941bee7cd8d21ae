import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DurableStream, stream } from '@durable-streams/client';
import { YjsProvider } from '@durable-streams/y-durable-streams';
import { YjsServer } from '@durable-streams/y-durable-streams/server';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { startMillrace } from '../support/millrace.ts';
import { inbox, persistent, range, restartableMillrace } from './support.ts';

const COMPACTION_BYTES = 1_500;

// The Yjs server reports each compaction on the console.
beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe('Yjs documents on durable streams', () => {
  let millrace: Awaited<ReturnType<typeof startMillrace>>;
  let yjs: YjsServer;
  beforeAll(async () => {
    millrace = await startMillrace();
    yjs = new YjsServer({ dsServerUrl: millrace.url, compactionThreshold: COMPACTION_BYTES });
    await yjs.start();
  });
  afterAll(async () => {
    await yjs.stop();
    await millrace.close();
  });

  let documents = 0;
  const freshDocument = () => `book/chapter-${documents++}`;
  const open = (docId: string, options: EditorOptions = {}) => edit(yjs.url, docId, options);

  test.each<EditorOptions>([{ liveMode: 'sse' }, { liveMode: 'long-poll' }])(
    'two editors converge ($liveMode)',
    async (options) => {
      const docId = freshDocument();
      const [one, two] = await Promise.all([open(docId, options), open(docId, options)]);
      one.text.insert(0, 'written by one. ');
      await textOf(two, (text) => text === 'written by one. ');

      // Both at the same place at the same time: the order is Yjs's business, that it is the same ours.
      one.text.insert(0, '[one]');
      two.text.insert(0, '[two]');
      one.doc.getMap('meta').set('title', 'A title');
      two.doc.getArray('tags').push(['a', 'b']);
      const merged = (text: string) => text.includes('[one]') && text.includes('[two]');
      await Promise.all([textOf(one, merged), textOf(two, merged)]);
      await Promise.all([
        until(one, () => one.doc.getArray('tags').length === 2),
        until(two, () => two.doc.getMap('meta').has('title')),
      ]);
      expect(one.text.toJSON()).toBe(two.text.toJSON());
      expect(Y.encodeStateVector(one.doc)).toEqual(Y.encodeStateVector(two.doc));
      expect(one.failures).toEqual([]);
      expect(two.failures).toEqual([]);
    },
  );

  test('a burst of small edits arrives whole', async () => {
    const docId = freshDocument();
    const [one, two] = await Promise.all([open(docId), open(docId)]);
    for (const index of range(200)) one.text.insert(one.text.length, `${index},`);
    const expected = range(200)
      .map((index) => `${index},`)
      .join('');
    await textOf(two, (text) => text === expected);
  });

  test('an editor who comes later reads everything from the stream', async () => {
    const docId = freshDocument();
    const early = await open(docId);
    early.text.insert(0, 'already there');
    await early.provider.flush();
    const late = await open(docId);
    expect(late.text.toJSON()).toBe('already there');
  });

  test('presence goes to the others and leaves with its editor', async () => {
    const docId = freshDocument();
    const [one, two] = await Promise.all([
      open(docId, { presence: true }),
      open(docId, { presence: true }),
    ]);
    const seen = presenceOf(two, one.doc.clientID);
    // Presence starts at the tail: repeat it until the other side is listening.
    const announcing = announce(one, { cursor: 7 });
    await seen.until((states) => states.some((state) => hasCursor(state, 7)));
    announcing.stop();
    await one.provider.disconnect();
    await seen.until((states) => states.at(-1) === undefined);
  });

  describe('compaction', () => {
    const snapshotHead = (docId: string, offset: string) =>
      DurableStream.head({ url: streamUrl(millrace.url, docId, `.snapshots/${offset}_snapshot`) });

    test('a new editor loads the snapshot, then the updates after it, then goes on live', async () => {
      const docId = freshDocument();
      const writer = await open(docId);
      await write(writer, COMPACTION_BYTES);
      const [snapshot] = await snapshotsOf(millrace.url, docId, 1);
      if (snapshot === undefined) throw new Error('no snapshot');
      expect(await snapshotHead(docId, snapshot)).toMatchObject({ exists: true });
      const redirect = await fetch(`${yjs.url}/v1/yjs/test/docs/${docId}?offset=snapshot`, {
        redirect: 'manual',
      });
      expect(redirect.headers.get('location')).toContain(`offset=${snapshot}_snapshot`);

      writer.text.insert(writer.text.length, 'after the snapshot;');
      await writer.provider.flush();
      const late = await open(docId);
      expect(late.text.toJSON()).toBe(writer.text.toJSON());
      expect(late.text.toJSON().endsWith('after the snapshot;')).toBe(true);

      writer.text.insert(0, 'live;');
      await textOf(late, (text) => text.startsWith('live;'));
      late.text.insert(0, 'answer;');
      await textOf(writer, (text) => text.startsWith('answer;'));
      expect(late.text.toJSON()).toBe(writer.text.toJSON());
      expect(late.failures).toEqual([]);
    });

    test('an editor who loads a snapshot taken at the tail misses nothing that comes', async () => {
      const docId = freshDocument();
      const writer = await open(docId);
      // One update over the threshold: the snapshot stands at the very tail.
      writer.text.insert(0, 'x'.repeat(COMPACTION_BYTES));
      await writer.provider.flush();
      const [snapshot] = await snapshotsOf(millrace.url, docId, 1);
      const tail = await DurableStream.head({ url: streamUrl(millrace.url, docId, '.updates') });
      expect(tail).toMatchObject({ offset: snapshot });

      const editors = await Promise.all([
        open(docId, { liveMode: 'sse' }),
        open(docId, { liveMode: 'long-poll' }),
      ]);
      for (const editor of editors) expect(editor.text.toJSON()).toBe(writer.text.toJSON());
      writer.text.insert(0, 'a');
      await Promise.all(editors.map((editor) => textOf(editor, (text) => text.startsWith('ax'))));
      for (const editor of editors) expect(editor.failures).toEqual([]);
    });

    test('a second snapshot replaces the first; a new Yjs server finds it', async () => {
      const docId = freshDocument();
      const writer = await open(docId);
      await write(writer, COMPACTION_BYTES);
      await snapshotsOf(millrace.url, docId, 1);
      await write(writer, COMPACTION_BYTES);
      const [first, second] = await snapshotsOf(millrace.url, docId, 2);
      if (first === undefined || second === undefined) throw new Error('two snapshots');
      expect(second > first).toBe(true);
      expect(await snapshotHead(docId, second)).toMatchObject({ exists: true });
      await vi.waitFor(async () => {
        expect(await snapshotHead(docId, first)).toEqual({ exists: false });
      });

      const another = new YjsServer({ dsServerUrl: millrace.url });
      await another.start();
      onTestFinished(() => another.stop());
      const reader = await edit(another.url, docId);
      expect(reader.text.toJSON()).toBe(writer.text.toJSON());
    });

    test('deleting the document deletes its streams', async () => {
      const docId = freshDocument();
      const writer = await open(docId);
      await write(writer, COMPACTION_BYTES);
      const [snapshot] = await snapshotsOf(millrace.url, docId, 1);
      if (snapshot === undefined) throw new Error('no snapshot');
      await writer.provider.disconnect();

      const url = `${yjs.url}/v1/yjs/test/docs/${docId}`;
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
      const left = ['.updates', '.index', '.awareness/default', `.snapshots/${snapshot}_snapshot`];
      for (const name of left) {
        const head = await DurableStream.head({ url: streamUrl(millrace.url, docId, name) });
        expect({ name, ...head }).toEqual({ name, exists: false });
      }
    });
  });
});

test('editors converge again after the stream server restarts', async () => {
  const millrace = await restartableMillrace();
  const yjs = new YjsServer({
    dsServerUrl: millrace.url,
    compactionThreshold: COMPACTION_BYTES,
  });
  await yjs.start();
  onTestFinished(() => yjs.stop());
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const [one, two] = await Promise.all([
    edit(yjs.url, 'restarted', { liveMode: 'long-poll' }),
    edit(yjs.url, 'restarted', { liveMode: 'long-poll' }),
  ]);
  await write(one, COMPACTION_BYTES);
  await snapshotsOf(millrace.url, 'restarted', 1);
  one.text.insert(0, 'before;');
  await textOf(two, (text) => text.startsWith('before;'));

  await millrace.stop();
  await millrace.start();
  // The Yjs server does not repeat a write: let it lose its dead connections on something else.
  await persistent()(streamUrl(yjs.url, 'restarted', '.updates'), { method: 'HEAD' });
  two.text.insert(0, 'after;');
  await textOf(one, (text) => text.startsWith('after;before;'));
  const three = await edit(yjs.url, 'restarted');
  expect(three.text.toJSON()).toBe(one.text.toJSON());
});

interface EditorOptions {
  readonly liveMode?: 'sse' | 'long-poll';
  readonly presence?: boolean;
}

interface Editor {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  readonly provider: YjsProvider;
  readonly failures: readonly Error[];
}

/** Opens a document and resolves once it is in step with the server. */
async function edit(yjsUrl: string, docId: string, options: EditorOptions = {}): Promise<Editor> {
  const { presence = false, ...rest } = options;
  const doc = new Y.Doc();
  const provider = new YjsProvider({
    doc,
    docId,
    baseUrl: `${yjsUrl}/v1/yjs/test`,
    connect: false,
    ...(presence ? { awareness: new Awareness(doc) } : {}),
    ...rest,
  });
  const failures: Error[] = [];
  provider.on('error', (error) => failures.push(error));
  onTestFinished(async () => {
    await provider.disconnect();
    provider.awareness?.destroy();
    provider.destroy();
    doc.destroy();
  });
  await provider.connect();
  if (!provider.synced) throw new Error('not in step', { cause: failures[0] });
  return { doc, text: doc.getText('content'), provider, failures };
}

/** Resolves once the document is as wanted; looks after each change. */
function until({ doc }: Editor, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return;
      doc.off('update', look);
      resolve();
    };
    doc.on('update', look);
    look();
  });
}

function textOf(editor: Editor, holds: (text: string) => boolean): Promise<void> {
  return until(editor, () => holds(editor.text.toJSON()));
}

/** Writes in small edits, each acknowledged, until about this many bytes have gone out. */
async function write(editor: Editor, bytes: number): Promise<void> {
  const edits = Math.ceil(bytes / 100) + 1;
  for (const index of range(edits)) {
    editor.text.insert(editor.text.length, `${index}:${'.'.repeat(80)};`);
    await editor.provider.flush();
  }
}

function streamUrl(millraceUrl: string, docId: string, name: string): string {
  return `${millraceUrl}/v1/stream/yjs/test/docs/${docId}/${name}`;
}

/** The offsets of a document's snapshots, once there are so many. */
async function snapshotsOf(millraceUrl: string, docId: string, count: number) {
  const index = await awaitStream(streamUrl(millraceUrl, docId, '.index'));
  const read = await stream<{ snapshotOffset: string }>({ url: index, live: 'long-poll' });
  const entries = inbox<string>();
  read.subscribeJson(({ items }) => {
    entries.add(...items.map(({ snapshotOffset }) => snapshotOffset));
  });
  await entries.until(({ length }) => length >= count);
  read.cancel();
  return entries.items;
}

/** The Yjs server makes the index stream with the first snapshot. */
async function awaitStream(url: string): Promise<string> {
  await vi.waitFor(async () => {
    expect(await DurableStream.head({ url })).toMatchObject({ exists: true });
  }, 10_000);
  return url;
}

/** Every state of one editor that another one sees; undefined once it is gone. */
function presenceOf({ provider }: Editor, clientId: number) {
  const states = inbox<unknown>();
  provider.awareness?.on('change', () => {
    states.add(provider.awareness?.getStates().get(clientId));
  });
  return states;
}

function announce({ provider }: Editor, state: { cursor: number }) {
  const say = () => provider.awareness?.setLocalState(state);
  say();
  const timer = setInterval(say, 50);
  const stop = () => {
    clearInterval(timer);
  };
  onTestFinished(stop);
  return { stop };
}

function hasCursor(state: unknown, cursor: number): boolean {
  return (
    typeof state === 'object' && state !== null && 'cursor' in state && state.cursor === cursor
  );
}
