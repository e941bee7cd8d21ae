import { describe, expect, it } from 'vitest';
import { managedName } from '../../src/managed/names.ts';
import { REMOVED_PER_COMMIT } from '../../src/managed/enforcing.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import { wrapStore } from '../support/wrapped-store.ts';
import { managedConfig, newMessage, ns, ORDERS, pattern, streamName } from '../support/managed.ts';
import { ACCOUNT, ManagedAccount, outcomeOf } from '../support/managed-account.ts';

describe('to create a managed stream', () => {
  it('is a success once, and again where the configuration is the same', async () => {
    const account = new ManagedAccount();
    expect(await account.create({ messagesMax: 5, metadata: { a: '1', b: '2' } })).toBe('done');
    const { revision } = account.head;
    const same = { messagesMax: 5, metadata: { b: '2', a: '1' }, storage: 'file' } as const;
    expect(await account.create(same)).toBe('done');
    expect(account.head.revision).toBe(revision);
  });

  it('is refused where the stream has another configuration, which stays', async () => {
    const account = new ManagedAccount();
    await account.create({ messagesMax: 5 });
    for (const given of [{}, { messagesMax: 6 }, { messagesMax: 5, discard: 'new' } as const]) {
      expect(await account.create(given)).toBe('stream-exists');
    }
    expect(account.config).toEqual(managedConfig({ messagesMax: 5 }));
  });

  it('is refused with what no stream may be, whether there is one or not', async () => {
    const account = new ManagedAccount();
    const subjects = [pattern('orders.*'), pattern('orders.a')];
    expect(await account.create({ subjects })).toBe('invalid-property');
    expect(await account.create({ replicas: 3 })).toBe('replicas-unavailable');
    expect(account.service.list(ACCOUNT)).toEqual([]);
    await account.create();
    expect(await account.create({ subjects })).toBe('invalid-property');
  });

  it('is refused where another stream of the account captures one of the subjects', async () => {
    const account = new ManagedAccount();
    await account.create();
    const { service } = account;
    const other = streamName('OTHER');
    const given = { subjects: [pattern('*.eu')] };
    expect(await service.create(ACCOUNT, other, given)).toEqual({
      kind: 'refused',
      refusal: { code: 'subjects-overlap', stream: 'ORDERS', subject: '*.eu' },
    });
    expect(await service.create('another account', other, given)).toEqual({ kind: 'done' });
    expect(service.list(ACCOUNT).map(({ config }) => config.name)).toEqual(['ORDERS']);
    expect(service.get(ACCOUNT, other)).toBe(undefined);
    expect(service.get('another account', other)?.config.subjects).toEqual(['*.eu']);
  });

  it('at the same time and alike is a success for all', async () => {
    const account = new ManagedAccount();
    const outcomes = await Promise.all([1, 2, 3].map(() => account.create()));
    expect(outcomes).toEqual(['done', 'done', 'done']);
    expect(account.head.revision).toBe(1);
  });
});

describe('to put a managed stream', () => {
  it('creates it, or changes what is given of it', async () => {
    const account = new ManagedAccount();
    expect(await account.put({ description: 'first' })).toBe('done');
    expect(account.config.subjects).toEqual(['ORDERS']);
    expect(await account.put({ messagesMax: 2_000_000, bytesMax: 209_715_200 })).toBe('done');
    expect(await account.put({ description: 'second', messageBytesMax: 262_144 })).toBe('done');
    expect(account.config).toEqual(
      managedConfig({
        subjects: [ORDERS],
        description: 'second',
        messagesMax: 2_000_000,
        bytesMax: 209_715_200,
        messageBytesMax: 262_144,
      }),
    );
  });

  it('is refused where it changes what is fixed, and changes nothing', async () => {
    const account = new ManagedAccount();
    await account.create();
    const { head } = account;
    expect(await account.put({ storage: 'memory', messagesMax: 1 })).toBe('fixed-property');
    expect(account.head).toEqual(head);
  });

  it('at the same time changes all that is given, whatever comes first', async () => {
    const account = new ManagedAccount();
    await account.create();
    const outcomes = await Promise.all([
      account.put({ messagesMax: 5 }),
      account.put({ bytesMax: 500 }),
      account.put({ description: 'x' }),
    ]);
    expect(outcomes).toEqual(['done', 'done', 'done']);
    expect(account.config).toMatchObject({ messagesMax: 5, bytesMax: 500, description: 'x' });
  });

  it('decides again on what another came first with', async () => {
    let isOvertaken = false;
    const overtaking = (store: MessageStore): MessageStore =>
      wrapStore(store, {
        configure: async (name, request) => {
          const head = store.managed(name);
          if (head !== undefined && !isOvertaken) {
            isOvertaken = true;
            const config = { ...head.config, bytesMax: 500 };
            await store.configure(name, { ...request, config });
          }
          return store.configure(name, request);
        },
      });
    const account = new ManagedAccount(overtaking);
    await account.create();
    expect(await account.put({ messagesMax: 5 })).toBe('done');
    expect(account.config).toMatchObject({ messagesMax: 5, bytesMax: 500 });
  });
});

describe('a lowered limit', () => {
  const LINES = ['a 1', 'b 2', 'a 3', 'a 4', 'b 5', 'c 6'];

  // A message is nine bytes.
  it.each([
    { given: { messagesMax: 4 }, left: [3, 4, 5, 6] },
    { given: { bytesMax: 20 }, left: [5, 6] },
    { given: { messagesPerSubjectMax: 1 }, left: [4, 5, 6] },
    { given: { messagesPerSubjectMax: 2 }, left: [2, 3, 4, 5, 6] },
    { given: { messagesMax: 5, messagesPerSubjectMax: 2 }, left: [2, 3, 4, 5, 6] },
    { given: { messagesMax: 3, messagesPerSubjectMax: 1 }, left: [4, 5, 6] },
    { given: { bytesMax: 45, messagesPerSubjectMax: 2 }, left: [2, 3, 4, 5, 6] },
    { given: { messageBytesMax: 1 }, left: [1, 2, 3, 4, 5, 6] },
  ])('trims at once under discard old: $given', async ({ given, left }) => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish(...LINES);
    expect(await account.put(given)).toBe('done');
    expect(await account.seqs()).toEqual(left);
    expect(account.head).toMatchObject({ messages: left.length, lastSeq: 6 });
  });

  it('of a subject makes room that nothing else has to go for', async () => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish('b 1', 'a 2', 'a 3', 'a 4');
    await account.put({ messagesMax: 2, messagesPerSubjectMax: 1 });
    expect(await account.seqs()).toEqual([1, 4]);
  });

  it('trims nothing under discard new, and refuses what comes', async () => {
    const account = new ManagedAccount();
    await account.create({ discard: 'new' });
    await account.publish(...LINES);
    expect(await account.put({ messagesMax: 2, bytesMax: 9, messagesPerSubjectMax: 1 })).toBe(
      'done',
    );
    expect(await account.seqs()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await account.publish('d 7')).toBe('limit-reached');
  });

  it('trims once old is to be discarded again', async () => {
    const account = new ManagedAccount();
    await account.create({ discard: 'new' });
    await account.publish(...LINES);
    await account.put({ messagesPerSubjectMax: 1 });
    expect(await account.put({ discard: 'old' })).toBe('done');
    expect(await account.seqs()).toEqual([4, 5, 6]);
  });

  it('of age drops what is too old at once, under either', async () => {
    for (const discard of ['old', 'new'] as const) {
      const account = new ManagedAccount();
      await account.create({ discard });
      await account.publish('a 1');
      account.nowMs += 50;
      await account.publish('a 2');
      expect(await account.put({ maxAgeNs: ns(40) })).toBe('done');
      expect(await account.seqs()).toEqual([2]);
    }
  });

  it('trims however much there is', async () => {
    const account = new ManagedAccount();
    await account.create();
    const count = 2 * REMOVED_PER_COMMIT + 10;
    const messages = Array.from({ length: count }, (_, index) => newMessage(`orders.${index % 3}`));
    await account.store.publish(managedName(ACCOUNT, ORDERS), {
      messages,
      nowMs: account.nowMs,
      messageId: undefined,
      expectedLastSeq: undefined,
      expectedLastSubjectSeq: undefined,
      copy: undefined,
    });
    await account.put({ messagesMax: count - 5000 });
    expect(account.head).toMatchObject({ messages: count - 5000, firstSeq: 5001 });
    await account.put({ messagesPerSubjectMax: 2 });
    expect(account.head).toMatchObject({ messages: 6, firstSeq: count - 5, subjects: 3 });
  });

  it('of a stream that is sealed with it is set, and trims nothing', async () => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish(...LINES);
    expect(await account.put({ sealed: true, messagesMax: 1, messagesPerSubjectMax: 1 })).toBe(
      'done',
    );
    expect(account.config).toMatchObject({ sealed: true, messagesMax: 1 });
    expect(await account.seqs()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('trims though deleting and purging are denied', async () => {
    const account = new ManagedAccount();
    await account.create({ denyDelete: true, denyPurge: true });
    await account.publish(...LINES);
    expect(await account.put({ messagesPerSubjectMax: 1, messagesMax: 2 })).toBe('done');
    expect(await account.seqs()).toEqual([5, 6]);
  });
});

describe('a managed stream that is not there', () => {
  it('is said to be so, whatever is asked of it', async () => {
    const account = new ManagedAccount();
    const { service } = account;
    const outcomes = [
      await service.remove(ACCOUNT, ORDERS),
      await service.removeMessages(ACCOUNT, ORDERS, [1]),
      await service.message(ACCOUNT, ORDERS, 1),
      await service.search(ACCOUNT, ORDERS, { search: pattern('>'), startSeq: 1, limit: 1 }),
    ].map(outcomeOf);
    outcomes.push(
      await account.publish('a 1'),
      await account.purge(),
      await account.purge({ keep: 1 }),
    );
    expect(new Set(outcomes)).toEqual(new Set(['stream-not-found']));
    expect(service.get(ACCOUNT, ORDERS)).toBe(undefined);
  });

  it('is what another account’s stream is', async () => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish('a 1');
    const { service } = account;
    expect(service.get('another', ORDERS)).toBe(undefined);
    expect(service.list('another')).toEqual([]);
    expect(outcomeOf(await service.message('another', ORDERS, 1))).toBe('stream-not-found');
    expect(outcomeOf(await service.remove('another', ORDERS))).toBe('stream-not-found');
    expect(await account.seqs()).toEqual([1]);
  });

  it('is what it becomes when it is removed', async () => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish('a 1');
    expect(outcomeOf(await account.service.remove(ACCOUNT, ORDERS))).toBe('done');
    expect(account.service.list(ACCOUNT)).toEqual([]);
    expect(await account.create()).toBe('done');
    expect(await account.seqs()).toEqual([]);
  });
});

describe('messages that are deleted', () => {
  it('are gone, and those that were not there are no matter', async () => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish('a 1', 'a 2', 'a 3');
    const { service } = account;
    expect(outcomeOf(await service.removeMessages(ACCOUNT, ORDERS, [2, 2, 9]))).toBe('done');
    expect(await account.seqs()).toEqual([1, 3]);
    expect(outcomeOf(await service.message(ACCOUNT, ORDERS, 2))).toBe('message-not-found');
    expect(outcomeOf(await service.message(ACCOUNT, ORDERS, 3))).toBe('found');
  });

  it('stay where that is denied', async () => {
    const account = new ManagedAccount();
    await account.create({ denyDelete: true });
    await account.publish('a 1');
    const { service } = account;
    expect(outcomeOf(await service.removeMessages(ACCOUNT, ORDERS, [1]))).toBe('delete-denied');
    await account.put({ sealed: true });
    expect(outcomeOf(await service.removeMessages(ACCOUNT, ORDERS, [1]))).toBe('sealed');
    expect(await account.seqs()).toEqual([1]);
  });
});
