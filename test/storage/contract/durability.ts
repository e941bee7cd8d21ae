import { describe, expect } from 'vitest';
import { position } from '../../../src/protocol/offset.ts';
import { ABSENT } from '../../../src/storage/port.ts';
import { NOW_MS, records, streamState } from '../../support/states.ts';
import type { Check } from '../contract.ts';
import { appendOp, createOp, deleteOp, guardOp, Logs, stored, WRITTEN } from '../logs.ts';

const MANY = 1 << 20;

export function describeDurability(check: Check): void {
  describe('what writers and readers see', () => {
    check('is the same once a commit is stored', async (_logs, store) => {
      const [head] = stored(await store.commit([createOp('a', { records: records('one') })]));
      expect(await store.latest('a')).toEqual(head);
      expect(await store.durable('a')).toEqual(head);
    });

    check(
      'of commits on their way is in latest for the next one to build on',
      async (_logs, store) => {
        const committed = store.commit([createOp('a', { records: records('one') })]);
        const latest = await store.latest('a');
        expect(latest?.tail).toBe(3);
        const [head] = stored(await committed);
        expect(head).toEqual(latest);
      },
    );

    check('never goes back, and a page never ends behind the durable tail', async (logs, store) => {
      await logs.create('a');
      let tail = 0;
      const commits = [];
      for (let round = 0; round < 30; round += 1) {
        const version = await logs.version('a');
        commits.push(store.commit([appendOp('a', version, records('0123456789'))]));
        const before = (await store.durable('a'))?.tail ?? 0;
        const page = await logs.page('a', 0, MANY);
        const after = (await store.durable('a'))?.tail ?? 0;
        expect(before).toBeGreaterThanOrEqual(tail);
        expect(page.to).toBeGreaterThanOrEqual(before);
        expect(page.to).toBeLessThanOrEqual(after);
        tail = after;
      }
      await Promise.all(commits);
      expect((await store.durable('a'))?.tail).toBe(300);
    });

    check('changes together for all logs of a commit', async (logs, store) => {
      await store.commit([createOp('a'), createOp('b')]);
      for (let round = 1; round <= 8; round += 1) {
        const ops = ['a', 'b'].map(async (name) =>
          appendOp(name, await logs.version(name), records('x')),
        );
        const committed = store.commit(await Promise.all(ops));
        const [a, b] = [store.durable('a'), store.durable('b')];
        expect((await a)?.tail).toBe((await b)?.tail);
        await committed;
        const [after, also] = [store.durable('a'), store.durable('b')];
        expect([(await after)?.tail, (await also)?.tail]).toEqual([round, round]);
      }
    });
  });

  describe('to settle', () => {
    check('is to wait until what latest shows is durable', async (logs, store) => {
      await logs.create('a');
      const committed = store.commit([
        appendOp('a', await logs.version('a'), records('one')),
        createOp('b'),
      ]);
      const latest = [await store.latest('a'), await store.latest('b')];
      expect(await store.settle(['a', 'b'])).toBe(true);
      expect([await store.durable('a'), await store.durable('b')]).toEqual(latest);
      stored(await committed);
    });

    check('waits for a delete as well', async (logs, store) => {
      const { version } = await logs.create('a');
      const committed = store.commit([deleteOp('a', version)]);
      expect(await store.latest('a')).toBe(undefined);
      expect(await store.settle(['a'])).toBe(true);
      expect(await store.durable('a')).toBe(undefined);
      stored(await committed);
    });

    check('holds at once where nothing is on its way', async (logs, store) => {
      await logs.create('a');
      expect(await store.settle([])).toBe(true);
      expect(await store.settle(['a'])).toBe(true);
      expect(await store.settle(['a', 'never created'])).toBe(true);
    });
  });

  describe('after a stop', () => {
    check('everything that was stored is there', async (logs, store, opened) => {
      const state = streamState({ streamSeq: '7', expiry: { kind: 'ttl', seconds: 60 } });
      await logs.createWith('a', { state, records: records('one', 'two') });
      await logs.append('a', 'three');
      await logs.change('a', { ...WRITTEN, producer: { id: 'p', epoch: 0, seq: 0 } });
      await logs.createWith('b', { state: { kind: 'bucket', createdAtMs: NOW_MS } });
      await logs.create('trimmed', 'one', 'two');
      await logs.trim('trimmed', 3);
      const before = await store.list({ prefix: '', after: undefined, limit: 10 });

      const reopened = await opened.reopen();
      expect(await reopened.list({ prefix: '', after: undefined, limit: 10 })).toEqual(before);
      const again = new Logs(reopened);
      expect(await again.content('a')).toBe('onetwothree');
      expect(await again.content('trimmed')).toBe('two');
      expect(await reopened.read('trimmed', position(0), MANY)).toEqual({
        kind: 'trimmed',
        earliest: 3,
      });
      const { state: kept } = await again.head('a');
      const producers = kept.kind === 'stream' ? [...kept.producers.entries()] : [];
      expect(producers).toEqual([['p', { epoch: 0, seq: 0, lastWriteAtMs: NOW_MS }]]);
    });

    check('what was deleted stays deleted', async (logs, _store, opened) => {
      const { version } = await logs.create('a', 'one');
      await logs.remove('a');
      const reopened = await opened.reopen();
      expect(await reopened.latest('a')).toBe(undefined);
      expect(await reopened.read('a', position(0), MANY)).toEqual({ kind: 'absent' });
      expect((await reopened.commit([guardOp('a', version)])).kind).toBe('conflict');
    });

    check('versions and incarnations are none of those before it', async (logs, _store, opened) => {
      const old = await logs.create('a', 'one');
      await logs.remove('a');
      const again = new Logs(await opened.reopen());
      const renewed = await again.create('a', 'one');
      expect(renewed.incarnation).not.toBe(old.incarnation);
      expect(renewed.version).toBeGreaterThan(old.version);
      const grown = await again.append('a', 'two');
      expect(grown.version).toBeGreaterThan(renewed.version);
    });

    check('logs grow on from where they were', async (logs, _store, opened) => {
      const head = await logs.create('a', 'one');
      const reopened = await opened.reopen();
      expect(await reopened.latest('a')).toEqual(head);
      const outcome = await reopened.commit([appendOp('a', head.version, records('two'))]);
      expect(stored(outcome)[0]).toMatchObject({ incarnation: head.incarnation, tail: 6 });
      expect(await new Logs(reopened).content('a')).toBe('onetwo');
    });
  });

  describe('to close', () => {
    check('may be asked for again and again', async (_logs, store) => {
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    check('refuses every commit from then on', async (logs, store) => {
      const { version } = await logs.create('a');
      const closing = store.close();
      const refused = { kind: 'refused', reason: 'closed' };
      expect(await store.commit([appendOp('a', version, records('x'))])).toEqual(refused);
      await closing;
      expect(await store.commit([createOp('b')])).toEqual(refused);
      expect(await store.commit([guardOp('b', ABSENT)])).toEqual(refused);
    });

    check('stores what is pending', async (logs, store, opened) => {
      const { version } = await logs.create('a');
      const pending = store.commit([appendOp('a', version, records('one'))]);
      const closing = store.close();
      expect((await pending).kind).toBe('stored');
      await closing;
      expect(await new Logs(await opened.reopen()).content('a')).toBe('one');
    });
  });
}
