import { describe, expect } from 'vitest';
import { position, START } from '../../../src/protocol/offset.ts';
import { ABSENT } from '../../../src/storage/port.ts';
import { NOW_MS, records, streamState } from '../../support/states.ts';
import type { Check } from '../contract.ts';
import { WRITTEN } from '../logs.ts';

export function describeHeads(check: Check): void {
  describe('the head of a log', () => {
    check('is not there before the log is created', async (_logs, store) => {
      expect(await store.latest('a')).toBe(undefined);
      expect(await store.durable('a')).toBe(undefined);
    });

    check('has the state and the start that the log was created with', async (logs, store) => {
      const state = streamState({ streamSeq: '7', forkCount: 3 });
      const head = await logs.createWith('a', { state, start: position(40) });
      expect(head).toMatchObject({ state, start: 40, tail: 40 });
      expect(await store.latest('a')).toEqual(head);
      expect(await store.durable('a')).toEqual(head);
    });

    check('may be that of a bucket', async (logs, store) => {
      const state = { kind: 'bucket', createdAtMs: NOW_MS } as const;
      await logs.createWith('b', { state });
      expect((await store.durable('b'))?.state).toEqual(state);
    });

    check('counts the bytes of all records, from the start on', async (logs) => {
      const created = await logs.createWith('a', {
        start: position(100),
        records: records('one', 'two!'),
      });
      expect(created).toMatchObject({ start: 100, tail: 107 });
      expect(await logs.append('a', 'three')).toMatchObject({ start: 100, tail: 112 });
      expect(await logs.append('a', 'x', 'yz')).toMatchObject({ start: 100, tail: 115 });
    });

    check('has the state that each change makes of the one before', async (logs) => {
      await logs.create('a');
      const producer = { id: 'p', epoch: 1, seq: 0 };
      await logs.change('a', { ...WRITTEN, streamSeq: '5', producer });
      await logs.change('a', { kind: 'fork-added' });
      await logs.change('a', { kind: 'renewed', leaseUntilMs: NOW_MS + 9 });
      const { state } = await logs.change('a', { ...WRITTEN, closes: true });
      expect(state).toMatchObject({
        streamSeq: '5',
        forkCount: 1,
        leaseUntilMs: NOW_MS + 9,
        closed: true,
      });
      const producers = state.kind === 'stream' ? [...state.producers.entries()] : [];
      expect(producers).toEqual([['p', { epoch: 1, seq: 0, lastWriteAtMs: NOW_MS }]]);
    });

    check('stays where it is when a change brings no records', async (logs) => {
      const created = await logs.create('a', 'one');
      const changed = await logs.change('a', { kind: 'fork-added' });
      expect(changed).toMatchObject({
        incarnation: created.incarnation,
        start: created.start,
        tail: created.tail,
      });
    });

    check('has a version that grows with every commit to the log', async (logs) => {
      const versions = [
        await logs.create('a', 'one', 'two'),
        await logs.append('a', 'three'),
        await logs.change('a', { kind: 'fork-added' }),
        await logs.trim('a', 3),
        await logs.create('a'),
      ].map(({ version }) => version);
      await logs.remove('a');
      versions.push((await logs.create('a')).version);
      let last = ABSENT;
      for (const version of versions) {
        expect(version).toBeGreaterThan(last);
        last = version;
      }
    });

    check('keeps its version while only other logs are committed to', async (logs, store) => {
      const head = await logs.create('a', 'one');
      await logs.create('b', 'one');
      await logs.append('b', 'two');
      await logs.remove('b');
      expect(await store.latest('a')).toEqual(head);
      expect(await store.durable('a')).toEqual(head);
    });

    check('keeps its incarnation as long as the log lives', async (logs) => {
      const { incarnation } = await logs.create('a', 'one');
      expect((await logs.append('a', 'two')).incarnation).toBe(incarnation);
      expect((await logs.change('a', { kind: 'fork-added' })).incarnation).toBe(incarnation);
      expect((await logs.trim('a', 3)).incarnation).toBe(incarnation);
    });

    check('has an incarnation that no other life of the name has', async (logs) => {
      const incarnations: string[] = [];
      for (let life = 0; life < 4; life += 1) {
        incarnations.push((await logs.create('a', 'same')).incarnation);
        // The next one comes over the one that is there, or after it has been deleted.
        if (life % 2 === 1) await logs.remove('a');
      }
      expect(new Set(incarnations).size).toBe(incarnations.length);
    });

    check('has an incarnation that may stand in an entity tag', async (logs) => {
      expect((await logs.create('a')).incarnation).toMatch(/^[\x21\x23-\x7e]{1,64}$/);
    });

    check('is dropped together with the log', async (logs, store) => {
      await logs.create('a', 'one');
      await logs.remove('a');
      expect(await store.latest('a')).toBe(undefined);
      expect(await store.durable('a')).toBe(undefined);
    });

    check('begins anew with a new incarnation', async (logs) => {
      await logs.createWith('a', { records: records('one'), state: streamState({ closed: true }) });
      await logs.append('a', 'two');
      const state = streamState({ streamSeq: 'new' });
      const head = await logs.createWith('a', { state, records: records('1') });
      expect(head).toMatchObject({ start: START, tail: 1, state });
      expect(await logs.content('a')).toBe('1');
    });

    check('of a name with any characters is found under it', async (logs, store) => {
      const names = ['s\0_\0a/b', 'é', '😀', '\uffff', ' ', 'x'.repeat(1100)];
      for (const name of names) await logs.create(name, name);
      for (const name of names) {
        expect((await store.durable(name))?.tail).toBe(Buffer.byteLength(name));
        expect(await logs.content(name)).toBe(name);
      }
    });
  });
}
