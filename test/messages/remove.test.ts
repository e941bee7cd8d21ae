import { describe, expect, it } from 'vitest';
import { beyondLimits, decideRemove, removeRefusal } from '../../src/messages/remove.ts';
import { ns } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { ListedStream, several } from '../support/stream-view.ts';

const FIVE = several(5, { on: 'orders.a' });

/** The sequences that go, or the code of what stands in the way. */
function removedOf(view: ListedStream, ...asked: readonly number[]): readonly number[] | string {
  const decision = decideRemove(view, asked, 'delete');
  if (decision.kind === 'declined') return decision.declined.code;
  return decision.removed.map(({ seq }) => seq);
}

describe('to remove messages', () => {
  it('takes those that are there, each once', () => {
    const view = new ListedStream({}, FIVE, 9);
    expect(removedOf(view, 2, 9, 2, 4, 0, 100)).toEqual([2, 4]);
    expect(removedOf(view)).toEqual([]);
  });

  const CAUSES = ['delete', 'purge', 'trim'] as const;

  it.each([
    { config: {}, denied: [undefined, undefined, undefined] },
    { config: { denyDelete: true }, denied: ['delete-denied', undefined, undefined] },
    { config: { denyPurge: true }, denied: [undefined, 'purge-denied', undefined] },
    {
      config: { denyDelete: true, denyPurge: true },
      denied: ['delete-denied', 'purge-denied', undefined],
    },
    { config: { sealed: true }, denied: ['sealed', 'sealed', 'sealed'] },
    { config: { sealed: true, denyDelete: true }, denied: ['sealed', 'sealed', 'sealed'] },
  ])('to delete, to purge and to trim under $config: $denied', ({ config, denied }) => {
    const view = new ListedStream(config, FIVE);
    expect(CAUSES.map((cause) => removeRefusal(view, cause)?.code)).toEqual(denied);
    for (const [index, cause] of CAUSES.entries()) {
      const decision = decideRemove(view, [1], cause);
      expect(decision.kind === 'declined' ? decision.declined.code : undefined).toBe(denied[index]);
    }
  });
});

describe('what is beyond the limits of a stream', () => {
  const aged = [0, 10, 10, 20, 30].map((ms) => ({ on: 'orders.a', atMs: NOW_MS + ms }));
  const beyond = (view: ListedStream, afterMs = 0, atMost = 100): number[] =>
    beyondLimits(view, NOW_MS + afterMs, atMost).map(({ seq }) => seq);

  // Each message is nine bytes.
  it.each([
    { config: {}, afterMs: 1e9, gone: [] },
    { config: { messagesMax: 5 }, afterMs: 0, gone: [] },
    { config: { messagesMax: 3 }, afterMs: 0, gone: [1, 2] },
    { config: { bytesMax: 45 }, afterMs: 0, gone: [] },
    { config: { bytesMax: 44 }, afterMs: 0, gone: [1] },
    { config: { bytesMax: 8 }, afterMs: 0, gone: [1, 2, 3, 4, 5] },
    { config: { maxAgeNs: ns(10) }, afterMs: 9, gone: [] },
    { config: { maxAgeNs: ns(10) }, afterMs: 11, gone: [1] },
    { config: { maxAgeNs: ns(10) }, afterMs: 35, gone: [1, 2, 3, 4] },
    { config: { maxAgeNs: 1 }, afterMs: 30, gone: [1, 2, 3, 4] },
    { config: { messagesMax: 4, maxAgeNs: ns(10) }, afterMs: 21, gone: [1, 2, 3] },
    { config: { messagesMax: 1, maxAgeNs: ns(10) }, afterMs: 21, gone: [1, 2, 3, 4] },
    { config: { messagesMax: 4, bytesMax: 27 }, afterMs: 0, gone: [1, 2] },
    { config: { messagesMax: 2, bytesMax: 36 }, afterMs: 0, gone: [1, 2, 3] },
    { config: { discard: 'new', messagesMax: 1, bytesMax: 1 }, afterMs: 1e9, gone: [] },
    { config: { discard: 'new', messagesMax: 1, maxAgeNs: ns(10) }, afterMs: 11, gone: [1] },
    { config: { sealed: true, messagesMax: 1, maxAgeNs: 1 }, afterMs: 1e9, gone: [] },
    { config: { denyDelete: true, denyPurge: true, messagesMax: 4 }, afterMs: 0, gone: [1] },
  ] as const)('under $config after $afterMs ms: $gone', ({ config, afterMs, gone }) => {
    const view = new ListedStream(config, aged);
    expect(beyond(view, afterMs)).toEqual(gone);
    expect(beyond(view, afterMs, 2)).toEqual(gone.slice(0, 2));
  });

  it('is nothing in the future, where the clock has stepped back', () => {
    expect(beyond(new ListedStream({ maxAgeNs: 1 }, aged), -1000)).toEqual([]);
  });

  it('is looked for past gaps', () => {
    const listed = [3, 7, 8].map((seq) => ({ on: 'orders.a', seq }));
    expect(beyond(new ListedStream({ messagesMax: 1 }, listed, 20))).toEqual([3, 7]);
  });
});
