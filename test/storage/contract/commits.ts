import { describe, expect } from 'vitest';
import { position } from '../../../src/protocol/offset.ts';
import { ABSENT, type LogStore, type Op } from '../../../src/storage/port.ts';
import { records } from '../../support/states.ts';
import type { Check } from '../contract.ts';
import { appendOp, createOp, deleteOp, guardOp, stored, trimOp, type Logs } from '../logs.ts';

const CONFLICT = { kind: 'conflict' };
/** A version that no log has. */
const NEVER = 1_000_000;

/** All that can be seen of some logs, to be compared. */
async function seen(logs: Logs, names: readonly string[]): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const name of names) {
    const { store } = logs;
    const head = await store.latest(name);
    all.push([
      head,
      await store.durable(name),
      head === undefined ? 'absent' : await logs.content(name),
    ]);
  }
  return all;
}

export function describeCommits(check: Check): void {
  describe('a commit', () => {
    check('answers one head an op, none for what is deleted or guarded', async (logs, store) => {
      const deleted = await logs.create('deleted');
      const guarded = await logs.create('guarded');
      const grown = await logs.create('grown', 'one');
      const trimmed = await logs.create('trimmed', 'one', 'two');
      const heads = stored(
        await store.commit([
          guardOp('guarded', guarded.version),
          createOp('created', { records: records('x') }),
          deleteOp('deleted', deleted.version),
          appendOp('grown', grown.version, records('two')),
          guardOp('absent', ABSENT),
          trimOp('trimmed', trimmed.version, 3),
        ]),
      );
      expect(heads).toEqual([
        undefined,
        await logs.head('created'),
        undefined,
        await logs.head('grown'),
        undefined,
        await logs.head('trimmed'),
      ]);
      expect(heads.map((head) => head?.tail)).toEqual([undefined, 1, undefined, 6, undefined, 6]);
    });

    check('gives all of its logs heads that the next commit builds on', async (logs, store) => {
      await store.commit([createOp('a'), createOp('b'), createOp('c')]);
      for (const name of ['a', 'b', 'c']) {
        expect((await logs.append(name, 'one')).tail).toBe(3);
      }
    });

    check('of nothing but guards changes nothing', async (logs, store) => {
      const { version } = await logs.create('a', 'one');
      const before = await seen(logs, ['a', 'b']);
      const outcome = await store.commit([guardOp('a', version), guardOp('b', ABSENT)]);
      expect(stored(outcome)).toEqual([undefined, undefined]);
      expect(await seen(logs, ['a', 'b'])).toEqual(before);
    });

    check('that deletes what is not there succeeds', async (_logs, store) => {
      expect(stored(await store.commit([deleteOp('a', ABSENT)]))).toEqual([undefined]);
      expect(await store.latest('a')).toBe(undefined);
    });

    check('takes one op of each log, and they may be many', async (logs, store) => {
      const names = Array.from({ length: 100 }, (_, index) => `log-${index}`);
      const ops = names.map((name) => createOp(name, { records: records(name) }));
      expect(stored(await store.commit(ops))).toHaveLength(100);
      for (const name of names) expect(await logs.content(name)).toBe(name);
    });

    check('keeps large records whole', async (logs) => {
      const large = 'x'.repeat(3 << 20);
      await logs.create('a', large, 'y');
      await logs.append('a', large);
      expect((await logs.head('a')).tail).toBe(2 * large.length + 1);
      expect(await logs.content('a', 100)).toBe(`${large}y${large}`);
    });

    check('keeps records whatever becomes of the buffer they came in', async (logs, store) => {
      const what = records('kept');
      await store.commit([createOp('a', { records: what })]);
      what.bytes.fill('!');
      expect(await logs.content('a')).toBe('kept');
    });
  });

  describe('a commit that expects another version', () => {
    const KINDS: readonly { kind: string; op: (name: string, expected: number) => Op }[] = [
      { kind: 'create', op: (name, expected) => createOp(name, { expected }) },
      { kind: 'append', op: (name, expected) => appendOp(name, expected, records('x')) },
      { kind: 'delete', op: deleteOp },
      { kind: 'trim', op: (name, expected) => trimOp(name, expected, 3) },
      { kind: 'guard', op: guardOp },
    ];
    const expectConflict = async (logs: Logs, store: LogStore, ops: Op[]): Promise<void> => {
      const names = ['a', 'b', 'c'];
      const before = await seen(logs, names);
      expect(await store.commit(ops)).toEqual(CONFLICT);
      expect(await seen(logs, names)).toEqual(before);
    };

    for (const { kind, op } of KINDS) {
      check(`conflicts and changes nothing: ${kind}`, async (logs, store) => {
        const old = await logs.create('a', 'one', 'two');
        const { version } = await logs.append('a', 'three');
        for (const expected of [ABSENT, old.version, version + 1, NEVER]) {
          await expectConflict(logs, store, [op('a', expected)]);
        }
      });

      check(`conflicts where no log is: ${kind}`, async (logs, store) => {
        await expectConflict(logs, store, [op('a', NEVER)]);
        const { version } = await logs.create('a', 'one');
        await logs.remove('a');
        await expectConflict(logs, store, [op('a', version)]);
        expect(await store.latest('a')).toBe(undefined);
      });

      check(`takes all other ops down with it: ${kind}`, async (logs, store) => {
        const a = await logs.create('a', 'one', 'two');
        const b = await logs.create('b', 'one', 'two');
        const others = [
          appendOp('b', b.version, records('three')),
          createOp('c', { records: records('new') }),
        ];
        const stale = op('a', a.version + 1);
        await expectConflict(logs, store, [stale, ...others]);
        await expectConflict(logs, store, [...others, stale]);
        expect(stored(await store.commit([op('a', a.version), ...others]))).toHaveLength(3);
      });
    }

    check('conflicts with the version of an earlier life of the name', async (logs, store) => {
      const { version } = await logs.create('a', 'one');
      await logs.remove('a');
      await logs.create('a', 'one');
      await expectConflict(logs, store, [appendOp('a', version, records('x'))]);
    });
  });

  describe('commits that were decided on the same head', () => {
    check('are one success and conflicts', async (logs, store) => {
      const { version } = await logs.create('a');
      const outcomes = await Promise.all(
        ['x', 'y', 'z'].map((text) => store.commit([appendOp('a', version, records(text))])),
      );
      const kinds = outcomes.map(({ kind }) => kind).sort();
      expect(kinds).toEqual(['conflict', 'conflict', 'stored']);
      expect(await logs.content('a')).toHaveLength(1);
    });

    check('create a log once', async (logs, store) => {
      const outcomes = await Promise.all(
        ['x', 'y'].map((text) => store.commit([createOp('a', { records: records(text) })])),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['conflict', 'stored']);
      expect(await logs.content('a')).toHaveLength(1);
    });

    check('of logs that they only share a guard on all succeed', async (logs, store) => {
      const { version } = await logs.create('bucket');
      const outcomes = await Promise.all(
        ['x', 'y', 'z'].map((name) => store.commit([createOp(name), guardOp('bucket', version)])),
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored']);
    });

    check('of which one deletes what others guard never both succeed', async (logs, store) => {
      const { version } = await logs.create('bucket');
      const [created, deleted, late] = await Promise.all([
        store.commit([createOp('x'), guardOp('bucket', version)]),
        store.commit([deleteOp('bucket', version)]),
        store.commit([createOp('y'), guardOp('bucket', version)]),
      ]);
      expect([created.kind, deleted.kind, late.kind]).toEqual(['stored', 'stored', 'conflict']);
      expect(await store.latest('y')).toBe(undefined);
    });
  });

  describe('commits that build on each other', () => {
    check('may be made without waiting for one another', async (logs, store) => {
      const outcomes = [store.commit([createOp('a')])];
      let text = '';
      for (let round = 0; round < 20; round += 1) {
        const head = await store.latest('a');
        outcomes.push(store.commit([appendOp('a', head?.version ?? ABSENT, records(`${round},`))]));
        text += `${round},`;
      }
      const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind);
      expect(new Set(kinds)).toEqual(new Set(['stored']));
      expect(await logs.content('a')).toBe(text);
    });

    check('may create, delete and create again', async (logs, store) => {
      const outcomes = [];
      for (const text of ['one', 'two', 'three']) {
        const expected = await logs.version('a');
        outcomes.push(store.commit([createOp('a', { expected, records: records(text) })]));
        outcomes.push(store.commit([deleteOp('a', await logs.version('a'))]));
      }
      outcomes.push(store.commit([createOp('a', { records: records('last') })]));
      for (const outcome of outcomes) expect((await outcome).kind).toBe('stored');
      expect(await logs.content('a')).toBe('last');
    });
  });

  describe('a trim', () => {
    check('moves the start to where it says and leaves the tail', async (logs) => {
      const before = await logs.create('a', 'one', 'two', 'three');
      const head = await logs.trim('a', 6);
      expect(head).toMatchObject({ start: 6, tail: before.tail, state: before.state });
      expect(await logs.content('a')).toBe('three');
    });

    check('never moves the start back', async (logs) => {
      await logs.create('a', 'one', 'two', 'three');
      await logs.trim('a', 6);
      expect(await logs.trim('a', 3)).toMatchObject({ start: 6 });
    });

    check('of all records leaves an empty log that grows on', async (logs, store) => {
      await logs.create('a', 'one', 'two');
      const head = await logs.trim('a', 6);
      expect(head).toMatchObject({ start: 6, tail: 6 });
      expect(await logs.content('a')).toBe('');
      await logs.append('a', 'three');
      expect(await logs.content('a')).toBe('three');
      expect(await store.read('a', position(3), 100)).toEqual({ kind: 'trimmed', earliest: 6 });
    });

    check('happens together with the other ops of its commit', async (logs, store) => {
      const a = await logs.create('a', 'one', 'two');
      const b = await logs.create('b');
      await store.commit([
        trimOp('a', a.version, 3),
        appendOp('b', b.version, records('trimmed a')),
      ]);
      expect(await logs.content('a')).toBe('two');
      expect(await logs.content('b')).toBe('trimmed a');
    });
  });
}
