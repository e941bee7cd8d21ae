import { describe, expect, it } from 'vitest';
import { Cut } from '../../src/services/cut.ts';
import { OriginGate } from '../../src/services/origin-gate.ts';

const MANY = 1000;
const TIMED_OUT = { kind: 'timed-out' } as const;

describe('the gate of an origin', () => {
  it('lets so many in at once, and the others in their order', async () => {
    const gate = new OriginGate(2, MANY);
    const entered: number[] = [];
    const all = [0, 1, 2, 3].map(async (each) => {
      if (await gate.enter('one', new Cut())) entered.push(each);
    });
    await Promise.all(all.slice(0, 2));
    expect([entered, gate.waiting]).toEqual([[0, 1], 2]);
    gate.leave('one');
    await all[2];
    expect([entered, gate.waiting]).toEqual([[0, 1, 2], 1]);
    gate.leave('one');
    await all[3];
    expect([entered, gate.waiting]).toEqual([[0, 1, 2, 3], 0]);
  });

  it('is another for each origin', async () => {
    const gate = new OriginGate(1, MANY);
    expect(await gate.enter('one', new Cut())).toBe(true);
    expect(await gate.enter('two', new Cut())).toBe(true);
  });

  it('holds nobody who has been cut, and gives nobody’s place away', async () => {
    const gate = new OriginGate(1, MANY);
    await gate.enter('one', new Cut());
    const cuts = Array.from({ length: 100 }, () => new Cut());
    const cutOff = cuts.map((cut) => gate.enter('one', cut));
    const last = gate.enter('one', new Cut());
    for (const cut of cuts) cut.because(TIMED_OUT);
    expect(new Set(await Promise.all(cutOff))).toEqual(new Set([false]));
    expect(gate.waiting).toBe(1);
    gate.leave('one');
    expect(await last).toBe(true);
    gate.leave('one');
    // All have left: there is room again, for one.
    expect(await gate.enter('one', new Cut())).toBe(true);
    void gate.enter('one', new Cut());
    expect(gate.waiting).toBe(1);
  });

  it('lets no more wait than it may', async () => {
    const gate = new OriginGate(1, 1);
    await gate.enter('one', new Cut());
    const waiting = gate.enter('one', new Cut());
    const cut = new Cut();
    expect(await gate.enter('one', cut)).toBe(false);
    expect(cut.failure).toEqual({ kind: 'unreachable', reason: 'busy' });
    expect(await gate.enter('two', new Cut())).toBe(true);
    gate.leave('one');
    expect(await waiting).toBe(true);
  });

  it('does not let in who was cut before', async () => {
    const gate = new OriginGate(1, MANY);
    await gate.enter('one', new Cut());
    const cut = new Cut();
    cut.because(TIMED_OUT);
    expect(await gate.enter('one', cut)).toBe(false);
    expect(gate.waiting).toBe(0);
  });
});
