import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Op } from '../../../src/storage/port.ts';
import { streamRef } from '../../../src/streams/names.ts';
import { StreamService } from '../../../src/streams/stream-service.ts';
import { onBothEngines, serve, type Served } from '../../support/http/engines.ts';
import { OvertakenEngine } from '../../support/overtaken-engine.ts';
import { LIMITS, PLAIN } from '../../support/stream-requests.ts';

const TEXT = { 'Content-Type': 'text/plain' };

/** A stream and a chain of forks, each of the one before it. */
async function chain(server: Served, length: number): Promise<string[]> {
  const paths = [server.freshPath()];
  await server.put(paths[0] ?? '', { headers: TEXT, body: '0' });
  for (let depth = 1; depth < length; depth += 1) {
    const path = server.freshPath();
    const headers = { 'Stream-Forked-From': paths.at(-1) ?? '' };
    expect((await server.put(path, { headers, body: String(depth) })).status).toBe(201);
    paths.push(path);
  }
  return paths;
}

async function statusesOf(server: Served, paths: readonly string[]): Promise<number[]> {
  return Promise.all(paths.map(async (path) => (await server.head(path)).status));
}

/** 410 for every method, and the name is held. */
async function expectGone(server: Served, path: string): Promise<void> {
  expect((await server.get(path)).verdict).toBe('410 stream-gone');
  expect((await server.get(`${path}?offset=now&live=long-poll`)).verdict).toBe('410 stream-gone');
  expect((await server.post(path, { headers: TEXT, body: 'x' })).verdict).toBe('410 stream-gone');
  expect((await server.delete(path)).verdict).toBe('410 stream-gone');
  expect((await server.head(path)).status).toBe(410);
  const again = await server.put(path, { headers: TEXT });
  expect(again.verdict).toBe('409 path-held-by-forks');
  const fork = { headers: { 'Stream-Forked-From': path } };
  expect((await server.put(server.freshPath(), fork)).verdict).toBe('409 fork-source-gone');
}

async function deletesInAnyOrder(server: Served, between: () => Promise<void>): Promise<void> {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const paths = await chain(server, 3);
    const deleted = new Set<number>();
    for (const which of order) {
      expect((await server.delete(paths[which] ?? '')).status).toBe(204);
      deleted.add(which);
      await between();
      const isKept = (index: number): boolean =>
        paths.some((_, later) => later > index && !deleted.has(later));
      const expected = paths.map((_, index) => {
        if (!deleted.has(index)) return 200;
        return isKept(index) ? 410 : 404;
      });
      expect(await statusesOf(server, paths)).toEqual(expected);
      for (const [index, path] of paths.entries()) {
        if (!deleted.has(index))
          expect((await server.get(path)).text).toBe('012'.slice(0, index + 1));
      }
    }
    for (const path of paths) expect((await server.put(path, { headers: TEXT })).status).toBe(201);
  }
}

onBothEngines('deleting forks and their sources', {}, (server) => {
  test('a deleted source is gone for everybody but its fork', async () => {
    const [source = '', fork = ''] = await chain(server, 2);
    expect((await server.delete(source)).status).toBe(204);
    await expectGone(server, source);
    expect((await server.get(fork)).text).toBe('01');
    expect((await server.post(fork, { headers: TEXT, body: '!' })).status).toBe(204);
    expect((await server.get(fork)).text).toBe('01!');
    await server.delete(fork);
    expect(await statusesOf(server, [source, fork])).toEqual([404, 404]);
  });

  test('a deleted fork gives its source back', async () => {
    const [source = '', fork = ''] = await chain(server, 2);
    await server.delete(fork);
    expect((await server.get(source)).text).toBe('0');
    await server.delete(source);
    expect((await server.head(source)).status).toBe(404);
  });

  test('a source goes with the last of its forks, not with the first', async () => {
    const [source = '', one = ''] = await chain(server, 2);
    const two = server.freshPath();
    await server.put(two, { headers: { 'Stream-Forked-From': source } });
    await server.delete(source);
    await server.delete(one);
    await expectGone(server, source);
    expect((await server.get(two)).text).toBe('0');
    await server.delete(two);
    expect((await server.head(source)).status).toBe(404);
  });

  test('in whatever order, what is needed stays and what is not goes', async () => {
    await deletesInAnyOrder(server, () => Promise.resolve());
  });

  test('a long chain goes at once when its last fork does', async () => {
    const paths = await chain(server, 12);
    for (const path of paths.slice(0, -1)) await server.delete(path);
    expect(new Set(await statusesOf(server, paths.slice(0, -1)))).toEqual(new Set([410]));
    await server.delete(paths.at(-1) ?? '');
    expect(new Set(await statusesOf(server, paths))).toEqual(new Set([404]));
  });

  test('many forks made and deleted at once, while their source grows, give it back', async () => {
    const [source = ''] = await chain(server, 1);
    const forks = Array.from({ length: 30 }, () => server.freshPath());
    const growing = Array.from({ length: 60 }, () =>
      server.post(source, { headers: TEXT, body: 'x' }),
    );
    const headers = { 'Stream-Forked-From': source };
    const made = await Promise.all(forks.map((path) => server.put(path, { headers })));
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
    const more = Array.from({ length: 60 }, () =>
      server.post(source, { headers: TEXT, body: 'x' }),
    );
    const deleted = await Promise.all(forks.map((path) => server.delete(path)));
    expect(new Set(deleted.map(({ status }) => status))).toEqual(new Set([204]));
    await Promise.all([...growing, ...more]);
    expect((await server.get(source)).text).toBe(`0${'x'.repeat(120)}`);
    await server.delete(source);
    expect((await server.head(source)).status).toBe(404);
  });
});

describe('deleting forks on disk', () => {
  const server = serve('embedded');

  test('holds over restarts in any order of deletion', async () => {
    await deletesInAnyOrder(server, () => server.restart());
  });

  test('a deleted source is gone after a restart, and readable by its fork', async () => {
    const [source = '', fork = ''] = await chain(server, 2);
    await server.delete(source);
    await server.restart();
    await expectGone(server, source);
    expect((await server.get(fork)).text).toBe('01');
  });
});

describe('a source that another process appends to', () => {
  const source = streamRef('default', { kind: 'base', stream: 'source' });
  const fork = streamRef('default', { kind: 'base', stream: 'fork' });
  const forked = { sourcePath: '/v1/stream/source', at: undefined, sub: 0 };

  /** What another process does, at the last moment. */
  function appendTo(store: OvertakenEngine): Op[] {
    const change = {
      kind: 'written',
      atMs: 0,
      streamSeq: undefined,
      producer: undefined,
      evicted: undefined,
      closes: false,
    } as const;
    const { name } = source;
    const records = { bytes: Buffer.from('x'), lengths: [1] };
    return [{ kind: 'append', name, expected: store.versionOf(name), change, records }];
  }

  test('at the last moment does not keep a fork of it from being deleted', async () => {
    const store = new OvertakenEngine();
    const streams = new StreamService(store, systemClock, LIMITS);
    await streams.create(source, PLAIN, Buffer.from('abc'));
    await streams.create(fork, { ...PLAIN, fork: forked }, Buffer.alloc(0));
    store.overtakeNext(() => appendTo(store));
    expect(await streams.remove(fork, undefined)).toEqual({ kind: 'removed' });
    expect(await streams.remove(source, undefined)).toEqual({ kind: 'removed' });
    expect(store.latest(source.name)).toBeUndefined();
  });

  test('at the last moment does not keep an expired fork of it from being made again', async () => {
    let nowMs = 0;
    const store = new OvertakenEngine();
    const streams = new StreamService(store, { nowMs: () => nowMs }, LIMITS);
    const expiry = { kind: 'ttl', seconds: 1 } as const;
    const mortal = { ...PLAIN, expiry, fork: forked };
    await streams.create(source, PLAIN, Buffer.from('abc'));
    await streams.create(fork, mortal, Buffer.alloc(0));
    nowMs = 2000;
    store.overtakeNext(() => appendTo(store));
    expect((await streams.create(fork, mortal, Buffer.alloc(0))).kind).toBe('created');
    nowMs = 4000;
    expect(await streams.expire(fork.name)).toEqual({ kind: 'removed' });
    expect(await streams.remove(source, undefined)).toEqual({ kind: 'removed' });
    expect(store.latest(source.name)).toBeUndefined();
  });
});
