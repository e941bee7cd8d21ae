import { describe, expect } from 'vitest';
import type { MessageCheck } from '../contract.ts';
import { onA, STREAM, Streams } from '../streams.ts';

export function describeMemoryStorage(check: MessageCheck): void {
  describe('a stream in memory', () => {
    check('does what one in files does, until a stop', async (streams) => {
      await streams.configure({ storage: 'memory', messagesMax: 3 });
      await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.a 3', 'orders.a 4');
      expect(await streams.lines()).toEqual(['2 orders.b 2', '3 orders.a 3', '4 orders.a 4']);
      await streams.remove([3]);
      expect(await streams.lines('orders.a')).toEqual(['4 orders.a 4']);
      expect(await streams.counts()).toEqual({ 'orders.a': 1, 'orders.b': 1 });
    });

    check(
      'is empty after a stop, with its configuration and its count',
      async (streams, opened) => {
        await streams.configure({ storage: 'memory', messagesMax: 3 });
        await streams.configureOther();
        await streams.publishLines('orders.a 1', 'orders.b 2');
        const { incarnation, config, revision } = streams.head();
        await opened.catchUp();
        const again = new Streams((await opened.reopen()).messages);
        expect(again.head()).toMatchObject({ incarnation, config, revision });
        expect(again.head()).toMatchObject({ messages: 0, bytes: 0, firstSeq: 3, lastSeq: 2 });
        expect(again.head().subjects).toBe(0);
        expect(await again.lines()).toEqual([]);
        expect(await again.counts()).toEqual({});
        expect(await again.store.message(STREAM, 1)).toMatchObject({ kind: 'found', messages: [] });
        expect(await again.publish(onA('3'))).toMatchObject({ firstSeq: 3 });
        expect(await again.lines()).toEqual(['3 orders.a 3']);
        const third = new Streams((await opened.reopen()).messages);
        expect(third.head()).toMatchObject({ messages: 0, lastSeq: 3 });
      },
    );
  });
}
