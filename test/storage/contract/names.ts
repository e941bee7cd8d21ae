import { describe, expect } from 'vitest';
import type { Expiry } from '../../../src/protocol/state.ts';
import { NOW_MS, records, streamState } from '../../support/states.ts';
import type { Check } from '../contract.ts';
import { createOp, deleteOp, WRITTEN } from '../logs.ts';

const byBytes = (one: string, other: string): number =>
  Buffer.from(one).compare(Buffer.from(other));

export function describeNames(check: Check): void {
  describe('a list', () => {
    check('names the durable logs with their heads', async (logs, store) => {
      const a = await logs.create('a', 'one');
      const b = await logs.create('b');
      expect(await store.list({ prefix: '', after: undefined, limit: 10 })).toEqual([
        { name: 'a', head: a },
        { name: 'b', head: b },
      ]);
    });

    check('is in the order of the names as UTF-8, which is not that of strings', async (logs) => {
      const names = [
        'a',
        'A',
        'aa',
        'a\0',
        'a\0b',
        'é',
        'z',
        '\uffee',
        '\ue000',
        '😀',
        '\u{10ffff}',
      ];
      for (const name of names) await logs.create(name);
      const sorted = [...names].sort(byBytes);
      expect(sorted).not.toEqual([...names].sort());
      expect(await logs.names('')).toEqual(sorted);
    });

    check('holds the names that begin with the prefix and no others', async (logs) => {
      for (const name of ['x', 'xy', 'xy\0', 'xyz', 'xz', 'x\uffff', 'X', 'yx', 'x😀', 'w']) {
        await logs.create(name);
      }
      expect(await logs.names('xy')).toEqual(['xy', 'xy\0', 'xyz']);
      expect(await logs.names('x')).toEqual(['x', 'xy', 'xy\0', 'xyz', 'xz', 'x\uffff', 'x😀']);
      expect(await logs.names('x😀')).toEqual(['x😀']);
      expect(await logs.names('none')).toEqual([]);
    });

    check('begins behind a name, whether that is there or not', async (logs) => {
      for (const name of ['p1', 'p3', 'p5', 'q1']) await logs.create(name);
      expect(await logs.names('p', 'p1')).toEqual(['p3', 'p5']);
      expect(await logs.names('p', 'p2')).toEqual(['p3', 'p5']);
      expect(await logs.names('p', 'p5')).toEqual([]);
      expect(await logs.names('p', 'a')).toEqual(['p1', 'p3', 'p5']);
      expect(await logs.names('p', 'p')).toEqual(['p1', 'p3', 'p5']);
      expect(await logs.names('p', 'q')).toEqual([]);
      expect(await logs.names('p', 'z')).toEqual([]);
      expect(await logs.names('', 'p5')).toEqual(['q1']);
    });

    check('begins behind a name in the order of bytes', async (logs) => {
      for (const name of ['\uffee', '😀', 'z']) await logs.create(name);
      expect(await logs.names('', 'z')).toEqual(['\uffee', '😀']);
      expect(await logs.names('', '\uffee')).toEqual(['😀']);
      expect(await logs.names('', '😀')).toEqual([]);
    });

    check('holds as many names as asked for', async (logs) => {
      for (const name of ['a', 'b', 'c']) await logs.create(name);
      expect(await logs.names('', undefined, 0)).toEqual([]);
      expect(await logs.names('', undefined, 1)).toEqual(['a']);
      expect(await logs.names('', 'a', 1)).toEqual(['b']);
      expect(await logs.names('', undefined, 3)).toEqual(['a', 'b', 'c']);
    });

    check('leads through any number of names, page by page', async (logs, store) => {
      const names = Array.from({ length: 700 }, (_, index) => `n${(index * 7919) % 700}`);
      await store.commit(names.map((name) => createOp(name)));
      await logs.create('other');
      const found: string[] = [];
      for (let after: string | undefined; ; after = found.at(-1)) {
        const page = await logs.names('n', after, 64);
        found.push(...page);
        if (page.length < 64) break;
      }
      expect(found).toEqual([...names].sort(byBytes));
    });

    check('leaves out what was deleted, and has what was created since', async (logs) => {
      for (const name of ['a', 'b', 'c']) await logs.create(name);
      await logs.remove('b');
      await logs.create('ab');
      expect(await logs.names('')).toEqual(['a', 'ab', 'c']);
      await logs.create('b');
      await logs.remove('a');
      expect(await logs.names('')).toEqual(['ab', 'b', 'c']);
    });

    check('shows what readers may see and nothing that is on its way', async (logs, store) => {
      await logs.create('a');
      const pending = store.commit([createOp('b')]);
      const names = store.list({ prefix: '', after: undefined, limit: 10 });
      const durable = store.durable('b');
      const shown = (await names).map(({ name }) => name);
      if ((await durable) === undefined) expect(shown).toEqual(['a']);
      await pending;
      expect(await logs.names('')).toEqual(['a', 'b']);
    });
  });

  describe('whether any log has a prefix', () => {
    check('is told by the names', async (logs, store) => {
      await logs.create('xy');
      expect(await store.anyLatest('x', () => true)).toBe(true);
      expect(await store.anyLatest('xy', () => true)).toBe(true);
      expect(await store.anyLatest('xyz', () => true)).toBe(false);
      expect(await store.anyLatest('y', () => true)).toBe(false);
      await logs.remove('xy');
      expect(await store.anyLatest('x', () => true)).toBe(false);
    });

    check('is judged by the caller, log by log', async (logs, store) => {
      await logs.create('xa', '1');
      await logs.create('xb', '12');
      await logs.create('y', '123');
      const tails: number[] = [];
      const found = await store.anyLatest('x', ({ tail }) => {
        tails.push(tail);
        return tail === 3;
      });
      expect(found).toBe(false);
      expect(tails.sort()).toEqual([1, 2]);
      expect(await store.anyLatest('x', ({ tail }) => tail === 2)).toBe(true);
    });

    check('counts what is on its way', async (logs, store) => {
      const created = store.commit([createOp('x')]);
      expect(await store.anyLatest('x', () => true)).toBe(true);
      await created;
      const deleted = store.commit([deleteOp('x', await logs.version('x'))]);
      expect(await store.anyLatest('x', () => true)).toBe(false);
      await deleted;
    });

    check('is found out among any number of logs', async (logs, store) => {
      const names = Array.from({ length: 600 }, (_, index) => `x${index}`);
      await store.commit(names.map((name) => createOp(name)));
      await logs.append('x599', 'one');
      expect(await store.anyLatest('x', ({ tail }) => tail === 3)).toBe(true);
      expect(await store.anyLatest('x', ({ tail }) => tail === 4)).toBe(false);
    });
  });

  describe('what is due', () => {
    const at = (atMs: number): Expiry => ({ kind: 'at', atMs, text: '' });

    check('are the logs whose time has passed', async (logs, store, opened) => {
      await logs.create('never');
      await logs.createWith('bucket', { state: { kind: 'bucket', createdAtMs: 0 } });
      await logs.createWith('early', { state: streamState({ expiry: at(NOW_MS) }) });
      await logs.createWith('late', { state: streamState({ expiry: at(NOW_MS + 1000) }) });
      const ttl = streamState({ expiry: { kind: 'ttl', seconds: 1 } });
      await logs.createWith('sliding', { state: ttl });
      await opened.catchUp();
      expect(await store.due(NOW_MS - 1, 10)).toEqual([]);
      expect(await store.due(NOW_MS, 10)).toEqual(['early']);
      expect(await store.due(NOW_MS + 999, 10)).toEqual(['early']);
      const all = await store.due(NOW_MS + 1000, 10);
      expect([...all].sort()).toEqual(['early', 'late', 'sliding']);
    });

    check('are no more than asked for', async (logs, store, opened) => {
      const state = streamState({ expiry: at(NOW_MS) });
      for (const name of ['a', 'b', 'c']) await logs.createWith(name, { state });
      await opened.catchUp();
      expect(await store.due(NOW_MS, 2)).toHaveLength(2);
      expect(await store.due(NOW_MS, 3)).toHaveLength(3);
    });

    check(
      'are not those that were renewed, deleted or kept for forks',
      async (logs, store, opened) => {
        const ttl = streamState({ expiry: { kind: 'ttl', seconds: 1 } });
        for (const name of ['due', 'written', 'renewed', 'deleted', 'kept']) {
          await logs.createWith(name, { state: ttl, records: records('x') });
        }
        await opened.catchUp();
        await logs.change('written', { ...WRITTEN, atMs: NOW_MS + 500 });
        await logs.change('renewed', { kind: 'renewed', leaseUntilMs: NOW_MS + 1500 });
        await logs.change('kept', { kind: 'soft-deleted' });
        await logs.remove('deleted');
        await opened.catchUp();
        expect(await store.due(NOW_MS + 1000, 10)).toEqual(['due']);
        const later = await store.due(NOW_MS + 1500, 10);
        expect([...later].sort()).toEqual(['due', 'renewed', 'written']);
      },
    );
  });
}
