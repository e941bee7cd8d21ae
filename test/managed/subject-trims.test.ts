import { describe, expect, it } from 'vitest';
import { managedName } from '../../src/managed/names.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import { wrapStore } from '../support/wrapped-store.ts';
import { newMessage, ORDERS, publishRequest } from '../support/managed.ts';
import { ACCOUNT, ManagedAccount } from '../support/managed-account.ts';

const NAME = managedName(ACCOUNT, ORDERS);
const LINES = ['a 1', 'a 2', 'a 3', 'b 4', 'b 5', 'b 6', 'b 7', 'b 8'];

type Verb = 'find' | 'subjectCounts' | 'removeMessages';

/** A store where a message comes on `orders.b` just before its verb is called, each time. */
function crowded(store: MessageStore, verb: Verb): MessageStore {
  const come = async (): Promise<void> => {
    await store.publish(NAME, publishRequest([newMessage('orders.b')]));
  };
  return wrapStore(store, {
    ...(verb === 'find' && {
      find: async (name, request) => {
        await come();
        return store.find(name, request);
      },
    }),
    ...(verb === 'subjectCounts' && {
      subjectCounts: async (name, filter, limit) => {
        await come();
        return store.subjectCounts(name, filter, limit);
      },
    }),
    ...(verb === 'removeMessages' && {
      removeMessages: async (name, seqs, cause) => {
        await come();
        return store.removeMessages(name, seqs, cause);
      },
    }),
  });
}

describe('a trim of subjects', () => {
  it.each(['find', 'subjectCounts', 'removeMessages'] as const)(
    'leaves each as many as it may have, though more come before each %s',
    async (verb) => {
      const account = new ManagedAccount((store) => crowded(store, verb));
      await account.create();
      await account.publish(...LINES);
      expect(await account.put({ messagesPerSubjectMax: 2 })).toBe('done');
      const { lastSeq } = account.head;
      expect(lastSeq).toBeGreaterThan(8);
      expect(account.head).toMatchObject({ messages: 4, subjects: 2, firstSeq: 2 });
      expect(await account.seqs()).toEqual([2, 3, account.head.lastSeq - 1, account.head.lastSeq]);
    },
  );
});
