import { describe, expect, it } from 'vitest';
import { begin } from '../../src/delivery/progress.ts';
import { TriggerTotals } from '../../src/delivery/trigger-totals.ts';

const BEGIN = { ...begin('first', 1), delivered: 100, missed: 7 };

describe('the totals of triggers', () => {
  it('count from where a route begins, for all routes of an account together', () => {
    const totals = new TriggerTotals();
    const [one, other] = [totals.ofRoute('acme'), totals.ofRoute('acme')];
    for (const tell of [one, other]) tell(BEGIN);
    expect(totals.byAccount.get('acme')).toMatchObject({ delivered: 0, missed: 0 });
    one({ ...BEGIN, delivered: 103, retried: 1 });
    other({ ...BEGIN, delivered: 110, deadLettered: 2, skipped: 3 });
    expect(totals.byAccount.get('acme')).toEqual({
      delivered: 13,
      filtered: 0,
      retried: 1,
      deadLettered: 2,
      skipped: 3,
      missed: 0,
    });
    expect(totals.byAccount.get('other')).toBeUndefined();
  });

  it('count once what a route goes over again', () => {
    const totals = new TriggerTotals();
    const tell = totals.ofRoute('acme');
    const counted = [0, 5, 2, 5, 6].map((filtered) => {
      tell({ ...BEGIN, filtered });
      return totals.byAccount.get('acme')?.filtered;
    });
    expect(counted).toEqual([0, 5, 5, 5, 6]);
  });
});
