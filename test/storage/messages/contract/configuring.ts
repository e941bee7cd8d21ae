import { describe, expect } from 'vitest';
import type { ManagedConfig } from '../../../../src/messages/config.ts';
import type { MessageStore } from '../../../../src/storage/message-port.ts';
import { managedConfig, ns, origin, pattern, streamName } from '../../../support/managed.ts';
import { NOW_MS } from '../../../support/states.ts';
import { lookTwice, type MessageCheck } from '../contract.ts';
import { onA, OTHER, STREAM, Streams } from '../streams.ts';

const CONFLICT = { kind: 'declined', declined: { code: 'conflict' } };

/** A configuration that has something of every property. */
const FULL: Partial<ManagedConfig> = {
  description: 'Bestellungen – 注文 😀',
  metadata: { team: 'núcleo', '': 'empty', __proto__x: 'odd' },
  subjects: [pattern('orders.*.paid'), pattern('bills.>'), pattern('é.😀')],
  storage: 'file',
  discard: 'new',
  messagesMax: 1,
  bytesMax: Number.MAX_SAFE_INTEGER,
  maxAgeNs: ns(60_000) + 1,
  messagesPerSubjectMax: 2 ** 32,
  messageBytesMax: 7,
  consumersMax: 3,
  replicas: 1,
  duplicateWindowNs: 1,
  sources: [
    origin('LOGS', { filterSubject: pattern('logs.*'), startSeq: 9 }),
    origin('BILLS', { startAtMs: NOW_MS + 1 }),
  ],
  sealed: true,
  denyDelete: true,
  denyPurge: true,
};

function configureAs(
  store: MessageStore,
  expected: number,
  special: Partial<ManagedConfig> = {},
  name = STREAM,
): ReturnType<MessageStore['configure']> {
  return store.configure(name, { config: managedConfig(special), expected, nowMs: NOW_MS });
}

export function describeConfiguring(check: MessageCheck): void {
  describe('the head of a managed stream', () => {
    check('is not there before the stream is created', async (streams) => {
      expect(streams.store.managed(STREAM)).toBe(undefined);
      expect(streams.store.managedStreams('')).toEqual([]);
      expect(await streams.store.message(STREAM, 1)).toEqual({ kind: 'absent' });
      const request = { fromSeq: 1, filter: undefined, messagesMax: 1, bytesMax: 1 };
      expect(await streams.store.find(STREAM, request)).toEqual({ kind: 'absent' });
      expect(await streams.store.subjectCounts(STREAM, pattern('>'), 10)).toEqual([]);
    });

    check('is that of an empty stream once it is created', async (streams) => {
      const head = await streams.configure();
      expect(head).toEqual({
        name: STREAM,
        incarnation: head.incarnation,
        revision: head.revision,
        config: managedConfig(),
        createdAtMs: NOW_MS,
        messages: 0,
        bytes: 0,
        firstSeq: 1,
        lastSeq: 0,
        lastAtMs: undefined,
        subjects: 0,
      });
      expect(head.incarnation).not.toBe('');
      expect(head.revision).toBeGreaterThan(0);
      expect(streams.store.managed(STREAM)).toEqual(head);
    });

    check('counts messages, their bytes and their subjects', async (streams) => {
      await streams.configure({ subjects: [pattern('é.>')] });
      await streams.publishLines('é.a "12"', 'é.b 3', 'é.a 45');
      expect(streams.head()).toMatchObject({
        messages: 3,
        bytes: 4 + 4 + 4 + 1 + 4 + 2,
        firstSeq: 1,
        lastSeq: 3,
        lastAtMs: NOW_MS,
        subjects: 2,
      });
    });

    check('has every property of the configuration, also after a stop', async (streams, opened) => {
      const { config } = await streams.configure(FULL);
      expect(config).toStrictEqual(managedConfig(FULL));
      const mirror = { ...FULL, subjects: [], sources: [], mirror: origin('A', { startSeq: 2 }) };
      await streams.configure(mirror, OTHER);
      const { messages } = await opened.reopen();
      expect(messages.managed(STREAM)?.config).toStrictEqual(managedConfig(FULL));
      expect(messages.managed(OTHER)?.config).toStrictEqual(managedConfig(mirror));
    });

    check('is the same after a stop', async (streams, opened) => {
      await streams.configure();
      await streams.publishLines('orders.a 1', 'orders.b 2', 'orders.a 3');
      await streams.remove([1]);
      await streams.configure({ messagesMax: 10 });
      await streams.configureOther();
      const before = streams.store.managedStreams('');
      const seen = await streams.seen();
      const again = new Streams((await opened.reopen()).messages);
      expect(again.store.managedStreams('')).toEqual(before);
      expect(await again.seen()).toEqual(seen);
    });
  });

  describe('a configuration', () => {
    check('is refused where the stream is there already', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1'));
      const before = await streams.seen();
      expect(await configureAs(streams.store, 0, { messagesMax: 7 })).toEqual(CONFLICT);
      expect(await streams.seen()).toEqual(before);
    });

    check('is refused where the stream is not there', async (streams) => {
      expect(await configureAs(streams.store, 1)).toEqual(CONFLICT);
      const { revision } = await streams.configure();
      await streams.store.dropManaged(STREAM);
      expect(await configureAs(streams.store, revision)).toEqual(CONFLICT);
      expect(streams.store.managed(STREAM)).toBe(undefined);
    });

    check('is refused where another one came first', async (streams) => {
      const { revision: old } = await streams.configure();
      const { revision } = await streams.configure({ messagesMax: 5 });
      for (const expected of [old, revision + 1, 0]) {
        expect(await configureAs(streams.store, expected, { messagesMax: 7 })).toEqual(CONFLICT);
      }
      expect(streams.head().config.messagesMax).toBe(5);
      expect((await configureAs(streams.store, revision, { messagesMax: 7 })).kind).toBe(
        'configured',
      );
    });

    check('grows the revision and leaves all else of the stream', async (streams) => {
      const created = await streams.configure();
      await streams.publish(onA('1', '2'));
      const before = streams.head();
      const head = await streams.configure({ description: 'x' }, STREAM, NOW_MS + 9);
      expect(head.revision).toBeGreaterThan(before.revision);
      expect(before.revision).toBe(created.revision);
      const { revision } = head;
      expect(head).toEqual({ ...before, revision, config: managedConfig({ description: 'x' }) });
      expect(await streams.lines()).toEqual(['1 orders.a 1', '2 orders.a 2']);
    });

    check('of a lowered limit leaves what is beyond it for enforce to drop', async (streams) => {
      await streams.configure();
      await streams.publish(onA('1', '2', '3'));
      await streams.configure({ messagesMax: 1 });
      expect(streams.head().messages).toBe(3);
      expect(await streams.store.enforce(STREAM, NOW_MS, 10)).toEqual({
        kind: 'removed',
        count: 2,
      });
      expect(await streams.lines()).toEqual(['3 orders.a 3']);
    });

    check('of other subjects keeps the messages on the old ones', async (streams) => {
      await streams.configure();
      await streams.publishLines('orders.a 1');
      await streams.configure({ subjects: [pattern('bills.>')] });
      expect(await streams.publish(onA('2'))).toEqual({
        kind: 'declined',
        declined: { code: 'subject-not-captured', subject: 'orders.a' },
      });
      await streams.publishLines('bills.a 2');
      expect(await streams.lines()).toEqual(['1 orders.a 1', '2 bills.a 2']);
    });

    check('that was decided on the same revision as another: one is made', async (streams) => {
      const created = await Promise.all([1, 2, 3].map(() => configureAs(streams.store, 0)));
      expect(created.map(({ kind }) => kind).sort()).toEqual([
        'configured',
        'declined',
        'declined',
      ]);
      const { revision } = streams.head();
      const [one, two] = await Promise.all(
        [1, 2].map((messagesMax) => configureAs(streams.store, revision, { messagesMax })),
      );
      expect([one?.kind, two?.kind].sort()).toEqual(['configured', 'declined']);
      expect(streams.head().config.messagesMax).toBe(one?.kind === 'configured' ? 1 : 2);
    });
  });

  describe('subjects that overlap', () => {
    const overlap = (stream: string, subject: string): object => ({
      kind: 'declined',
      declined: { code: 'subjects-overlap', stream, subject },
    });
    const logs = { name: streamName('LOGS') };

    check('are refused within an account, and nothing changes', async (streams) => {
      await streams.configure();
      const subjects = [pattern('logs.>'), pattern('*.eu')];
      expect(await configureAs(streams.store, 0, { ...logs, subjects }, OTHER)).toEqual(
        overlap('ORDERS', '*.eu'),
      );
      expect(streams.store.managed(OTHER)).toBe(undefined);
      const { revision } = await streams.configure(
        { ...logs, subjects: subjects.slice(0, 1) },
        OTHER,
      );
      const before = streams.head(OTHER);
      expect(await configureAs(streams.store, revision, { ...logs, subjects }, OTHER)).toEqual(
        overlap('ORDERS', '*.eu'),
      );
      expect(streams.head(OTHER)).toEqual(before);
    });

    check('are refused where both come at once', async (streams) => {
      const outcomes = await Promise.all([
        configureAs(streams.store, 0),
        configureAs(streams.store, 0, logs, OTHER),
      ]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['configured', 'declined']);
      expect(streams.store.managedStreams('')).toHaveLength(1);
    });

    check('may be those of other accounts, whatever their names begin with', async (streams) => {
      const names = ['acme\0ORDERS', 'acm\0ORDERS', 'acmee\0ORDERS', '\0ORDERS'];
      for (const name of names) await streams.configure({}, name);
      for (const name of names) await streams.publish(onA(JSON.stringify(name)), {}, name);
      for (const name of names) {
        expect(await streams.lines(undefined, name)).toEqual([
          `1 orders.a ${JSON.stringify(name)}`,
        ]);
      }
    });

    check('may be those that the stream had before', async (streams) => {
      await streams.configure();
      await streams.configure({ subjects: [pattern('orders.a'), pattern('orders.b.>')] });
      await streams.configure({ subjects: [pattern('orders.*')] });
      expect(streams.head().config.subjects).toEqual(['orders.*']);
    });

    check('are free once the other stream is dropped or has let go of them', async (streams) => {
      await streams.configure();
      await streams.configure({ subjects: [pattern('bills.>')] });
      await streams.configure(logs, OTHER);
      await streams.store.dropManaged(OTHER);
      await streams.configure();
      expect(streams.store.managedStreams('')).toHaveLength(1);
    });

    check('are still known after a stop', async (streams, opened) => {
      await streams.configure();
      const { messages } = await opened.reopen();
      expect(await configureAs(messages, 0, logs, OTHER)).toEqual(overlap('ORDERS', 'orders.>'));
    });
  });

  describe('a list of managed streams', () => {
    check('has those whose names begin alike, sorted by name', async (streams) => {
      const names = ['b\0A', 'a\0C', 'a\0A', 'ab\0A', 'a\0B'];
      for (const [index, name] of names.entries()) {
        await streams.configure({ subjects: [pattern(`s${index}`)] }, name);
      }
      const listed = (prefix: string): string[] =>
        streams.store.managedStreams(prefix).map(({ name }) => name);
      expect(listed('a\0')).toEqual(['a\0A', 'a\0B', 'a\0C']);
      expect(listed('ab\0')).toEqual(['ab\0A']);
      expect(listed('c\0')).toEqual([]);
      expect(listed('')).toEqual(['a\0A', 'a\0B', 'a\0C', 'ab\0A', 'b\0A']);
      const [first] = streams.store.managedStreams('b\0');
      expect(first).toEqual(streams.head('b\0A'));
    });
  });

  describe('a stream that is dropped', () => {
    check('is gone with its messages, also after a stop', async (streams, opened) => {
      await streams.configure();
      await streams.publish(onA('1', '2'));
      await streams.configureOther();
      expect((await streams.store.dropManaged(STREAM)).kind).toBe('removed');
      const notFound = { kind: 'declined', declined: { code: 'stream-not-found' } };
      await lookTwice(streams, opened, async ({ store }) => {
        expect(store.managedStreams('').map(({ name }) => name)).toEqual([OTHER]);
        expect(store.managed(STREAM)).toBe(undefined);
        expect(await store.message(STREAM, 1)).toEqual({ kind: 'absent' });
        expect(await store.dropManaged(STREAM)).toEqual(notFound);
        expect(await store.clear(STREAM)).toEqual(notFound);
        expect(await store.enforce(STREAM, NOW_MS, 1)).toEqual(notFound);
        expect(await store.removeMessages(STREAM, [1], 'delete')).toEqual(notFound);
        expect(await new Streams(store).publish(onA('3'))).toEqual(notFound);
      });
    });

    check('and created again is another, which begins anew', async (streams, opened) => {
      const old = await streams.configure();
      await streams.publish(onA('1', '2'), { messageId: 'x' });
      await streams.store.dropManaged(STREAM);
      const renewed = await streams.configure();
      expect(renewed.incarnation).not.toBe(old.incarnation);
      expect(renewed).toMatchObject({ messages: 0, bytes: 0, lastSeq: 0, subjects: 0 });
      expect(renewed.lastAtMs).toBe(undefined);
      expect(await streams.lines()).toEqual([]);
      expect(await streams.publish(onA('3'), { messageId: 'x' })).toMatchObject({
        kind: 'published',
        lastSeq: 1,
      });
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.lines()).toEqual(['1 orders.a 3']);
      expect(again.head().incarnation).toBe(renewed.incarnation);
      await again.store.dropManaged(STREAM);
      const third = await again.configure();
      expect([old.incarnation, renewed.incarnation]).not.toContain(third.incarnation);
    });

    check('goes whatever its configuration denies', async (streams) => {
      await streams.configure({ sealed: true, denyDelete: true, denyPurge: true });
      expect((await streams.store.dropManaged(STREAM)).kind).toBe('removed');
      expect(streams.store.managed(STREAM)).toBe(undefined);
    });
  });

  describe('a closed engine', () => {
    check('refuses every change, and changes nothing', async (streams, opened) => {
      const { revision } = await streams.configure();
      await streams.publish(onA('1'));
      await opened.engine.close();
      const refused = { kind: 'refused', reason: 'closed' };
      expect(await configureAs(streams.store, revision)).toEqual(refused);
      expect(await streams.publish(onA('2'))).toEqual(refused);
      expect(await streams.remove([1])).toEqual(refused);
      expect(await streams.store.clear(STREAM)).toEqual(refused);
      expect(await streams.store.dropManaged(STREAM)).toEqual(refused);
      const again = new Streams((await opened.reopen()).messages);
      expect(await again.lines()).toEqual(['1 orders.a 1']);
    });
  });
}
