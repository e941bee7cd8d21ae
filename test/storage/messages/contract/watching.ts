import { describe, expect } from 'vitest';
import { NOW_MS } from '../../../support/states.ts';
import type { MessageCheck } from '../contract.ts';
import { onA, OTHER, STREAM } from '../streams.ts';

export function describeWatching(check: MessageCheck): void {
  describe('who watches a stream', () => {
    check('is called after each change, and sees it', async (streams) => {
      const { store } = streams;
      const seen: string[] = [];
      store.watchManaged(STREAM, () => {
        const head = store.managed(STREAM);
        seen.push(head === undefined ? 'gone' : `${head.messages} of ${head.lastSeq}`);
      });
      const changed = async (change: () => Promise<unknown>, last: string): Promise<void> => {
        seen.length = 0;
        await change();
        expect(seen.at(-1)).toBe(last);
      };
      await changed(() => streams.configure(), '0 of 0');
      await changed(() => streams.publish(onA('1', '2', '3')), '3 of 3');
      await changed(() => streams.remove([1]), '2 of 3');
      await changed(() => streams.configure({ messagesMax: 1 }), '2 of 3');
      await changed(() => store.enforce(STREAM, NOW_MS, 10), '1 of 3');
      await changed(() => store.clear(STREAM), '0 of 3');
      await changed(() => store.dropManaged(STREAM), 'gone');
      await changed(() => streams.configure(), '0 of 0');
    });

    check('finds the messages that it is called for', async (streams) => {
      await streams.configure();
      const pages: unknown[] = [];
      streams.store.watchManaged(STREAM, () => {
        pages.push(streams.lines());
      });
      await streams.publish(onA('1'));
      expect(await pages.at(-1)).toEqual(['1 orders.a 1']);
    });

    check('is not called for what was refused, nor for another stream', async (streams) => {
      await streams.configure();
      await streams.configureOther();
      await streams.publish(onA('1'), { messageId: 'x' });
      let calls = 0;
      streams.store.watchManaged(STREAM, () => {
        calls += 1;
      });
      await streams.publish(onA('2'), { expectedLastSeq: 9 });
      await streams.publish(onA('1'), { messageId: 'x' });
      await streams.configureOther({ messagesMax: 1 });
      await streams.store.dropManaged(OTHER);
      expect(calls).toBe(0);
    });

    check('is not called for a sweep that drops nothing', async (streams) => {
      await streams.configure({ maxAgeNs: 1e12 });
      await streams.publish(onA('1'));
      let calls = 0;
      streams.store.watchManaged(STREAM, () => {
        calls += 1;
      });
      await streams.store.enforce(STREAM, NOW_MS, 10);
      expect(calls).toBe(0);
    });

    check('is no longer called once it has cancelled, others are', async (streams) => {
      await streams.configure();
      const calls: string[] = [];
      const cancel = streams.store.watchManaged(STREAM, () => calls.push('one'));
      streams.store.watchManaged(STREAM, () => calls.push('other'));
      await streams.publish(onA('1'));
      expect(new Set(calls)).toEqual(new Set(['one', 'other']));
      cancel();
      cancel();
      calls.length = 0;
      await streams.publish(onA('2'));
      expect(new Set(calls)).toEqual(new Set(['other']));
    });

    check('may cancel, and watch anew, while it is called', async (streams) => {
      await streams.configure();
      const calls: string[] = [];
      const cancel = streams.store.watchManaged(STREAM, () => {
        calls.push('first');
        cancel();
        streams.store.watchManaged(STREAM, () => calls.push('second'));
      });
      await streams.publish(onA('1'));
      await streams.publish(onA('2'));
      expect(calls.filter((each) => each === 'first')).toHaveLength(1);
      expect(calls.at(-1)).toBe('second');
    });
  });
}
