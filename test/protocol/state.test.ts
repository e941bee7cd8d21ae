import { describe, expect, it } from 'vitest';
import { evolve, type StreamChange, type StreamState } from '../../src/protocol/state.ts';
import { NOW_MS, producersOf, streamState } from '../support/states.ts';

const BUCKET = { kind: 'bucket', createdAtMs: NOW_MS } as const;

function written(special: Partial<Extract<StreamChange, { kind: 'written' }>> = {}): StreamChange {
  return {
    kind: 'written',
    atMs: NOW_MS + 5,
    streamSeq: undefined,
    producer: undefined,
    evicted: undefined,
    closes: false,
    ...special,
  };
}

function after(state: StreamState, change: StreamChange): StreamState {
  const evolved = evolve(state, change);
  if (evolved.kind !== 'stream') throw new Error('a stream stays a stream');
  return evolved;
}

describe('a write', () => {
  it('changes the time of the last write and nothing else', () => {
    const state = streamState({ streamSeq: 'a', forkCount: 2, leaseUntilMs: 7 });
    expect(after(state, written())).toEqual({ ...state, lastWriteAtMs: NOW_MS + 5 });
  });

  it('under a clock that has stepped back leaves the time of the last write', () => {
    expect(after(streamState(), written({ atMs: 5 })).lastWriteAtMs).toBe(NOW_MS);
  });

  it('remembers its Stream-Seq, its producer and who closed the stream', () => {
    const producer = { id: 'p', epoch: 2, seq: 7 };
    const state = after(streamState(), written({ streamSeq: '9', producer, closes: true }));
    expect(state).toMatchObject({ streamSeq: '9', closed: true, closedBy: producer });
    expect(state.producers.get('p')).toEqual({ epoch: 2, seq: 7, lastWriteAtMs: NOW_MS + 5 });
  });

  it('without a Stream-Seq keeps the one before', () => {
    expect(after(streamState({ streamSeq: 'm' }), written()).streamSeq).toBe('m');
  });

  it('forgets the producer that made room', () => {
    const known = { epoch: 0, seq: 0, lastWriteAtMs: 0 };
    const state = streamState({ producers: producersOf({ old: known, young: known }) });
    const change = written({ evicted: 'old', producer: { id: 'new', epoch: 0, seq: 0 } });
    const ids = [...after(state, change).producers.entries()].map(([id]) => id);
    expect(ids.sort()).toEqual(['new', 'young']);
  });
});

describe('the other changes', () => {
  it('renew a lease, which never gets shorter', () => {
    const state = streamState({ leaseUntilMs: 100 });
    expect(after(state, { kind: 'renewed', leaseUntilMs: 150 }).leaseUntilMs).toBe(150);
    expect(after(state, { kind: 'renewed', leaseUntilMs: 50 }).leaseUntilMs).toBe(100);
  });

  it('count forks', () => {
    const state = streamState({ forkCount: 1 });
    expect(after(state, { kind: 'fork-added' }).forkCount).toBe(2);
    expect(after(state, { kind: 'fork-removed' }).forkCount).toBe(0);
  });

  it('mark a stream as deleted', () => {
    expect(after(streamState(), { kind: 'soft-deleted' }).softDeleted).toBe(true);
  });

  it.each([
    written({ closes: true }),
    { kind: 'renewed', leaseUntilMs: 1 },
    { kind: 'fork-added' },
    { kind: 'fork-removed' },
    { kind: 'soft-deleted' },
    { kind: 'replaced', text: 'new' },
  ] satisfies StreamChange[])('mean nothing to a bucket: $kind', (change) => {
    expect(evolve(BUCKET, change)).toBe(BUCKET);
  });

  it('replace a document as a whole, and do nothing else to it', () => {
    const document = { kind: 'document', text: 'old' } as const;
    const replaced = evolve(document, { kind: 'replaced', text: 'new' });
    expect(replaced).toEqual({ kind: 'document', text: 'new' });
    expect(evolve(document, { kind: 'soft-deleted' })).toBe(document);
  });
});
