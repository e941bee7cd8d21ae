import { describe, expect } from 'vitest';
import { newMessage, ns } from '../../../support/managed.ts';
import { NOW_MS } from '../../../support/states.ts';
import { lookTwice, type MessageCheck } from '../contract.ts';
import { onA, OTHER, STREAM, Streams } from '../streams.ts';

const WINDOW_MS = 1000;
const config = { duplicateWindowNs: ns(WINDOW_MS) };

export function describeDeduplication(check: MessageCheck): void {
  describe('a message id', () => {
    check('given again is answered with the first sequence', async (streams) => {
      await streams.configure(config);
      await streams.publish(onA('1'));
      expect(await streams.publish(onA('2'), { messageId: 'x' })).toMatchObject({ lastSeq: 2 });
      await streams.publish(onA('3'), { messageId: 'y' });
      const before = await streams.seen();
      for (const message of [...onA('2'), newMessage('orders.b', '5')]) {
        expect(await streams.publish([message], { messageId: 'x' })).toEqual({
          kind: 'duplicate',
          seq: 2,
        });
      }
      expect(await streams.seen()).toEqual(before);
    });

    check('of a batch stands for the sequence of its last message', async (streams, opened) => {
      await streams.configure(config);
      await streams.publish(onA('1', '2', '3'), { messageId: 'x' });
      const duplicate = { kind: 'duplicate', seq: 3 };
      expect(await streams.publish(onA('1', '2', '3'), { messageId: 'x' })).toEqual(duplicate);
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.publish(onA('1'), { messageId: 'x' })).toEqual(duplicate);
    });

    check('is known until its window has passed, and not longer', async (streams) => {
      await streams.configure(config);
      await streams.publish(onA('1'), { messageId: 'x' });
      const at = (ms: number): Promise<unknown> =>
        streams.publish(onA('2'), { messageId: 'x', nowMs: NOW_MS + ms });
      expect(await at(WINDOW_MS - 1)).toEqual({ kind: 'duplicate', seq: 1 });
      expect(await at(WINDOW_MS)).toMatchObject({ kind: 'published', lastSeq: 2 });
      expect(await at(2 * WINDOW_MS - 1)).toEqual({ kind: 'duplicate', seq: 2 });
      expect(await at(2 * WINDOW_MS)).toMatchObject({ kind: 'published', lastSeq: 3 });
    });

    check('is known after a stop, within its window', async (streams, opened) => {
      await streams.configure(config);
      await streams.publish(onA('1'), { messageId: 'x' });
      await streams.publish(onA('2'), { messageId: 'é😀', nowMs: NOW_MS + 500 });
      await opened.catchUp();
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.publish(onA('1'), { messageId: 'x', nowMs: NOW_MS + 600 })).toEqual({
        kind: 'duplicate',
        seq: 1,
      });
      const request = { messageId: 'é😀', nowMs: NOW_MS + 1499 };
      expect(await again.publish(onA('2'), request)).toEqual({ kind: 'duplicate', seq: 2 });
      const third = new Streams((await opened.reopen()).messages);
      expect(await third.publish(onA('2'), request)).toEqual({ kind: 'duplicate', seq: 2 });
      const late = { messageId: 'x', nowMs: NOW_MS + WINDOW_MS };
      expect(await third.publish(onA('3'), late)).toMatchObject({ kind: 'published', lastSeq: 3 });
    });

    check('is known though its message has gone', async (streams, opened) => {
      await streams.configure({ ...config, messagesMax: 1 });
      await streams.publish(onA('1'), { messageId: 'dropped' });
      await streams.publish(onA('2'), { messageId: 'deleted' });
      await streams.remove([2]);
      await streams.publish(onA('3'), { messageId: 'purged' });
      await streams.store.clear(STREAM);
      await lookTwice(streams, opened, async (each) => {
        for (const [index, messageId] of ['dropped', 'deleted', 'purged'].entries()) {
          const answer = { kind: 'duplicate', seq: index + 1 };
          expect(await each.publish(onA('9'), { messageId })).toEqual(answer);
        }
      });
    });

    check('wins over every other reason to refuse but that nothing is taken', async (streams) => {
      await streams.configure(config);
      await streams.publish(onA('1'), { messageId: 'x', expectedLastSeq: 0 });
      const again = { messageId: 'x', expectedLastSeq: 0 };
      expect(await streams.publish(onA('1'), again)).toEqual({ kind: 'duplicate', seq: 1 });
      await streams.configure({ ...config, discard: 'new', messagesMax: 1 });
      expect(await streams.publish(onA('1'), again)).toEqual({ kind: 'duplicate', seq: 1 });
      await streams.configure({ ...config, sealed: true });
      expect(await streams.publish(onA('1'), again)).toEqual({
        kind: 'declined',
        declined: { code: 'sealed' },
      });
    });

    check('given several times at once is stored once', async (streams) => {
      await streams.configure(config);
      const outcomes = await Promise.all(
        ['1', '2', '3'].map((body) => streams.publish(onA(body), { messageId: 'x' })),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
        'duplicate',
        'duplicate',
        'published',
      ]);
      const seqs = outcomes.map((each) => (each.kind === 'duplicate' ? each.seq : 1));
      expect(seqs).toEqual([1, 1, 1]);
      expect(streams.head().messages).toBe(1);
    });

    check('is one stream’s own', async (streams) => {
      await streams.configure(config);
      await streams.configureOther();
      await streams.publish(onA('1'), { messageId: 'x' });
      const logged = [newMessage('logs.a')];
      expect((await streams.publish(logged, { messageId: 'x' }, OTHER)).kind).toBe('published');
    });
  });
}
