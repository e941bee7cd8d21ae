import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FindOutcome, FindRequest, MessageStore } from '../../src/storage/message-port.ts';
import { ORDERS, pattern } from '../support/managed.ts';
import { ACCOUNT, linesOf, ManagedAccount } from '../support/managed-account.ts';
import { wrapStore } from '../support/wrapped-store.ts';

const LINES = ['a 1', 'b 2', 'a.x 3', 'b 4', 'a 5', 'c 6', 'a 7', 'b.y 8'];

async function filled(account = new ManagedAccount()): Promise<ManagedAccount> {
  await account.create();
  await account.publish(...LINES);
  return account;
}

function search(
  { service }: ManagedAccount,
  what: string,
  limit: number,
  startSeq = 1,
): Promise<string[]> {
  return service.search(ACCOUNT, ORDERS, { search: pattern(what), limit, startSeq }).then(linesOf);
}

/** A store whose finds end early, each after as many sequences as the next of these. */
function hesitant(store: MessageStore, steps: readonly number[]): MessageStore {
  let calls = 0;
  const find = async (name: string, request: FindRequest): Promise<FindOutcome> => {
    const outcome = await store.find(name, request);
    if (outcome.kind !== 'found') return outcome;
    calls += 1;
    const last = request.fromSeq + (steps[calls % steps.length] ?? 0);
    if (last >= outcome.throughSeq) return outcome;
    const messages = outcome.messages.filter(({ seq }) => seq <= last);
    return { kind: 'found', messages, throughSeq: last };
  };
  return wrapStore(store, { find });
}

describe('a search', () => {
  it('has the oldest messages that match, and no more than asked for', async () => {
    const account = await filled();
    expect(await search(account, 'orders.a', 10)).toEqual([
      '1 orders.a 1',
      '5 orders.a 5',
      '7 orders.a 7',
    ]);
    expect(await search(account, 'orders.a', 2)).toEqual(['1 orders.a 1', '5 orders.a 5']);
    expect(await search(account, 'orders.*.>', 10)).toEqual(['3 orders.a.x 3', '8 orders.b.y 8']);
    expect(await search(account, 'bills.>', 10)).toEqual([]);
    expect(await search(account, '>', 1000)).toHaveLength(8);
  });

  it('begins where it is asked to, so that one can go on from the last result', async () => {
    const account = await filled();
    expect(await search(account, 'orders.b', 1, 3)).toEqual(['4 orders.b 4']);
    expect(await search(account, 'orders.b', 1, 5)).toEqual([]);
    expect(await search(account, '>', 10, 99)).toEqual([]);
    const paged: string[] = [];
    for (let startSeq = 1; ;) {
      const [line] = await search(account, 'orders.>', 1, startSeq);
      if (line === undefined) break;
      paged.push(line);
      startSeq = Number(line.split(' ')[0]) + 1;
    }
    expect(paged).toHaveLength(8);
  });

  it('looks on where a find of the store ends early', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('orders.a', 'orders.*', '>', 'orders.nothing'),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        async (steps, what, limit, startSeq) => {
          const expected = await search(await filled(), what, limit, startSeq);
          const account = await filled(new ManagedAccount((store) => hesitant(store, steps)));
          expect(await search(account, what, limit, startSeq)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('purges and trims all the same where finds end early', async () => {
    const account = await filled(new ManagedAccount((store) => hesitant(store, [0, 2, 1])));
    await account.purge({ subject: pattern('orders.a'), keep: 1 });
    expect(await account.seqs()).toEqual([2, 3, 4, 6, 7, 8]);
    await account.put({ messagesPerSubjectMax: 1 });
    expect(await account.seqs()).toEqual([3, 4, 6, 7, 8]);
    await account.purge({ upToSequence: 7 });
    expect(await account.seqs()).toEqual([7, 8]);
  });
});
