import { describe, expect, it } from 'vitest';
import { pattern } from '../support/managed.ts';
import { ManagedAccount } from '../support/managed-account.ts';

/** An account with a stream of six messages on three subjects. */
async function filled(): Promise<ManagedAccount> {
  const account = new ManagedAccount();
  await account.create();
  await account.publish('a 1', 'b 2', 'a 3', 'b.x 4', 'a 5', 'b 6');
  return account;
}

describe('a purge', () => {
  it.each([
    { request: {}, left: [] },
    { request: { keep: 2 }, left: [5, 6] },
    { request: { keep: 6 }, left: [1, 2, 3, 4, 5, 6] },
    { request: { keep: 99 }, left: [1, 2, 3, 4, 5, 6] },
    { request: { keep: 0 }, left: [] },
    { request: { upToSequence: 4 }, left: [4, 5, 6] },
    { request: { upToSequence: 1 }, left: [1, 2, 3, 4, 5, 6] },
    { request: { upToSequence: 6 }, left: [6] },
    { request: { upToSequence: 99 }, left: [] },
    { request: { subject: 'orders.a' }, left: [2, 4, 6] },
    { request: { subject: 'orders.*' }, left: [4] },
    { request: { subject: 'orders.b.>' }, left: [1, 2, 3, 5, 6] },
    { request: { subject: 'orders.nothing' }, left: [1, 2, 3, 4, 5, 6] },
    { request: { subject: 'orders.a', keep: 1 }, left: [2, 4, 5, 6] },
    { request: { subject: 'orders.>', keep: 3 }, left: [4, 5, 6] },
    { request: { subject: 'orders.b', keep: 5 }, left: [1, 2, 3, 4, 5, 6] },
    { request: { subject: 'orders.a', upToSequence: 5 }, left: [2, 4, 5, 6] },
    { request: { subject: 'orders.b', upToSequence: 3 }, left: [1, 3, 4, 5, 6] },
  ])('of $request leaves $left', async ({ request, left }) => {
    const account = await filled();
    const { subject, ...rest } = { subject: undefined, ...request };
    const given = subject === undefined ? rest : { ...rest, subject: pattern(subject) };
    expect(await account.purge(given)).toBe('done');
    expect(await account.seqs()).toEqual(left);
    expect(account.head).toMatchObject({ messages: left.length, lastSeq: 6 });
    await account.publish('a 7');
    expect(account.head.lastSeq).toBe(7);
  });

  it('past gaps keeps as many as asked for', async () => {
    const account = await filled();
    await account.purge({ subject: pattern('orders.a') });
    expect(await account.purge({ keep: 2 })).toBe('done');
    expect(await account.seqs()).toEqual([4, 6]);
  });

  it('has either what to keep or where to end', async () => {
    const account = await filled();
    expect(await account.purge({ keep: 1, upToSequence: 3 })).toBe('keep-and-up-to');
    expect(await account.seqs()).toHaveLength(6);
  });

  it.each([
    { config: { denyPurge: true }, code: 'purge-denied' },
    { config: { sealed: true }, code: 'sealed' },
  ])('is refused under $config, even where there is nothing to go', async ({ config, code }) => {
    const account = await filled();
    await account.put(config);
    for (const request of [
      {},
      { keep: 1 },
      { keep: 99 },
      { upToSequence: 3 },
      { upToSequence: 1 },
      { subject: pattern('orders.a') },
      { subject: pattern('orders.nothing') },
    ]) {
      expect(await account.purge(request)).toBe(code);
    }
    expect(await account.seqs()).toHaveLength(6);
  });

  it('is no matter of who may delete', async () => {
    const account = await filled();
    await account.put({ denyDelete: true });
    expect(await account.purge({ keep: 1 })).toBe('done');
    expect(await account.purge()).toBe('done');
    expect(await account.seqs()).toEqual([]);
  });
});
