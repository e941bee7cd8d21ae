import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ANY_SUBJECT_TRIM, managedName } from '../../src/managed/names.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import type { MessageStore } from '../../src/storage/message-port.ts';
import { openEngine } from '../storage/engine-folder.ts';
import { wrapStore } from '../support/wrapped-store.ts';
import { newMessage, ORDERS, publishRequest } from '../support/managed.ts';
import { ACCOUNT, ManagedAccount } from '../support/managed-account.ts';
import { startMillrace, temporaryFolder } from '../support/millrace.ts';

const NAME = managedName(ACCOUNT, ORDERS);
const ON_RECORD = { prefix: ANY_SUBJECT_TRIM, after: undefined, limit: 10 };
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

describe('a trim of subjects that a stop interrupts', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: EmbeddedEngine;

  beforeEach(async () => {
    folder = await temporaryFolder();
    engine = await openEngine(folder.path);
  });

  afterEach(async () => {
    await engine.close();
    await folder.remove();
  });

  /** The account after a stop and a start. */
  async function restarted(): Promise<ManagedAccount> {
    await engine.close();
    engine = await openEngine(folder.path);
    const account = new ManagedAccount((store) => store, engine);
    await account.trims.load();
    return account;
  }

  /** A store that stops when messages are removed for the second time. */
  function stopping(store: MessageStore): MessageStore {
    let removals = 0;
    return wrapStore(store, {
      removeMessages: (...all) => {
        removals += 1;
        if (removals > 1) return Promise.resolve({ kind: 'refused', reason: 'closed' });
        return store.removeMessages(...all);
      },
    });
  }

  it('is finished after the next start, by itself', async () => {
    const stopped = new ManagedAccount(stopping, engine);
    await stopped.create();
    await stopped.publish(...LINES);
    expect(await stopped.put({ messagesPerSubjectMax: 2 })).toBe('shutting-down');
    expect(stopped.config.messagesPerSubjectMax).toBe(2);
    expect(stopped.head.messages).toBeGreaterThan(4);
    const account = await restarted();
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([2, 3, 7, 8]);
    expect(engine.list(ON_RECORD)).toEqual([]);
  });

  it('is finished by a server that is started on the folder', async () => {
    const stopped = new ManagedAccount(stopping, engine);
    await stopped.create();
    await stopped.publish(...LINES);
    await stopped.put({ messagesPerSubjectMax: 2 });
    await engine.close();
    const millrace = await startMillrace({ dataDir: folder.path });
    onTestFinished(() => millrace.close());
    const read = async (): Promise<string> =>
      (await fetch(`${millrace.url}/streams/${ORDERS}?offset=-1`)).text();
    await expect.poll(read, { timeout: 20_000 }).toBe('[2,3,7,8]');
  });

  it('has been on record since before its limit counted', async () => {
    const account = new ManagedAccount(
      (store) =>
        wrapStore(store, {
          configure: async (name, request) => {
            const isRecorded = engine.list(ON_RECORD).length === 1;
            expect(isRecorded).toBe(request.config.messagesPerSubjectMax !== undefined);
            return store.configure(name, request);
          },
        }),
      engine,
    );
    await account.create();
    expect(await account.put({ messagesPerSubjectMax: 2 })).toBe('done');
    expect(engine.list(ON_RECORD)).toEqual([]);
    expect(await account.put({ messagesPerSubjectMax: 1 })).toBe('done');
  });

  it('is not gone on with where the stream is gone or sealed by then', async () => {
    const stopped = new ManagedAccount(stopping, engine);
    await stopped.create();
    await stopped.publish(...LINES);
    await stopped.put({ messagesPerSubjectMax: 2 });
    const left = stopped.head.messages;
    expect(await stopped.put({ sealed: true })).toBe('done');
    const account = await restarted();
    await account.sweeper.sweep();
    expect(account.head.messages).toBe(left);
    expect(engine.list(ON_RECORD)).toEqual([]);
  });
});

describe('a trim of subjects', () => {
  it('that had to be given up is finished while the server runs', async () => {
    let isFull = true;
    const account = new ManagedAccount((store) =>
      wrapStore(store, {
        removeMessages: (...all) =>
          isFull
            ? Promise.resolve({ kind: 'refused', reason: 'full' })
            : store.removeMessages(...all),
      }),
    );
    await account.create();
    await account.publish(...LINES);
    expect(await account.put({ messagesPerSubjectMax: 2 })).toBe('storage-full');
    await account.sweeper.sweep();
    expect(await account.seqs()).toHaveLength(8);
    isFull = false;
    await account.sweeper.sweep();
    expect(await account.seqs()).toEqual([2, 3, 7, 8]);
  });

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
