import { describe, expect, it } from 'vitest';
import { decidePublish, type PublishDecision } from '../../src/messages/publish.ts';
import { newMessage, ns, origin } from '../support/managed.ts';
import { publishRequest } from '../support/managed.ts';
import { NOW_MS } from '../support/states.ts';
import { ListedStream, several } from '../support/stream-view.ts';

const A = newMessage('orders.a');
const B = newMessage('orders.b');
const TWO = [{ on: 'orders.a' }, { on: 'orders.b' }];

function published(seqs: readonly number[]): PublishDecision {
  return { kind: 'publish', atMs: NOW_MS, times: [], seqs, dropped: [] };
}

function declined(code: string, data: object = {}): object {
  return { kind: 'declined', declined: { code, ...data } };
}

describe('messages that are published', () => {
  it('get the sequences after the last there ever was', () => {
    expect(decidePublish(new ListedStream({}, []), publishRequest([A]))).toEqual(published([1]));
    const purged = new ListedStream({}, TWO, 9);
    expect(decidePublish(purged, publishRequest([A, B, A]))).toEqual(published([10, 11, 12]));
  });

  it('are never older than the one before', () => {
    const view = new ListedStream({}, [{ on: 'orders.a', atMs: NOW_MS + 50 }]);
    const atMs = (nowMs: number): unknown => decidePublish(view, publishRequest([A], { nowMs }));
    expect(atMs(NOW_MS)).toMatchObject({ atMs: NOW_MS + 50 });
    expect(atMs(NOW_MS + 51)).toMatchObject({ atMs: NOW_MS + 51 });
  });

  it('are all taken or none', () => {
    const view = new ListedStream({ messageBytesMax: 3, discard: 'new', messagesMax: 4 }, TWO);
    expect(decidePublish(view, publishRequest([A, newMessage('logs.a')]))).toEqual(
      declined('subject-not-captured', { subject: 'logs.a' }),
    );
    expect(decidePublish(view, publishRequest([A, newMessage('orders.a', '1234')]))).toEqual(
      declined('message-too-large', { bytesMax: 3 }),
    );
    expect(decidePublish(view, publishRequest([A, A, A]))).toEqual(
      declined('limit-reached', { limit: 'max_msgs', max: 4 }),
    );
    expect(decidePublish(view, publishRequest([A, newMessage('orders.c', '123')]))).toEqual(
      published([3, 4]),
    );
  });

  it('make room for those after them in the same request', () => {
    const view = new ListedStream({ messagesMax: 3 }, several(3, { on: 'orders.a' }));
    const decision = decidePublish(view, publishRequest([B, B, B, B, B]));
    const dropped = decision.kind === 'publish' ? decision.dropped.map(({ seq }) => seq) : [];
    expect(dropped).toEqual([1, 2, 3, 4, 5]);
    expect(decision).toMatchObject({ seqs: [4, 5, 6, 7, 8] });
  });

  it('come neither to a sealed stream nor, but for copies, to a mirror', () => {
    const sealed = new ListedStream({ sealed: true, mirror: origin('LOGS') }, []);
    const mirror = new ListedStream({ mirror: origin('LOGS'), subjects: [] }, [], 4);
    const times = [NOW_MS - 5, NOW_MS - 2];
    const copy = { copy: { kind: 'mirror', seqs: [7, 9], times } } as const;
    for (const request of [publishRequest([A]), publishRequest([A, B], copy)]) {
      expect(decidePublish(sealed, request)).toEqual(declined('sealed'));
    }
    expect(decidePublish(mirror, publishRequest([A]))).toEqual(declined('mirror'));
    const far = [newMessage('far.away'), newMessage('farther')];
    expect(decidePublish(mirror, publishRequest(far, copy))).toEqual({
      ...published([7, 9]),
      times,
      atMs: NOW_MS - 2,
    });
    const late = { copy: { kind: 'mirror', seqs: [4, 9], times } } as const;
    expect(decidePublish(mirror, publishRequest(far, late))).toEqual(declined('conflict'));
    const sourced = publishRequest(far, { copy: { kind: 'source' } });
    expect(decidePublish(mirror, sourced)).toEqual(declined('mirror'));
  });
});

describe('an account that is limited', () => {
  const room = (bytesLeft: number): Parameters<typeof publishRequest>[1] => ({
    accountRoom: { bytesMax: 100, bytesLeft },
  });
  const full = declined('too-many-bytes-of-account', { bytesMax: 100 });
  const BYTES = 'orders.a'.length + 1;

  it('takes what it has room for, all of it or nothing', () => {
    const view = new ListedStream({}, TWO);
    expect(decidePublish(view, publishRequest([A, A], room(2 * BYTES)))).toEqual(published([3, 4]));
    expect(decidePublish(view, publishRequest([A, A], room(2 * BYTES - 1)))).toEqual(full);
  });

  it('takes what pushes out as much, also beyond a limit that was lowered', () => {
    const view = new ListedStream({ messagesMax: 2 }, TWO);
    expect(decidePublish(view, publishRequest([A], room(-5)))).toMatchObject({ kind: 'publish' });
    const larger = publishRequest([newMessage('orders.a', '12')], room(0));
    expect(decidePublish(view, larger)).toEqual(full);
  });

  it('hears first of what is wrong with the message', () => {
    const view = new ListedStream({}, TWO);
    const wrong = { ...room(0), expectedLastSeq: 7 };
    expect(decidePublish(view, publishRequest([A], wrong))).toEqual(
      declined('wrong-last-sequence', { expected: 7, actual: 2 }),
    );
  });
});

describe('a message id', () => {
  const known = (special = {}): ListedStream => {
    const view = new ListedStream({ duplicateWindowNs: ns(100), ...special }, TWO);
    view.ids.set('x', { seq: 2, atMs: NOW_MS });
    return view;
  };
  const given = (view: ListedStream, messageId: string, afterMs: number, special = {}): string =>
    decidePublish(view, publishRequest([A], { messageId, nowMs: NOW_MS + afterMs, ...special }))
      .kind;

  it.each([
    { messageId: 'x', afterMs: 0, kind: 'duplicate' },
    { messageId: 'x', afterMs: 99, kind: 'duplicate' },
    { messageId: 'x', afterMs: 100, kind: 'publish' },
    { messageId: 'x', afterMs: -1000, kind: 'duplicate' },
    { messageId: 'y', afterMs: 0, kind: 'publish' },
  ])('$messageId $afterMs ms after x: $kind', ({ messageId, afterMs, kind }) => {
    expect(given(known(), messageId, afterMs)).toBe(kind);
  });

  it('that is known says with which sequence', () => {
    expect(decidePublish(known(), publishRequest([B], { messageId: 'x' }))).toEqual({
      kind: 'duplicate',
      seq: 2,
    });
  });

  it('that is known comes before what else would be refused, but for a stream that takes nothing', () => {
    expect(given(known({ messageBytesMax: 0 }), 'x', 0)).toBe('duplicate');
    expect(given(known(), 'x', 0, { expectedLastSeq: 0 })).toBe('duplicate');
    expect(given(known({ sealed: true }), 'x', 0)).toBe('declined');
  });
});

describe('an expected sequence', () => {
  const view = new ListedStream({}, [...TWO, { on: 'orders.a' }], 8);
  const wrong = (expected: number, actual: number): object =>
    declined('wrong-last-sequence', { expected, actual });

  it('is that of the stream', () => {
    const expecting = (expectedLastSeq: number): PublishDecision =>
      decidePublish(view, publishRequest([A, B], { expectedLastSeq }));
    expect(expecting(8)).toEqual(published([9, 10]));
    for (const expected of [0, 3, 7, 9]) expect(expecting(expected)).toEqual(wrong(expected, 8));
  });

  it.each([
    { on: 'orders.a', last: 3 },
    { on: 'orders.b', last: 2 },
    { on: 'orders.c', last: 0 },
  ])('is that of the subject: $on has $last', ({ on, last }) => {
    for (const expectedLastSubjectSeq of [0, 1, 2, 3, 8]) {
      const request = publishRequest([newMessage(on)], { expectedLastSubjectSeq });
      const expected =
        expectedLastSubjectSeq === last ? published([9]) : wrong(expectedLastSubjectSeq, last);
      expect(decidePublish(view, request)).toEqual(expected);
    }
  });

  it('of a subject is of one alone', () => {
    const request = { expectedLastSubjectSeq: 3 };
    expect(decidePublish(view, publishRequest([A, A], request))).toEqual(published([9, 10]));
    for (const messages of [[A, B], [A, A, B], []]) {
      expect(decidePublish(view, publishRequest(messages, request))).toEqual(
        declined('several-subjects'),
      );
    }
  });

  it('of both has to be right twice', () => {
    const both = (expectedLastSeq: number, expectedLastSubjectSeq: number): string =>
      decidePublish(view, publishRequest([A], { expectedLastSeq, expectedLastSubjectSeq })).kind;
    expect([both(8, 3), both(8, 2), both(7, 3)]).toEqual(['publish', 'declined', 'declined']);
  });
});
