import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeProducer, makeRoom, type ProducerVerdict } from '../../src/protocol/producer.ts';
import type { ProducerState } from '../../src/protocol/state.ts';
import { NOW_MS, producersOf } from '../support/states.ts';

/** The stream knows the producer in epoch 5, its last sequence being 3. */
const KNOWN: ProducerState = { epoch: 5, seq: 3, lastWriteAtMs: NOW_MS };

// Every epoch relation by every sequence relation (protocol, "Validation Logic").
const TABLE: readonly { epoch: number; seq: number; verdict: ProducerVerdict }[] = [
  { epoch: 4, seq: 0, verdict: { kind: 'fenced', currentEpoch: 5 } },
  { epoch: 4, seq: 3, verdict: { kind: 'fenced', currentEpoch: 5 } },
  { epoch: 4, seq: 4, verdict: { kind: 'fenced', currentEpoch: 5 } },
  { epoch: 4, seq: 5, verdict: { kind: 'fenced', currentEpoch: 5 } },
  { epoch: 5, seq: 0, verdict: { kind: 'duplicate', epoch: 5, highestSeq: 3 } },
  { epoch: 5, seq: 3, verdict: { kind: 'duplicate', epoch: 5, highestSeq: 3 } },
  { epoch: 5, seq: 4, verdict: { kind: 'accept' } },
  { epoch: 5, seq: 5, verdict: { kind: 'gap', expected: 4, received: 5 } },
  { epoch: 6, seq: 0, verdict: { kind: 'accept' } },
  { epoch: 6, seq: 3, verdict: { kind: 'epoch-must-start-at-zero', received: 3 } },
  { epoch: 6, seq: 4, verdict: { kind: 'epoch-must-start-at-zero', received: 4 } },
  { epoch: 9, seq: 0, verdict: { kind: 'accept' } },
];

describe('a producer that the stream knows in epoch 5, sequence 3', () => {
  it.each(TABLE)('writing epoch $epoch, sequence $seq is judged $verdict.kind', (cell) => {
    const { epoch, seq, verdict } = cell;
    expect(judgeProducer(KNOWN, { id: 'p', epoch, seq })).toEqual(verdict);
  });
});

describe('a producer that the stream does not know', () => {
  it.each([0, 1, 7])('may begin in epoch %i with sequence 0', (epoch) => {
    expect(judgeProducer(undefined, { id: 'p', epoch, seq: 0 })).toEqual({ kind: 'accept' });
  });

  it('may not begin with a later sequence', () => {
    const verdict = judgeProducer(undefined, { id: 'p', epoch: 0, seq: 2 });
    expect(verdict).toEqual({ kind: 'gap', expected: 0, received: 2 });
  });
});

describe('a producer, whatever arrives in whatever order', () => {
  it('has each of its requests accepted once, in order', () => {
    const anyTuple = fc.record({ epoch: fc.nat(3), seq: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(anyTuple, { maxLength: 60 }), (tuples) => {
        let known: ProducerState | undefined;
        const accepted: { epoch: number; seq: number }[] = [];
        for (const { epoch, seq } of tuples) {
          const verdict = judgeProducer(known, { id: 'p', epoch, seq });
          if (verdict.kind !== 'accept') continue;
          accepted.push({ epoch, seq });
          known = { epoch, seq, lastWriteAtMs: 0 };
        }
        for (const [index, { epoch, seq }] of accepted.entries()) {
          const before = accepted[index - 1];
          if (before?.epoch === epoch) expect(seq).toBe(before.seq + 1);
          else {
            expect(epoch).toBeGreaterThan(before?.epoch ?? -1);
            expect(seq).toBe(0);
          }
        }
      }),
    );
  });
});

describe('room for another producer', () => {
  const limits = { producersMax: 3, producerIdleMs: 1000 };
  const silentFor = (ms: number): ProducerState => ({
    epoch: 0,
    seq: 0,
    lastWriteAtMs: NOW_MS - ms,
  });

  it('is there while the stream remembers fewer than it may', () => {
    const producers = producersOf({ a: silentFor(5000), b: silentFor(5000) });
    expect(makeRoom(producers, 'new', NOW_MS, limits)).toEqual({
      kind: 'room',
      evicted: undefined,
    });
  });

  it('is always there for one that it remembers', () => {
    const producers = producersOf({ a: silentFor(0), b: silentFor(0), c: silentFor(0) });
    expect(makeRoom(producers, 'b', NOW_MS, limits)).toEqual({ kind: 'room', evicted: undefined });
  });

  it('is made by forgetting the one that has been silent for longest', () => {
    const producers = producersOf({ a: silentFor(1500), b: silentFor(9000), c: silentFor(2000) });
    expect(makeRoom(producers, 'new', NOW_MS, limits)).toEqual({ kind: 'room', evicted: 'b' });
  });

  it('is made at the very moment that one has been silent for long enough', () => {
    const producers = producersOf({ a: silentFor(999), b: silentFor(1000), c: silentFor(0) });
    expect(makeRoom(producers, 'new', NOW_MS, limits)).toEqual({ kind: 'room', evicted: 'b' });
  });

  it('is not there while all might still retry', () => {
    const producers = producersOf({ a: silentFor(999), b: silentFor(0), c: silentFor(500) });
    expect(makeRoom(producers, 'new', NOW_MS, limits)).toEqual({ kind: 'full' });
  });
});
