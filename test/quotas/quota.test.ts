import { describe, expect, it } from 'vitest';
import { HeldByAccount, NOTHING } from '../../src/quotas/held.ts';
import { Quota } from '../../src/quotas/quota.ts';

describe('what accounts hold', () => {
  it('is remembered for those that hold something', () => {
    const held = new HeldByAccount();
    held.add('acme', 1, 10);
    held.add('acme', 1, 5);
    held.add('other', 0, 0);
    expect(held.of('acme')).toEqual({ streams: 2, bytes: 15 });
    expect([held.of('other'), held.size]).toEqual([NOTHING, 1]);
    held.add('acme', -2, -15);
    expect([held.of('acme'), held.size]).toEqual([NOTHING, 0]);
  });
});

describe('a quota', () => {
  const held = new HeldByAccount();
  held.add('acme', 3, 100);
  const limited = new Quota(held, { accountStreamsMax: 4, accountBytesMax: 110 });

  it('lets an account have as much as the limits say, and no more', () => {
    expect(limited.refusal('acme', { streams: 1, bytes: 10 })).toBeUndefined();
    expect(limited.refusal('acme', { streams: 2, bytes: 0 })).toEqual({
      code: 'too-many-streams-of-account',
      streamsMax: 4,
    });
    expect(limited.refusal('acme', { streams: 0, bytes: 11 })).toEqual({
      code: 'too-many-bytes-of-account',
      bytesMax: 110,
    });
    expect(limited.refusal('other', { streams: 4, bytes: 110 })).toBeUndefined();
    expect(limited.room('acme')).toEqual({ bytesMax: 110, bytesLeft: 10 });
  });

  it('never refuses what adds nothing, not even beyond a limit that was lowered', () => {
    const lowered = new Quota(held, { accountStreamsMax: 1, accountBytesMax: 1 });
    expect(lowered.refusal('acme', NOTHING)).toBeUndefined();
    expect(lowered.refusal('acme', { streams: 0, bytes: -5 })).toBeUndefined();
    expect(lowered.refusal('acme', { streams: 1, bytes: 0 })).toBeDefined();
  });

  it('knows no limit where none is set', () => {
    const onlyStreams = new Quota(held, { accountStreamsMax: 3, accountBytesMax: 0 });
    expect(onlyStreams.refusal('acme', { streams: 0, bytes: 1e12 })).toBeUndefined();
    expect(onlyStreams.room('acme')).toBeUndefined();
    const onlyBytes = new Quota(held, { accountStreamsMax: 0, accountBytesMax: 100 });
    expect(onlyBytes.refusal('acme', { streams: 1e6, bytes: 0 })).toBeUndefined();
    expect(onlyBytes.room('acme')).toEqual({ bytesMax: 100, bytesLeft: 0 });
  });
});
