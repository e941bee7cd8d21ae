import { describe, expect, it } from 'vitest';
import { standing } from '../../src/protocol/head.ts';
import { headOf, NOW_MS, streamState } from '../support/states.ts';

// Every combination of what standing depends on.
const TABLE = [
  { softDeleted: false, expired: false, forkCount: 0, stands: 'live' },
  { softDeleted: false, expired: false, forkCount: 1, stands: 'live' },
  { softDeleted: false, expired: true, forkCount: 0, stands: 'absent' },
  { softDeleted: false, expired: true, forkCount: 1, stands: 'gone' },
  { softDeleted: true, expired: false, forkCount: 0, stands: 'gone' },
  { softDeleted: true, expired: false, forkCount: 1, stands: 'gone' },
  { softDeleted: true, expired: true, forkCount: 0, stands: 'gone' },
  { softDeleted: true, expired: true, forkCount: 1, stands: 'gone' },
];

describe('a name', () => {
  it.each(TABLE)(
    'stands $stands when deleted: $softDeleted, expired: $expired, forks: $forkCount',
    ({ softDeleted, expired, forkCount, stands }) => {
      const expiry = { kind: 'at', atMs: expired ? NOW_MS : NOW_MS + 1, text: '' } as const;
      const state = streamState({ softDeleted, forkCount, expiry });
      expect(standing(headOf(state), NOW_MS).kind).toBe(stands);
    },
  );

  it('without a log is free', () => {
    expect(standing(undefined, NOW_MS)).toEqual({ kind: 'absent' });
  });

  it('of a bucket is no stream', () => {
    const head = { ...headOf(streamState()), state: { kind: 'bucket', createdAtMs: 0 } as const };
    expect(standing(head, NOW_MS)).toEqual({ kind: 'absent' });
  });
});
