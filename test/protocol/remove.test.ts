import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagOf } from '../../src/protocol/create.ts';
import { parseTagList } from '../../src/protocol/etag.ts';
import { decideRemove, fatesOfAncestors } from '../../src/protocol/remove.ts';
import { headOf, NOW_MS, streamState } from '../support/states.ts';

const expired = { expiry: { kind: 'at', atMs: NOW_MS, text: '' } } as const;

describe('a DELETE', () => {
  it.each([
    { of: 'nothing', state: undefined, answer: 'stream-not-found' },
    { of: 'a stream', state: streamState(), answer: 'remove' },
    { of: 'a closed stream', state: streamState({ closed: true }), answer: 'remove' },
    { of: 'a source', state: streamState({ forkCount: 1 }), answer: 'soft-delete' },
    {
      of: 'a deleted source',
      state: streamState({ softDeleted: true, forkCount: 1 }),
      answer: 'stream-gone',
    },
    { of: 'an expired stream', state: streamState(expired), answer: 'stream-not-found' },
    {
      of: 'an expired source',
      state: streamState({ ...expired, forkCount: 2 }),
      answer: 'stream-gone',
    },
  ])('of $of: $answer', ({ state, answer }) => {
    const decision = decideRemove(state && headOf(state), undefined, NOW_MS);
    expect(decision.kind === 'refused' ? decision.refusal.code : decision.kind).toBe(answer);
  });

  it('under a precondition that fails changes nothing and names the tag that stands', () => {
    const head = headOf(streamState());
    const tag = tagOf(head);
    expect(decideRemove(head, parseTagList(`"x", ${tag}`), NOW_MS)).toEqual({ kind: 'remove' });
    expect(decideRemove(head, '*', NOW_MS)).toEqual({ kind: 'remove' });
    for (const other of ['"x"', `W/${tag}`]) {
      expect(decideRemove(head, parseTagList(other), NOW_MS)).toEqual({
        kind: 'refused',
        refusal: { code: 'precondition-failed', tag },
      });
    }
  });
});

describe('the ancestors of a removed fork', () => {
  const heads = (chain: readonly { softDeleted: boolean; forkCount: number }[]) =>
    chain.map((each) => headOf(streamState(each)));
  const kept = { softDeleted: true, forkCount: 1 };
  const shared = { softDeleted: true, forkCount: 2 };
  const alive = { softDeleted: false, forkCount: 1 };

  it.each([
    { chain: [], fates: [] },
    { chain: [alive], fates: ['fork-removed'] },
    { chain: [shared], fates: ['fork-removed'] },
    { chain: [kept], fates: ['removed'] },
    { chain: [kept, alive, kept], fates: ['removed', 'fork-removed'] },
    { chain: [kept, kept, shared, kept], fates: ['removed', 'removed', 'fork-removed'] },
    { chain: [kept, kept], fates: ['removed', 'removed'] },
    { chain: [alive, kept], fates: ['fork-removed'] },
  ])('$chain: $fates', ({ chain, fates }) => {
    expect(fatesOfAncestors(heads(chain))).toEqual(fates);
  });

  it('go as long as nobody else needs them, and the first that stays counts one fork less', () => {
    const anyAncestor = fc.record({ softDeleted: fc.boolean(), forkCount: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(anyAncestor), (chain) => {
        const fates = fatesOfAncestors(heads(chain));
        const staying = chain.findIndex((each) => !(each.softDeleted && each.forkCount === 1));
        const removed = staying < 0 ? chain.length : staying;
        expect(fates).toEqual([
          ...Array.from({ length: removed }, () => 'removed'),
          ...(staying < 0 ? [] : ['fork-removed']),
        ]);
      }),
    );
  });
});
