import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DurableStream, stream } from '@durable-streams/client';
import { createStateSchema, isChangeEvent, MaterializedState } from '@durable-streams/state';
import { createStreamDB } from '@durable-streams/state/db';
import { startMillrace } from '../support/millrace.ts';
import { inbox, persistent, range, restartableMillrace } from './support.ts';
import type { LiveMode } from '@durable-streams/client';
import type { CollectionDefinition, StateEvent } from '@durable-streams/state';

interface Task {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}
interface Label {
  readonly id: string;
  readonly colour: string;
}

const schema = createStateSchema({
  tasks: collection('task', (value): value is Task => hasText(value, 'id', 'title')),
  labels: collection('label', (value): value is Label => hasText(value, 'id', 'colour')),
});

let server: Awaited<ReturnType<typeof startMillrace>>;
beforeAll(async () => {
  server = await startMillrace();
});
afterAll(() => server.close());

let streams = 0;
const create = () =>
  DurableStream.create({
    url: `${server.url}/v1/stream/state/${streams++}`,
    contentType: 'application/json',
  });
const append = (handle: DurableStream, ...events: StateEvent[]) =>
  Promise.all(events.map((event) => handle.append(JSON.stringify(event))));

describe('MaterializedState', () => {
  test('is rebuilt by replaying the stream', async () => {
    const handle = await create();
    await append(
      handle,
      schema.tasks.insert({ value: { id: '1', title: 'draft', done: false } }),
      schema.tasks.insert({ value: { id: '2', title: 'dropped', done: false } }),
      schema.labels.upsert({ value: { id: 'red', colour: '#f00' } }),
      schema.tasks.update({ value: { id: '1', title: 'draft', done: true } }),
      schema.tasks.delete({ key: '2' }),
      schema.labels.upsert({ value: { id: 'red', colour: '#e00' } }),
    );
    const state = await materialize(handle);
    expect(Object.fromEntries(state.getType('task'))).toEqual({
      1: { id: '1', title: 'draft', done: true },
    });
    expect(state.get('label', 'red')).toEqual({ id: 'red', colour: '#e00' });
    expect(state.types).toEqual(['task', 'label']);
  });

  test('starts again at a reset', async () => {
    const handle = await create();
    await append(
      handle,
      schema.tasks.insert({ value: { id: 'old', title: 'gone', done: true } }),
      { headers: { control: 'reset' } },
      { headers: { control: 'snapshot-start' } },
      schema.tasks.insert({ value: { id: 'new', title: 'kept', done: false } }),
      { headers: { control: 'snapshot-end' } },
    );
    expect([...(await materialize(handle)).getType('task').keys()]).toEqual(['new']);
  });

  test('follows changes live, from the offset up to which it was built', async () => {
    const handle = await create();
    await append(handle, schema.tasks.insert({ value: { id: '1', title: 'one', done: false } }));
    const catchUp = await stream<StateEvent>({ url: handle.url, live: false });
    const state = new MaterializedState();
    state.applyBatch((await catchUp.json()).filter((event) => isChangeEvent(event)));

    const read = await stream<StateEvent>({ url: handle.url, offset: catchUp.offset, live: 'sse' });
    const applied = inbox<string>();
    read.subscribeJson(({ items }) => {
      for (const event of items.filter((item) => isChangeEvent(item))) {
        state.apply(event);
        applied.add(event.key);
      }
    });
    await append(
      handle,
      schema.tasks.insert({ value: { id: '2', title: 'two', done: false } }),
      schema.tasks.delete({ key: '1' }),
    );
    await applied.until(({ length }) => length === 2);
    read.cancel();
    expect(applied.items).toEqual(['2', '1']);
    expect([...state.getType('task').keys()]).toEqual(['2']);
  });
});

describe('StreamDB', () => {
  test('holds what the stream says once it is preloaded', async () => {
    const handle = await create();
    await append(
      handle,
      ...range(250).map((n) =>
        schema.tasks.insert({ value: { id: String(n), title: `task ${n}`, done: n % 2 === 0 } }),
      ),
      schema.tasks.delete({ key: '7' }),
      schema.labels.insert({ value: { id: 'blue', colour: '#00f' } }),
    );
    const db = openDb(handle.url);
    await db.preload();
    expect(db.collections.tasks.size).toBe(249);
    expect(db.collections.tasks.has('7')).toBe(false);
    expect(db.collections.tasks.get('8')).toMatchObject({ title: 'task 8', done: true });
    expect(db.collections.labels.get('blue')).toMatchObject({ colour: '#00f' });
    const head = await handle.head();
    expect(head).toMatchObject({ exists: true, offset: db.offset });
  });

  test('is ready on an empty stream', async () => {
    const db = openDb((await create()).url);
    await db.preload();
    expect(db.collections.tasks.size).toBe(0);
  });

  test.each<{ live: LiveMode }>([{ live: 'sse' }, { live: 'long-poll' }])(
    'hears of changes as they happen ($live)',
    async ({ live }) => {
      const handle = await create();
      const db = openDb(handle.url, live);
      await db.preload();
      const changes = inbox<string>();
      db.collections.tasks.subscribeChanges((batch) => {
        changes.add(...batch.map(({ type, key }) => `${type} ${key}`));
      });
      const title = 'live';
      await append(handle, schema.tasks.insert({ value: { id: 'a', title, done: false } }));
      await changes.until(({ length }) => length === 1);
      await append(handle, schema.tasks.update({ value: { id: 'a', title, done: true } }));
      await changes.until(({ length }) => length === 2);
      expect(db.collections.tasks.get('a')).toMatchObject({ title, done: true });
      await append(handle, schema.tasks.delete({ key: 'a' }));
      await changes.until(({ length }) => length === 3);
      expect(changes.items).toEqual(['insert a', 'update a', 'delete a']);
    },
  );

  test('an optimistic action shows at once and is confirmed through the stream', async () => {
    const handle = await create();
    const confirmed = inbox<string>();
    const db = createStreamDB({
      streamOptions: { url: handle.url, contentType: 'application/json' },
      state: schema,
      live: 'sse',
      onEvent: ({ headers }) => {
        confirmed.add(headers.txid ?? 'none');
      },
      actions: ({ db: context, stream: target }) => ({
        add: {
          onMutate: (task: Task) => {
            context.collections.tasks.insert(task);
          },
          mutationFn: async (task: Task) => {
            const event = schema.tasks.insert({ value: task, headers: { txid: `tx-${task.id}` } });
            await target.append(JSON.stringify(event));
            await context.utils.awaitTxId(`tx-${task.id}`, 20_000);
          },
        },
      }),
    });
    onTestFinished(() => {
      db.close();
    });
    await db.preload();
    const transaction = db.actions.add({ id: 'o', title: 'optimistic', done: false });
    expect(db.collections.tasks.get('o')).toMatchObject({ title: 'optimistic' });
    expect(confirmed.items).toEqual([]);
    await transaction.isPersisted.promise;
    expect(confirmed.items).toEqual(['tx-o']);

    const another = openDb(handle.url);
    await another.preload();
    expect(another.collections.tasks.get('o')).toMatchObject({ title: 'optimistic' });
  });

  test('goes on after the server restarts on the same port and folder', async () => {
    const millrace = await restartableMillrace();
    const handle = await DurableStream.create({
      url: `${millrace.url}/v1/stream/state`,
      contentType: 'application/json',
      fetch: persistent(),
    });
    await append(handle, schema.tasks.insert({ value: { id: '1', title: 'before', done: false } }));
    const db = openDb(handle.url, 'sse');
    await db.preload();
    const changes = inbox<string>();
    db.collections.tasks.subscribeChanges((batch) => {
      changes.add(...batch.map(({ type, key }) => `${type} ${key}`));
    });

    await millrace.stop();
    await millrace.start();
    await append(handle, schema.tasks.insert({ value: { id: '2', title: 'after', done: false } }));
    await changes.until(({ length }) => length === 1);
    expect(changes.items).toEqual(['insert 2']);
    expect([...db.collections.tasks.keys()].sort()).toEqual(['1', '2']);
  });
});

function openDb(url: string, live: LiveMode = true) {
  const db = createStreamDB({
    streamOptions: { url, contentType: 'application/json' },
    state: schema,
    live,
  });
  onTestFinished(() => {
    db.close();
  });
  return db;
}

async function materialize(handle: DurableStream): Promise<MaterializedState> {
  const state = new MaterializedState();
  const read = await handle.stream<StateEvent>({ live: false });
  for (const event of await read.json()) {
    if (isChangeEvent(event)) state.apply(event);
    else if (event.headers.control === 'reset') state.clear();
  }
  return state;
}

/** A collection that takes what the guard takes, in the form of a Standard Schema. */
function collection<T>(
  type: string,
  accepts: (value: unknown) => value is T,
): CollectionDefinition<T> {
  return {
    type,
    primaryKey: 'id',
    schema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          accepts(value) ? { value } : { issues: [{ message: `not a ${type}` }] },
      },
    },
  };
}

function hasText(value: unknown, ...keys: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Record<string, unknown> = { ...value };
  return keys.every((key) => typeof fields[key] === 'string');
}
