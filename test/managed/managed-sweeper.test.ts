import { describe, expect, it } from 'vitest';
import { managedName } from '../../src/managed/names.ts';
import { managedConfig, ns, ORDERS, streamName } from '../support/managed.ts';
import { ACCOUNT, ManagedAccount } from '../support/managed-account.ts';

const NAME = managedName(ACCOUNT, ORDERS);

describe('the sweeper', () => {
  it.each(['old', 'new'] as const)('drops what is too old, under discard %s', async (discard) => {
    const account = new ManagedAccount();
    await account.create({ maxAgeNs: ns(1000), discard });
    await account.publish('a 1');
    account.nowMs += 600;
    await account.publish('a 2');
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([1, 2]);
    account.nowMs += 401;
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([2]);
    account.nowMs += 600;
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([]);
    expect(account.head).toMatchObject({ firstSeq: 3, lastSeq: 2 });
  });

  it('makes room under discard new that way', async () => {
    const account = new ManagedAccount();
    await account.create({ maxAgeNs: ns(1000), discard: 'new', messagesMax: 1 });
    await account.publish('a 1');
    expect(await account.publish('a 2')).toBe('limit-reached');
    account.nowMs += 1001;
    await account.sweeper.sweep();
    expect(await account.publish('a 2')).toBe('published');
  });

  it('drops nothing before its time where the clock steps back', async () => {
    const account = new ManagedAccount();
    await account.create({ maxAgeNs: ns(1000) });
    await account.publish('a 1');
    account.nowMs -= 5000;
    await account.publish('a 2');
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([1, 2]);
  });

  it('finishes a trimming that was interrupted', async () => {
    const account = new ManagedAccount();
    await account.create();
    await account.publish('a 1', 'a 2', 'a 3');
    const config = managedConfig({ messagesMax: 1 });
    const { revision } = account.head;
    await account.store.configure(NAME, { config, expected: revision, nowMs: account.nowMs });
    expect(account.head.messages).toBe(3);
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([3]);
  });

  it('drops what is too old in streams of all accounts, and of no other stream', async () => {
    const account = new ManagedAccount();
    await account.create({ maxAgeNs: ns(10) });
    await account.publish('a 1');
    const { service } = account;
    const other = streamName('OTHER');
    const publishing = {
      messageId: undefined,
      expectedLastSeq: undefined,
      expectedLastSubjectSeq: undefined,
    };
    const accounts = [
      { of: 'b', given: { subjects: [other], maxAgeNs: ns(10) } },
      { of: 'c', given: { subjects: [other] } },
    ];
    for (const { of, given } of accounts) {
      await service.create(of, other, given);
      const messages = [{ subject: other, body: Buffer.from('1') }];
      await service.publish(of, other, { ...publishing, messages });
    }
    account.nowMs += 11;
    await account.sweeper.sweep();
    const left = [ACCOUNT, 'b', 'c'].flatMap((of) => service.list(of).map((head) => head.messages));
    expect(left).toEqual([0, 0, 1]);
  });

  it('stops when it is told to', async () => {
    const account = new ManagedAccount();
    account.sweeper.start();
    await account.sweeper.stop();
    await account.sweeper.stop();
  });
});
