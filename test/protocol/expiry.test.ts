import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAtMs, expiresAtMs, isExpired, renewedLease } from '../../src/protocol/expiry.ts';
import { evolve, type StreamState } from '../../src/protocol/state.ts';
import { NOW_MS, streamState, writtenAt } from '../support/states.ts';

const ttl = (seconds: number, special: Partial<StreamState> = {}): StreamState =>
  streamState({ expiry: { kind: 'ttl', seconds }, ...special });
const at = (atMs: number): StreamState => streamState({ expiry: { kind: 'at', atMs, text: '' } });

describe('the instant at which a stream expires', () => {
  it.each([
    { what: 'never', state: streamState(), atMs: undefined },
    { what: 'when it says', state: at(NOW_MS + 7), atMs: NOW_MS + 7 },
    { what: 'a TTL after the last write', state: ttl(60), atMs: NOW_MS + 60_000 },
    { what: 'at once with a TTL of zero', state: ttl(0), atMs: NOW_MS },
    {
      what: 'when reads have extended it to',
      state: ttl(60, { leaseUntilMs: NOW_MS + 90_000 }),
      atMs: NOW_MS + 90_000,
    },
    {
      what: 'a TTL after a write that outlasts the lease',
      state: ttl(60, { leaseUntilMs: NOW_MS + 9 }),
      atMs: NOW_MS + 60_000,
    },
  ])('is $what', ({ state, atMs }) => {
    expect(expiresAtMs(state)).toBe(atMs);
    if (atMs === undefined) return;
    expect(isExpired(state, atMs - 1)).toBe(false);
    expect(isExpired(state, atMs)).toBe(true);
  });

  it('does not move a hard deadline, whatever reads and writes there are', () => {
    const state = { ...at(NOW_MS + 7), leaseUntilMs: NOW_MS + 100, lastWriteAtMs: NOW_MS + 6 };
    expect(expiresAtMs(state)).toBe(NOW_MS + 7);
    expect(renewedLease(state, NOW_MS)).toBe(undefined);
  });

  it('does not exist for a bucket', () => {
    expect(expiresAtMs({ kind: 'bucket', createdAtMs: 0 })).toBe(undefined);
    expect(isExpired({ kind: 'bucket', createdAtMs: 0 }, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it('is when somebody should look, unless forks keep what is deleted', () => {
    expect(dueAtMs(ttl(60))).toBe(NOW_MS + 60_000);
    expect(dueAtMs(ttl(60, { softDeleted: true }))).toBe(undefined);
    expect(dueAtMs({ kind: 'bucket', createdAtMs: 0 })).toBe(undefined);
  });
});

describe('a sliding TTL', () => {
  it('is not renewed for a stream that never expires', () => {
    expect(renewedLease(streamState(), NOW_MS)).toBe(undefined);
  });

  it('is not renewed while the stored expiry covers a full TTL from now', () => {
    expect(renewedLease(ttl(60), NOW_MS)).toBe(undefined);
    expect(renewedLease(ttl(60), NOW_MS + 1)).toBeGreaterThan(NOW_MS + 60_000);
  });

  const anyTtl = fc.oneof(fc.nat(20), fc.nat(1000), fc.nat(31_536_000_000));
  const anyAct = fc.record({ kind: fc.constantFrom('read', 'write'), afterMs: fc.nat(100_000) });

  it('never ends a stream early, and lets it outlive its last use by a tenth at most', () => {
    fc.assert(
      fc.property(anyTtl, fc.array(anyAct), (seconds, acts) => {
        let state = ttl(seconds);
        let nowMs = NOW_MS;
        for (const { kind, afterMs } of acts) {
          nowMs += afterMs;
          if (isExpired(state, nowMs)) break;
          state = use(state, kind, nowMs);
          const fullMs = nowMs + seconds * 1000;
          const overshootMs = Math.min(Math.max(seconds * 100, 100), 60_000);
          expect(expiresAtMs(state)).toBeGreaterThanOrEqual(fullMs);
          // A read somewhat earlier may have overshot further than the newest use.
          expect(expiresAtMs(state)).toBeLessThanOrEqual(fullMs + overshootMs);
        }
      }),
    );
  });

  it('costs at most one renewal a step, however many reads there are', () => {
    const anySteps = fc.array(fc.nat(30), { maxLength: 200 });
    fc.assert(
      fc.property(fc.nat(3600), anySteps, (seconds, steps) => {
        let state = ttl(seconds);
        let nowMs = NOW_MS;
        const renewedAtMs: number[] = [];
        for (const afterMs of steps) {
          nowMs += afterMs;
          const leaseUntilMs = renewedLease(state, nowMs);
          if (leaseUntilMs === undefined) continue;
          renewedAtMs.push(nowMs);
          state = use(state, 'read', nowMs);
          expect(renewedLease(state, nowMs)).toBe(undefined);
        }
        const stepMs = Math.min(Math.max(seconds * 100, 100), 60_000);
        for (const [index, atMs] of renewedAtMs.entries()) {
          const before = renewedAtMs[index - 1];
          if (before !== undefined) expect(atMs - before).toBeGreaterThan(stepMs);
        }
      }),
    );
  });

  it('is the same to every process that knows the same state', () => {
    const state = ttl(60, { leaseUntilMs: NOW_MS + 64_000 });
    const other = { ...state };
    expect(expiresAtMs(other)).toBe(expiresAtMs(state));
    expect(renewedLease(other, NOW_MS + 5000)).toBe(renewedLease(state, NOW_MS + 5000));
  });
});

/** The state after a read has been counted, or after a write. */
function use(state: StreamState, kind: string, atMs: number): StreamState {
  const after =
    kind === 'write'
      ? evolve(state, writtenAt(atMs))
      : evolve(state, { kind: 'renewed', leaseUntilMs: renewedLease(state, atMs) ?? 0 });
  if (after.kind !== 'stream') throw new Error('a stream stays a stream');
  return after;
}
