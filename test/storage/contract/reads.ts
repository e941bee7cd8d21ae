import { describe, expect } from 'vitest';
import { position } from '../../../src/protocol/offset.ts';
import { records } from '../../support/states.ts';
import type { Check } from '../contract.ts';

/** Three records, of which the first is at 0, the second at 4 and the third at 10. */
const TEXTS = ['aaaa', 'bbbbbb', 'cc'] as const;
const MANY = 1 << 20;

export function describeReads(check: Check): void {
  describe('a page', () => {
    check('holds whole records and says where they begin and end', async (logs) => {
      await logs.create('a', ...TEXTS);
      expect(await logs.read('a', 0, MANY)).toEqual([0, 'aaaabbbbbbcc', 12]);
      expect(await logs.read('a', 4, MANY)).toEqual([4, 'bbbbbbcc', 12]);
      expect(await logs.read('a', 10, MANY)).toEqual([10, 'cc', 12]);
    });

    check('begins with the record that the position lies in', async (logs) => {
      await logs.create('a', ...TEXTS);
      for (const at of [1, 2, 3]) {
        expect(await logs.read('a', at, MANY)).toEqual([0, 'aaaabbbbbbcc', 12]);
      }
      for (const at of [5, 9]) expect(await logs.read('a', at, MANY)).toEqual([4, 'bbbbbbcc', 12]);
      expect(await logs.read('a', 11, MANY)).toEqual([10, 'cc', 12]);
    });

    check('holds at least one record, however large', async (logs) => {
      await logs.create('a', ...TEXTS);
      for (const bytesMax of [0, 1, 3, 4, 9]) {
        expect(await logs.read('a', 0, bytesMax)).toEqual([0, 'aaaa', 4]);
      }
      expect(await logs.read('a', 4, 1)).toEqual([4, 'bbbbbb', 10]);
      expect(await logs.read('a', 7, 1)).toEqual([4, 'bbbbbb', 10]);
    });

    check('holds as many more as fit', async (logs) => {
      await logs.create('a', ...TEXTS);
      expect(await logs.read('a', 0, 10)).toEqual([0, 'aaaabbbbbb', 10]);
      expect(await logs.read('a', 0, 11)).toEqual([0, 'aaaabbbbbb', 10]);
      expect(await logs.read('a', 0, 12)).toEqual([0, 'aaaabbbbbbcc', 12]);
      expect(await logs.read('a', 3, 10)).toEqual([0, 'aaaabbbbbb', 10]);
      expect(await logs.read('a', 4, 8)).toEqual([4, 'bbbbbbcc', 12]);
    });

    check('is the same whether records came one by one or together', async (logs) => {
      const texts = Array.from({ length: 16 }, (_, index) => 'x'.repeat(1 + ((index * 7) % 11)));
      await logs.create('together', ...texts);
      await logs.create('apart');
      for (const text of texts) await logs.append('apart', text);
      const { tail } = await logs.head('together');
      for (let at = 0; at <= tail; at += 3) {
        for (const bytesMax of [1, 10, 33, 100, MANY]) {
          const together = await logs.read('together', at, bytesMax);
          expect(await logs.read('apart', at, bytesMax)).toEqual(together);
        }
      }
    });

    check('leads to the next one, and all of them are the log', async (logs) => {
      await logs.create('a');
      let text = '';
      for (let round = 0; round < 12; round += 1) {
        const parts = Array.from({ length: 1 + (round % 4) }, (_, part) => `${round}.${part};`);
        await logs.append('a', ...parts);
        text += parts.join('');
      }
      for (const bytesMax of [1, 7, 64, MANY]) {
        expect(await logs.content('a', bytesMax)).toBe(text);
      }
    });

    check('of a log that begins later counts from its start', async (logs, store) => {
      await logs.createWith('a', { start: position(1000), records: records(...TEXTS) });
      expect(await logs.read('a', 1000, MANY)).toEqual([1000, 'aaaabbbbbbcc', 1012]);
      expect(await logs.read('a', 1005, 1)).toEqual([1004, 'bbbbbb', 1010]);
      const outcome = await store.read('a', position(999), MANY);
      expect(outcome).toEqual({ kind: 'trimmed', earliest: 1000 });
    });

    check('at the tail is empty', async (logs) => {
      await logs.create('a', ...TEXTS);
      expect(await logs.page('a', 12, MANY)).toEqual({ from: 12, to: 12, pieces: [] });
    });

    check('past the tail is the one at the tail', async (logs) => {
      await logs.create('a', ...TEXTS);
      for (const at of [13, 100, Number.MAX_SAFE_INTEGER]) {
        expect(await logs.page('a', at, MANY)).toEqual({ from: 12, to: 12, pieces: [] });
      }
    });

    check('of an empty log is empty', async (logs) => {
      await logs.createWith('a', { start: position(7) });
      expect(await logs.page('a', 7, MANY)).toEqual({ from: 7, to: 7, pieces: [] });
      expect(await logs.page('a', 9, MANY)).toEqual({ from: 7, to: 7, pieces: [] });
    });
  });

  describe('a read', () => {
    check('where no log is finds it absent', async (logs, store) => {
      expect(await store.read('a', position(0), MANY)).toEqual({ kind: 'absent' });
      await logs.create('a', 'one');
      await logs.remove('a');
      expect(await store.read('a', position(0), MANY)).toEqual({ kind: 'absent' });
      expect(await store.read('a', position(50), MANY)).toEqual({ kind: 'absent' });
    });

    check('of an incarnation that is gone finds it absent', async (logs, store) => {
      const { incarnation } = await logs.create('a', 'old');
      expect((await logs.page('a', 0, MANY, incarnation)).to).toBe(3);
      await logs.remove('a');
      expect(await store.read('a', position(0), MANY, incarnation)).toEqual({ kind: 'absent' });
      const renewed = await logs.create('a', 'newer');
      expect(await store.read('a', position(0), MANY, incarnation)).toEqual({ kind: 'absent' });
      expect((await logs.page('a', 0, MANY, renewed.incarnation)).to).toBe(5);
      expect(await logs.read('a', 0, MANY)).toEqual([0, 'newer', 5]);
    });

    check(
      'of an incarnation that was replaced without a delete finds it absent',
      async (logs, store) => {
        const { incarnation } = await logs.create('a', 'old');
        await logs.create('a', 'newer');
        expect(await store.read('a', position(0), MANY, incarnation)).toEqual({ kind: 'absent' });
      },
    );

    check('before the earliest position is told which one that is', async (logs, store) => {
      await logs.create('a', ...TEXTS);
      await logs.trim('a', 4);
      for (const at of [0, 3]) {
        const outcome = await store.read('a', position(at), MANY);
        expect(outcome).toEqual({ kind: 'trimmed', earliest: 4 });
      }
      expect(await logs.read('a', 4, MANY)).toEqual([4, 'bbbbbbcc', 12]);
      expect(await logs.read('a', 4, 1)).toEqual([4, 'bbbbbb', 10]);
    });

    check('goes on where records are added after a trim', async (logs) => {
      await logs.create('a', ...TEXTS);
      await logs.trim('a', 10);
      await logs.append('a', 'dd');
      expect(await logs.read('a', 10, MANY)).toEqual([10, 'ccdd', 14]);
      await logs.trim('a', 12);
      expect(await logs.read('a', 12, MANY)).toEqual([12, 'dd', 14]);
    });

    check('does not change what it reads', async (logs, store) => {
      const head = await logs.create('a', ...TEXTS);
      for (let round = 0; round < 3; round += 1) await logs.content('a', 1);
      expect(await store.durable('a')).toEqual(head);
      expect(await logs.content('a')).toBe(TEXTS.join(''));
    });
  });
}
