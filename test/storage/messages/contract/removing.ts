import { describe, expect } from 'vitest';
import { newMessage, ns } from '../../../support/managed.ts';
import { NOW_MS } from '../../../support/states.ts';
import { lookTwice, type MessageCheck } from '../contract.ts';
import { onA, STREAM, Streams } from '../streams.ts';

const removed = (count: number): object => ({ kind: 'removed', count });
const declined = (code: string): object => ({ kind: 'declined', declined: { code } });

export function describeRemoving(check: MessageCheck): void {
  describe('messages that are removed', () => {
    check('are gone for every reader, also after a stop', async (streams, opened) => {
      await streams.configure();
      await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.a 3', 'orders.c 4');
      await opened.catchUp();
      expect(await streams.remove([2, 3])).toEqual(removed(2));
      await lookTwice(streams, opened, async (each) => {
        expect(await each.lines()).toEqual(['1 orders.a 1', '4 orders.c 4']);
        expect(await each.lines('orders.a')).toEqual(['1 orders.a 1']);
        expect(await each.lines('orders.b')).toEqual([]);
        expect(await each.counts()).toEqual({ 'orders.a': 1, 'orders.c': 1 });
        expect(each.head()).toMatchObject({
          messages: 2,
          bytes: 18,
          firstSeq: 1,
          lastSeq: 4,
          subjects: 2,
        });
        expect(await each.store.message(STREAM, 2)).toMatchObject({ kind: 'found', messages: [] });
      });
    });

    check('count each once, and only if they were there', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      expect(await streams.remove([3, 1, 3, 9, 0])).toEqual(removed(2));
      expect(await streams.remove([3, 1])).toEqual(removed(0));
      expect(await streams.remove([])).toEqual(removed(0));
      expect(await streams.lines()).toEqual(['2 orders.a 2']);
    });

    check('at an end move the first sequence, never the last', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3', '4'));
      await streams.remove([1, 2]);
      expect(streams.head()).toMatchObject({ firstSeq: 3, lastSeq: 4 });
      await streams.remove([4]);
      expect(streams.head()).toMatchObject({ firstSeq: 3, lastSeq: 4 });
      await streams.remove([3]);
      expect(streams.head()).toMatchObject({ messages: 0, bytes: 0, firstSeq: 5, lastSeq: 4 });
      const again = new Streams((await opened.reopen()).messages);
      expect(again.head()).toMatchObject({ messages: 0, bytes: 0, firstSeq: 5, lastSeq: 4 });
      await again.publish(onA('5'));
      expect(await again.lines()).toEqual(['5 orders.a 5']);
    });

    check('twice at once count once', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2'));
      const outcomes = await Promise.all([streams.remove([1]), streams.remove([1, 2])]);
      const counts = outcomes.map((each) => (each.kind === 'removed' ? each.count : -1));
      expect(counts.reduce((sum, count) => sum + count)).toBe(2);
      expect(streams.head()).toMatchObject({ messages: 0, bytes: 0, subjects: 0 });
    });

    check('make room under discard new', async (streams) => {
      await streams.configure({ discard: 'new', messagesMax: 2, bytesMax: 18 });
      await streams.publish(onA('1', '2'));
      expect((await streams.publish(onA('3'))).kind).toBe('declined');
      await streams.remove([1]);
      expect(await streams.publish(onA('3'))).toMatchObject({ kind: 'published', lastSeq: 3 });
      await streams.store.clear(STREAM);
      expect(await streams.publish(onA('4', '5'))).toMatchObject({ kind: 'published', lastSeq: 5 });
    });

    check('stay where the configuration denies it', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      await streams.configure({ denyDelete: true });
      expect(await streams.remove([1])).toEqual(declined('delete-denied'));
      expect(await streams.remove([1], 'purge')).toEqual(removed(1));
      await streams.configure({ denyPurge: true });
      expect(await streams.remove([2], 'purge')).toEqual(declined('purge-denied'));
      expect(await streams.store.clear(STREAM)).toEqual(declined('purge-denied'));
      expect(await streams.remove([2])).toEqual(removed(1));
      await streams.configure({ denyDelete: true, denyPurge: true });
      expect(await streams.remove([3], 'trim')).toEqual(removed(1));
      await streams.publish(onA('4'));
      await streams.configure({ sealed: true });
      for (const cause of ['delete', 'purge', 'trim'] as const) {
        expect(await streams.remove([4], cause)).toEqual(declined('sealed'));
      }
      expect(await streams.store.clear(STREAM)).toEqual(declined('sealed'));
      expect(await streams.lines()).toEqual(['4 orders.a 4']);
    });
  });

  describe('to clear a stream', () => {
    check('leaves its configuration, and sequences that never repeat', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      const { incarnation, revision, config, lastAtMs } = streams.head();
      expect(await streams.store.clear(STREAM)).toEqual(removed(3));
      const again = await lookTwice(streams, opened, async (each) => {
        expect(each.head()).toMatchObject({ incarnation, revision, config, lastAtMs });
        expect(each.head()).toMatchObject({ messages: 0, bytes: 0, firstSeq: 4, lastSeq: 3 });
        expect(each.head().subjects).toBe(0);
        expect(await each.lines()).toEqual([]);
        expect(await each.counts()).toEqual({});
      });
      expect(await again.store.clear(STREAM)).toEqual(removed(0));
      expect(await again.publish(onA('4'))).toMatchObject({ firstSeq: 4 });
      await again.store.clear(STREAM);
      const third = new Streams((await opened.reopen()).messages);
      expect(await third.publish(onA('5'))).toMatchObject({ firstSeq: 5 });
      expect(await third.lines()).toEqual(['5 orders.a 5']);
    });

    check('takes all messages, however many', async (streams) => {
      await streams.configure();
      for (let round = 0; round < 5; round += 1) {
        await streams.publish(
          Array.from({ length: 2000 }, (_, index) => newMessage(`orders.${index % 500}`)),
        );
      }
      expect(await streams.store.clear(STREAM)).toEqual(removed(10_000));
      expect(streams.head()).toMatchObject({ messages: 0, bytes: 0, subjects: 0, lastSeq: 10_000 });
    });

    check('and publish to it at once leaves all of a publish or nothing', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2'));
      const [cleared, published] = await Promise.all([
        streams.store.clear(STREAM),
        streams.publish(onA('3', '4')),
      ]);
      expect(published).toMatchObject({ firstSeq: 3, lastSeq: 4 });
      const left = cleared.kind === 'removed' && cleared.count === 2;
      expect(await streams.lines()).toEqual(left ? ['3 orders.a 3', '4 orders.a 4'] : []);
      expect(streams.head()).toMatchObject({ messages: left ? 2 : 0, lastSeq: 4 });
    });
  });

  describe('to enforce limits', () => {
    check('drops what is too old, whatever is to be discarded', async (streams) => {
      for (const discard of ['old', 'new'] as const) {
        await streams.configure({ maxAgeNs: ns(1000), discard });
        await streams.publish(onA('1', '2'), { nowMs: NOW_MS });
        await streams.publish(onA('3'), { nowMs: NOW_MS + 500 });
        expect(await streams.store.enforce(STREAM, NOW_MS + 999, 10)).toEqual(removed(0));
        expect(await streams.store.enforce(STREAM, NOW_MS + 1001, 10)).toEqual(removed(2));
        expect((await streams.lines()).length).toBe(1);
        expect(await streams.store.enforce(STREAM, NOW_MS + 1501, 10)).toEqual(removed(1));
        await streams.store.dropManaged(STREAM);
      }
    });

    check('drops so many and no more at a time', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3', '4', '5', '6', '7'));
      await streams.configure({ messagesMax: 2 });
      const counts = [];
      for (let round = 0; round < 4; round += 1) {
        counts.push(await streams.store.enforce(STREAM, NOW_MS, 2));
      }
      expect(counts).toEqual([2, 2, 1, 0].map(removed));
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.lines()).toEqual(['6 orders.a 6', '7 orders.a 7']);
    });

    check('drops what is beyond the bytes that may be', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '22', '333'));
      await streams.configure({ bytesMax: 21 });
      expect(await streams.store.enforce(STREAM, NOW_MS, 10)).toEqual(removed(1));
      expect(streams.head().bytes).toBe(21);
      await streams.configure({ bytesMax: 10 });
      expect(await streams.store.enforce(STREAM, NOW_MS, 10)).toEqual(removed(2));
    });

    check('drops nothing under discard new but what is too old', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      await streams.configure({ discard: 'new', messagesMax: 1, bytesMax: 1 });
      expect(await streams.store.enforce(STREAM, NOW_MS, 10)).toEqual(removed(0));
      expect(streams.head().messages).toBe(3);
    });

    check('drops nothing of a sealed stream', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      await streams.configure({ sealed: true, messagesMax: 1, maxAgeNs: 1 });
      expect(await streams.store.enforce(STREAM, NOW_MS + 9999, 10)).toEqual(removed(0));
      expect(streams.head().messages).toBe(3);
    });
  });
}
