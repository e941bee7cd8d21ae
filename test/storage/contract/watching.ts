import { describe, expect } from 'vitest';
import type { LogStore } from '../../../src/storage/port.ts';
import { records } from '../../support/states.ts';
import type { Check } from '../contract.ts';
import { appendOp, createOp, deleteOp, stored } from '../logs.ts';

/** Watches a log and notes the tail that readers see at each call, -1 for a log that is gone. */
function watching(store: LogStore, name: string): { tails: number[]; cancel: () => void } {
  const tails: number[] = [];
  const cancel = store.watch(name, () => {
    const head = store.durable(name);
    if (head instanceof Promise) void head.then((now) => tails.push(now?.tail ?? -1));
    else tails.push(head?.tail ?? -1);
  });
  return { tails, cancel };
}

export function describeWatching(check: Check): void {
  describe('a watcher', () => {
    check('is called after each durable change, and then sees it', async (logs, store) => {
      await logs.create('a');
      const { tails, cancel } = watching(store, 'a');
      await logs.append('a', 'one');
      expect(tails).toContain(3);
      await logs.append('a', 'two');
      expect(tails).toContain(6);
      const calls = tails.length;
      await logs.change('a', { kind: 'fork-added' });
      expect(tails.length).toBeGreaterThan(calls);
      cancel();
    });

    check('is called for a trim', async (logs, store) => {
      await logs.create('a', 'one', 'two');
      let calls = 0;
      const cancel = store.watch('a', () => {
        calls += 1;
      });
      await logs.trim('a', 3);
      expect(calls).toBeGreaterThan(0);
      cancel();
    });

    check('hears of the end of the log, and of a new one', async (logs, store) => {
      await logs.create('a', 'one');
      const { tails, cancel } = watching(store, 'a');
      await logs.remove('a');
      expect(tails).toContain(-1);
      await logs.create('a', 'again');
      expect(tails).toContain(5);
      cancel();
    });

    check('may wait for a log that is not there yet', async (logs, store) => {
      const { tails, cancel } = watching(store, 'a');
      await logs.create('a', 'one');
      expect(tails).toContain(3);
      cancel();
    });

    check('is called for each log of a commit, when all of it is durable', async (logs, store) => {
      await store.commit([createOp('a'), createOp('b'), createOp('c')]);
      const seen: (number | undefined)[][] = [];
      const cancels = ['a', 'b', 'c'].map((name) =>
        store.watch(name, () => {
          const heads = ['a', 'b', 'c'].map((each) => store.durable(each));
          seen.push(heads.map((head) => (head instanceof Promise ? undefined : head?.tail)));
        }),
      );
      const ops = ['a', 'b', 'c'].map(async (name) =>
        appendOp(name, await logs.version(name), records('x')),
      );
      stored(await store.commit(await Promise.all(ops)));
      expect(seen).toHaveLength(3);
      expect(seen.at(-1)).toEqual([1, 1, 1]);
      for (const cancel of cancels) cancel();
    });

    check('is not called for other logs', async (logs, store) => {
      await logs.create('a');
      const { tails, cancel } = watching(store, 'a');
      await logs.create('ab');
      await logs.create('A');
      await logs.append('ab', 'one');
      expect(tails).toEqual([]);
      cancel();
    });

    check('is not called when nothing has changed', async (logs, store) => {
      const { version } = await logs.create('a');
      const { tails, cancel } = watching(store, 'a');
      expect((await store.commit([deleteOp('a', version + 1)])).kind).toBe('conflict');
      await logs.page('a', 0, 10);
      expect(tails).toEqual([]);
      cancel();
    });

    check('is not called any more once it has cancelled', async (logs, store) => {
      await logs.create('a');
      const { tails, cancel } = watching(store, 'a');
      await logs.append('a', 'one');
      const calls = tails.length;
      cancel();
      cancel();
      await logs.append('a', 'two');
      await logs.remove('a');
      expect(tails).toHaveLength(calls);
    });

    check('that cancels leaves the others be', async (logs, store) => {
      await logs.create('a');
      const first = watching(store, 'a');
      const second = watching(store, 'a');
      first.cancel();
      await logs.append('a', 'one');
      expect(first.tails).toEqual([]);
      expect(second.tails).toContain(3);
      const third = watching(store, 'a');
      second.cancel();
      await logs.append('a', 'two');
      expect(third.tails).toContain(6);
      third.cancel();
    });

    check('may cancel, watch and write while it is called', async (logs, store) => {
      const { version } = await logs.create('a');
      const woken: string[] = [];
      const late = new Promise<void>((resolve) => {
        const cancelFirst = store.watch('a', () => {
          woken.push('first');
          cancelFirst();
          cancelSecond();
          const cancelThird = store.watch('a', () => {
            woken.push('third');
            cancelThird();
            resolve();
          });
        });
        const cancelSecond = store.watch('a', () => woken.push('second'));
      });
      const [head] = stored(await store.commit([appendOp('a', version, records('one'))]));
      expect(woken).toContain('first');
      await store.commit([appendOp('a', head?.version ?? 0, records('two'))]);
      await late;
      expect(woken.filter((each) => each === 'first')).toHaveLength(1);
    });
  });
}
