import { describe, expect } from 'vitest';
import type { ManagedConfig, NewMessage } from '../../../../src/messages/config.ts';
import type { Declined } from '../../../../src/messages/declined.ts';
import type { PublishRequest } from '../../../../src/messages/publish.ts';
import { newMessage, origin, subject } from '../../../support/managed.ts';
import { NOW_MS } from '../../../support/states.ts';
import { lookTwice, type MessageCheck } from '../contract.ts';
import { lineOf, onA, STREAM, Streams } from '../streams.ts';

interface Refusal {
  readonly of: string;
  readonly config?: Partial<ManagedConfig>;
  readonly messages?: readonly NewMessage[];
  readonly request?: Partial<PublishRequest>;
  readonly declined: Declined;
}

/** What a stream that has `orders.a 1` and `orders.b 2` does not take. */
const REFUSALS: readonly Refusal[] = [
  {
    of: 'a subject that is not captured',
    messages: [newMessage('orders.a'), newMessage('logs.a')],
    declined: { code: 'subject-not-captured', subject: 'logs.a' },
  },
  {
    of: 'a body that is too large',
    config: { messageBytesMax: 3 },
    messages: onA('123', '1234'),
    declined: { code: 'message-too-large', bytesMax: 3 },
  },
  {
    of: 'more messages than may be',
    config: { discard: 'new', messagesMax: 3 },
    messages: onA('1', '2'),
    declined: { code: 'limit-reached', limit: 'max_msgs', max: 3 },
  },
  {
    of: 'more bytes than may be',
    config: { discard: 'new', bytesMax: 28 },
    messages: onA('1', '2'),
    declined: { code: 'limit-reached', limit: 'max_bytes', max: 28 },
  },
  {
    of: 'more messages on a subject than may be',
    config: { discard: 'new', messagesPerSubjectMax: 2 },
    messages: onA('1', '2'),
    declined: { code: 'limit-reached', limit: 'max_msgs_per_subject', max: 2 },
  },
  {
    of: 'a message that is larger than all may be',
    config: { bytesMax: 20 },
    messages: onA('1', '1234567890123'),
    declined: { code: 'limit-reached', limit: 'max_bytes', max: 20 },
  },
  {
    of: 'anything, where the stream is sealed',
    config: { sealed: true },
    declined: { code: 'sealed' },
  },
  {
    of: 'anything but copies, where the stream is a mirror',
    config: { mirror: origin('LOGS'), subjects: [] },
    declined: { code: 'mirror' },
  },
  {
    of: 'what expects another last sequence',
    request: { expectedLastSeq: 1 },
    declined: { code: 'wrong-last-sequence', expected: 1, actual: 2 },
  },
  {
    of: 'what expects another last sequence of its subject',
    request: { expectedLastSubjectSeq: 2 },
    declined: { code: 'wrong-last-sequence', expected: 2, actual: 1 },
  },
  {
    of: 'what expects its subject to have none',
    request: { expectedLastSubjectSeq: 0 },
    declined: { code: 'wrong-last-sequence', expected: 0, actual: 1 },
  },
  {
    of: 'what expects the last sequence of a subject and is on two',
    messages: [newMessage('orders.a'), newMessage('orders.b')],
    request: { expectedLastSubjectSeq: 1 },
    declined: { code: 'several-subjects' },
  },
];

export function describePublishing(check: MessageCheck): void {
  describe('a publish', () => {
    check('numbers messages from 1, one after another', async (streams) => {
      await streams.configure();
      expect(await streams.publish(onA('1'))).toEqual({
        kind: 'published',
        firstSeq: 1,
        lastSeq: 1,
      });
      expect(await streams.publish(onA('2', '3', '4'))).toEqual({
        kind: 'published',
        firstSeq: 2,
        lastSeq: 4,
      });
      expect(await streams.lines()).toEqual([1, 2, 3, 4].map((seq) => `${seq} orders.a ${seq}`));
    });

    check('is seen once it is answered, with its time and its body', async (streams) => {
      await streams.configure();
      const body = '{"text":"é😀\\u0000","n":1.50}';
      await streams.publish([newMessage('orders.eu.é', body)], { nowMs: NOW_MS + 7 });
      expect(await streams.all()).toEqual([
        {
          seq: 1,
          subject: subject('orders.eu.é'),
          createdAtMs: NOW_MS + 7,
          body: Buffer.from(body),
        },
      ]);
      expect(streams.head().lastAtMs).toBe(NOW_MS + 7);
    });

    check('keeps bodies whatever becomes of the buffers they came in', async (streams) => {
      await streams.configure();
      const message = newMessage('orders.a', '"kept"');
      await streams.publish([message]);
      message.body.fill('!');
      expect(await streams.lines()).toEqual(['1 orders.a "kept"']);
    });

    check('keeps large bodies whole, also after a stop', async (streams, opened) => {
      await streams.configure();
      const large = JSON.stringify('x'.repeat(3 << 20));
      await streams.publish(onA(large, '1'));
      await streams.publish(onA(large));
      const lines = [`1 orders.a ${large}`, '2 orders.a 1', `3 orders.a ${large}`];
      expect((await streams.lines()).join() === lines.join()).toBe(true);
      await opened.catchUp();
      const again = new Streams((await opened.reopen()).messages);
      expect((await again.lines()).join() === lines.join()).toBe(true);
    });

    check('never gives a message an earlier time than the one before', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1'), { nowMs: NOW_MS + 100 });
      await streams.publish(onA('2'), { nowMs: NOW_MS });
      const again = new Streams((await opened.reopen()).messages);
      await again.publish(onA('3'), { nowMs: NOW_MS + 50 });
      await again.store.clear(STREAM);
      await again.publish(onA('4'), { nowMs: NOW_MS + 60 });
      await again.publish(onA('5'), { nowMs: NOW_MS + 101 });
      const times = (await again.all()).map(({ createdAtMs }) => createdAtMs - NOW_MS);
      expect(times).toEqual([100, 101]);
    });

    check('of as many messages as one request may bring is one', async (streams) => {
      await streams.configure();
      const messages = Array.from({ length: 3000 }, (_, index) =>
        newMessage(`orders.${index % 7}`, String(index)),
      );
      expect(await streams.publish(messages)).toMatchObject({ firstSeq: 1, lastSeq: 3000 });
      const lines = messages.map((each, index) => `${index + 1} ${each.subject} ${index}`);
      expect((await streams.all()).map(lineOf)).toEqual(lines);
    });

    check('goes on with the sequences after a stop', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1', '2'));
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.publish(onA('3'))).toMatchObject({ firstSeq: 3 });
      const { messages } = await opened.reopen();
      expect(await new Streams(messages).lines()).toEqual([
        '1 orders.a 1',
        '2 orders.a 2',
        '3 orders.a 3',
      ]);
    });

    check('that does not wait for those before it has a sequence of its own', async (streams) => {
      await streams.configure();
      const published = Array.from({ length: 50 }, (_, index) => streams.publish(onA(`${index}`)));
      const outcomes = await Promise.all(published);
      const seqs = outcomes.map((each) => (each.kind === 'published' ? each.lastSeq : 0));
      expect(seqs.toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
      const lines = seqs.map((seq, index) => `${seq} orders.a ${index}`);
      expect(new Set(await streams.lines())).toEqual(new Set(lines));
    });
  });

  describe('what a stream does not take', () => {
    for (const { of, config, messages, request, declined } of REFUSALS) {
      check(`changes nothing: ${of}`, async (streams) => {
        await streams.configure();
        await streams.publishLines('orders.a 1', 'orders.b 2');
        await streams.configure(config);
        const before = await streams.seen();
        const what = messages ?? onA('3');
        expect(await streams.publish(what, request)).toEqual({ kind: 'declined', declined });
        expect(await streams.publish(what, { ...request, messageId: 'x' })).toEqual({
          kind: 'declined',
          declined,
        });
        expect(await streams.seen()).toEqual(before);
        await streams.configure();
        expect(await streams.publish(onA('3'), { messageId: 'x' })).toMatchObject({ firstSeq: 3 });
      });
    }
  });

  describe('an expected sequence', () => {
    check('lets through what expects right', async (streams) => {
      await streams.configure();
      const request = { expectedLastSeq: 0, expectedLastSubjectSeq: 0 };
      expect(await streams.publish(onA('1'), request)).toMatchObject({ lastSeq: 1 });
      await streams.publishLines('orders.b 2');
      const next = { expectedLastSeq: 2, expectedLastSubjectSeq: 1 };
      expect(await streams.publish(onA('3', '4'), next)).toMatchObject({ lastSeq: 4 });
      expect(await streams.publish(onA('5'), { expectedLastSubjectSeq: 4 })).toMatchObject({
        lastSeq: 5,
      });
    });

    check('lets through one of those that expect the same', async (streams) => {
      await streams.configure();
      for (const expected of ['expectedLastSeq', 'expectedLastSubjectSeq'] as const) {
        const { lastSeq } = streams.head();
        const outcomes = await Promise.all(
          ['1', '2', '3'].map((body) => streams.publish(onA(body), { [expected]: lastSeq })),
        );
        expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
          'declined',
          'declined',
          'published',
        ]);
      }
      expect(streams.head().lastSeq).toBe(2);
    });

    check('of a subject is that of its newest message that is left', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      await streams.remove([3]);
      const again = new Streams((await opened.reopen()).messages);
      expect((await again.publish(onA('4'), { expectedLastSubjectSeq: 3 })).kind).toBe('declined');
      expect((await again.publish(onA('4'), { expectedLastSeq: 2 })).kind).toBe('declined');
      const request = { expectedLastSeq: 3, expectedLastSubjectSeq: 2 };
      expect(await again.publish(onA('4'), request)).toMatchObject({ lastSeq: 4 });
      await again.store.clear(STREAM);
      expect(await again.publish(onA('5'), { expectedLastSubjectSeq: 0 })).toMatchObject({
        lastSeq: 5,
      });
    });
  });

  describe('a limit under discard old', () => {
    check('drops the oldest messages for new ones, at once', async (streams, opened) => {
      await streams.configure({ messagesMax: 3 });
      await streams.publish(onA('1', '2', '3'));
      await streams.publish(onA('4', '5'));
      await lookTwice(streams, opened, async (each) => {
        expect(await each.lines()).toEqual(['3 orders.a 3', '4 orders.a 4', '5 orders.a 5']);
        expect(each.head()).toMatchObject({ messages: 3, bytes: 27, firstSeq: 3, lastSeq: 5 });
      });
    });

    check('drops those of a batch that leave no room for the rest of it', async (streams) => {
      await streams.configure({ messagesMax: 2 });
      expect(await streams.publish(onA('1', '2', '3', '4', '5'))).toMatchObject({
        firstSeq: 1,
        lastSeq: 5,
      });
      expect(await streams.lines()).toEqual(['4 orders.a 4', '5 orders.a 5']);
    });

    check('counts bytes, and those of each subject alone', async (streams) => {
      await streams.configure({ messagesPerSubjectMax: 1 });
      await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.a 3');
      expect(await streams.lines()).toEqual(['2 orders.b 2', '3 orders.a 3']);
      await streams.configure({ bytesMax: 18 });
      await streams.publishLines('orders.a 12');
      expect(await streams.lines()).toEqual(['4 orders.a 12']);
    });

    check('holds for publishes that do not wait for each other', async (streams) => {
      await streams.configure({ messagesMax: 5, messagesPerSubjectMax: 3 });
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          streams.publish([newMessage(`orders.${index % 2}`, String(index))]),
        ),
      );
      expect(streams.head()).toMatchObject({ messages: 5, firstSeq: 26, lastSeq: 30, subjects: 2 });
      expect(Object.values(await streams.counts()).sort()).toEqual([2, 3]);
    });
  });

  describe('a limit under discard new', () => {
    check('holds for publishes that do not wait for each other', async (streams) => {
      await streams.configure({ discard: 'new', messagesMax: 5 });
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, index) => streams.publish(onA(String(index)))),
      );
      expect(outcomes.filter(({ kind }) => kind === 'published')).toHaveLength(5);
      expect(streams.head()).toMatchObject({ messages: 5, lastSeq: 5 });
      await streams.remove([2]);
      expect((await streams.publish(onA('6'))).kind).toBe('published');
    });
  });

  describe('copies', () => {
    const config = { mirror: origin('LOGS'), subjects: [] };

    check('keep the sequences that they come with, also after a stop', async (streams, opened) => {
      await streams.configure(config);
      const copy = (seqs: readonly number[]): Partial<PublishRequest> => ({
        copy: { kind: 'mirror', seqs, times: seqs.map((seq) => NOW_MS + seq) },
      });
      const published = await streams.publish(
        [newMessage('logs.a', '4'), newMessage('x', '9')],
        copy([4, 9]),
      );
      expect(published).toEqual({ kind: 'published', firstSeq: 4, lastSeq: 9 });
      expect(streams.head()).toMatchObject({ messages: 2, firstSeq: 4, lastSeq: 9 });
      const again = new Streams((await opened.reopen()).messages);
      await again.publish([newMessage('logs.a', '10')], copy([10]));
      await again.publish([newMessage('logs.b', '1000000')], copy([1_000_000]));
      const lines = ['4 logs.a 4', '9 x 9', '10 logs.a 10', '1000000 logs.b 1000000'];
      expect(await again.lines()).toEqual(lines);
      expect(await again.lines('logs.a')).toEqual([lines[0], lines[2]]);
      const after = new Streams((await opened.reopen()).messages);
      expect(await after.lines()).toEqual(lines);
      expect(after.head()).toMatchObject({ messages: 4, firstSeq: 4, lastSeq: 1_000_000 });
    });

    check('without sequences get the next, on whatever subject', async (streams) => {
      await streams.configure({ sources: [origin('LOGS')] });
      await streams.publishLines('orders.a 1');
      const request = { copy: { kind: 'source' } } as const;
      expect(await streams.publish([newMessage('logs.a', '2')], request)).toMatchObject({
        firstSeq: 2,
      });
      expect(await streams.lines()).toEqual(['1 orders.a 1', '2 logs.a 2']);
    });

    check('keep to the limits', async (streams) => {
      await streams.configure({ ...config, messagesMax: 2, messageBytesMax: 3 });
      const seqs = [5, 7, 8];
      const copy = { kind: 'mirror', seqs, times: seqs } as const;
      await streams.publish(onA('5', '7', '8'), { copy });
      expect(await streams.lines()).toEqual(['7 orders.a 7', '8 orders.a 8']);
      const next = { kind: 'mirror', seqs: [9], times: [9] } as const;
      expect((await streams.publish(onA('1234'), { copy: next })).kind).toBe('declined');
    });
  });
}
