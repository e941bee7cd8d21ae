import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../src/accounts/api-keys.ts';
import { allows } from '../../src/accounts/scopes.ts';
import { isPromise } from '../../src/lib/maybe-promise.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';

const NOW_MS = Date.UTC(2030, 0, 1);

describe('API keys', () => {
  let store: MemoryEngine;
  let keys: ApiKeys;
  let nowMs: number;

  beforeEach(() => {
    nowMs = NOW_MS;
    store = new MemoryEngine({ bytesMax: 1 << 20, life: 'keys' });
    keys = new ApiKeys(store, { nowMs: () => nowMs }, randomBytes);
  });

  async function create(
    account: string,
    { keyName = 'a key', expiresOn, scope }: Partial<Parameters<ApiKeys['create']>[1]> = {},
  ): Promise<{ key: string; id: string }> {
    const outcome = await keys.create(account, { keyName, expiresOn, scope });
    if (outcome.kind !== 'created') throw new Error(outcome.kind);
    return { key: outcome.key, id: outcome.apiKey.id };
  }

  /** The account that a key stands for, or why it does not. */
  async function verdict(key: string): Promise<string> {
    const identified = await keys.identify(key);
    if (identified.ok) return identified.caller.account;
    const { refusal } = identified;
    return refusal.code === 'unauthorized' ? refusal.reason : refusal.code;
  }

  it('are random, and stand for the account that made them', async () => {
    const [one, other] = [await create('acme'), await create('other')];
    expect(one.key).toMatch(/^mk_[A-Za-z0-9_-]{43}$/);
    expect(one.key).not.toBe(other.key);
    expect(await verdict(one.key)).toBe('acme');
    expect(await verdict(other.key)).toBe('other');
  });

  it('are recognised at once where the store has them at hand', async () => {
    const { key } = await create('acme');
    expect(isPromise(keys.identify(key))).toBe(false);
  });

  it('are listed with what tells them apart, the oldest first, and without themselves', async () => {
    const first = await create('acme', { keyName: 'first', scope: 'streams:read' });
    nowMs += 1000;
    const second = await create('acme', { keyName: 'second', expiresOn: '2031-01-01T00:00:00Z' });
    await create('other');
    expect(await keys.list('acme')).toMatchObject({
      kind: 'listed',
      keys: [
        {
          id: first.id,
          account: 'acme',
          name: 'first',
          lastFour: first.key.slice(-4),
          createdAtMs: NOW_MS,
          expiresAtMs: undefined,
          scope: 'streams:read',
        },
        { id: second.id, name: 'second', expiresAtMs: Date.UTC(2031, 0, 1), scope: undefined },
      ],
    });
    const listed = JSON.stringify(await keys.list('acme'));
    expect(listed).not.toContain(first.key);
    expect(listed).not.toContain(second.key.slice(0, -4));
  });

  it('end when they expire', async () => {
    const { key } = await create('acme', { expiresOn: '2030-01-01T00:00:01Z' });
    expect(await verdict(key)).toBe('acme');
    nowMs += 1000;
    expect(await verdict(key)).toBe('expired');
  });

  it('have the scope that they were given', async () => {
    const may = async (scope: string | undefined): Promise<boolean[]> => {
      const identified = await keys.identify((await create('acme', { scope })).key);
      if (!identified.ok) throw new Error('refused');
      const { scopes } = identified.caller;
      return [allows(scopes, 'streams:write', 'demo/x'), allows(scopes, 'accounts:admin', 'x')];
    };
    expect(await may(undefined)).toEqual([true, false]);
    expect(await may('streams:read')).toEqual([false, false]);
    expect(await may('streams:write accounts:admin')).toEqual([true, true]);
  });

  it('count for nothing once revoked, by id or by themselves, and cannot be revoked again', async () => {
    const [one, other] = [await create('acme'), await create('acme')];
    expect(await keys.revoke('acme', { kind: 'id', id: one.id })).toEqual({
      kind: 'revoked',
      id: one.id,
    });
    expect(await verdict(one.key)).toBe('invalid');
    expect(await verdict(other.key)).toBe('acme');
    expect(await keys.revoke('acme', { kind: 'key', key: other.key })).toEqual({
      kind: 'revoked',
      id: other.id,
    });
    expect(await verdict(other.key)).toBe('invalid');
    expect(await keys.list('acme')).toEqual({ kind: 'listed', keys: [] });
    expect(await keys.revoke('acme', { kind: 'id', id: one.id })).toEqual({ kind: 'not-found' });
    expect(await keys.revoke('acme', { kind: 'key', key: one.key })).toEqual({ kind: 'not-found' });
    expect(await keys.hasAny()).toBe(false);
  });

  it('of another account are not there to be revoked', async () => {
    const { key, id } = await create('acme');
    expect(await keys.revoke('other', { kind: 'id', id })).toEqual({ kind: 'not-found' });
    expect(await keys.revoke('other', { kind: 'key', key })).toEqual({ kind: 'not-found' });
    expect(await verdict(key)).toBe('acme');
  });

  it('tell those who follow with them when they are revoked, also if that was just before', async () => {
    const { key, id } = await create('acme');
    const identified = await keys.identify(key);
    if (!identified.ok) throw new Error('refused');
    const told: string[] = [];
    const cancelled = identified.caller.onRevoked(() => told.push('cancelled'));
    identified.caller.onRevoked(() => told.push('before'));
    cancelled();
    await keys.revoke('acme', { kind: 'id', id });
    identified.caller.onRevoked(() => told.push('after'));
    await expect.poll(() => told).toEqual(['before', 'after']);
  });

  it.each([
    ['key_name', { keyName: '' }],
    ['key_name', { keyName: 'x'.repeat(129) }],
    ['key_name', { keyName: 'a\nb' }],
    ['expires_on', { expiresOn: 'tomorrow' }],
    ['expires_on', { expiresOn: '2029-12-31T23:59:59Z' }],
    ['scope', { scope: 'streams:read everything' }],
    ['scope', { scope: '' }],
    ['scope', { scope: 'x'.repeat(4097) }],
  ])('are not made with a bad %s', async (field, parts) => {
    const request = { keyName: 'a key', expiresOn: undefined, scope: undefined, ...parts };
    expect(await keys.create('acme', request)).toMatchObject({ kind: 'invalid', field });
    expect(await keys.hasAny()).toBe(false);
  });

  it.each([
    '',
    'mk_',
    'x',
    `mk_${'a'.repeat(43)}`,
    `sk_${'a'.repeat(43)}`,
    `mk_${'a'.repeat(5000)}`,
  ])('are not %j', async (text) => {
    await create('acme');
    expect(await verdict(text)).toBe('invalid');
  });

  it('that differ from a real one only in the last character are unknown', async () => {
    const { key } = await create('acme');
    const last = key.endsWith('A') ? 'B' : 'A';
    expect(await verdict(key.slice(0, -1) + last)).toBe('invalid');
  });

  it('are a thousand to an account at most', async () => {
    for (let made = 0; made < 1000; made += 1) await create('acme');
    const request = { keyName: 'one too many', expiresOn: undefined, scope: undefined };
    expect(await keys.create('acme', request)).toEqual({ kind: 'too-many', keysMax: 1000 });
    expect((await keys.create('other', request)).kind).toBe('created');
  });

  it('are in the store as hashes alone', async () => {
    const { key } = await create('acme');
    const stored = JSON.stringify(store.list({ prefix: '', after: undefined, limit: 100 }));
    expect(stored).toContain('acme');
    expect(stored).not.toContain(key.slice(3, -4));
  });
});
