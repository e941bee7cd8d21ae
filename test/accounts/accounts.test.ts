import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Accounts } from '../../src/accounts/accounts.ts';
import type { Presented } from '../../src/accounts/credentials.ts';
import { openAccounts, type AccountSettings } from '../../src/accounts/open-accounts.ts';
import { isPromise } from '../../src/lib/maybe-promise.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { DEFAULTS } from '../../src/config/config.ts';
import { SECRET, signWithSecret } from '../support/accounts/tokens.ts';

const NOTHING: Presented = { authorization: undefined, apiKey: undefined, accessToken: undefined };
const A_KEY = { keyName: 'a key', expiresOn: undefined, scope: 'streams:read' };

interface World {
  readonly store?: MemoryEngine;
  readonly isLoopback?: boolean;
  readonly clock?: { nowMs: () => number };
}

function opened(
  settings: Partial<AccountSettings> = {},
  { store = newStore(), isLoopback = true, clock = { nowMs: () => Date.now() } }: World = {},
): Promise<Accounts> {
  const world = { store, isLoopback, clock, fetch, randomBytes };
  const onRequest = (): void => undefined;
  return openAccounts({ ...DEFAULTS, ...settings }, { ...world, monotonicMs: () => 0, onRequest });
}

function newStore(): MemoryEngine {
  return new MemoryEngine({ bytesMax: 1 << 20, life: 'accounts' });
}

async function verdict(accounts: Accounts, presented: Partial<Presented>): Promise<string> {
  const identified = await accounts.judge({ ...NOTHING, ...presented }, 'streams:read', 'demo/x');
  if (identified.ok) return identified.caller.account;
  const { refusal } = identified;
  return refusal.code === 'unauthorized' ? refusal.reason : refusal.code;
}

async function createKey(accounts: Accounts, scope = 'streams:read'): Promise<string> {
  const outcome = await accounts.createKey('acme', { ...A_KEY, scope });
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return outcome.key;
}

describe('accounts without credentials', () => {
  it('let everybody in as the one account, whatever they show', async () => {
    const accounts = await opened();
    expect(accounts.isOpen).toBe(true);
    expect(await verdict(accounts, {})).toBe('default');
    expect(await verdict(accounts, { authorization: 'Bearer x', apiKey: 'y' })).toBe('default');
  });

  it('let those manage the account who are on this machine, and no others', async () => {
    const here = await opened();
    const anywhere = await opened({}, { isLoopback: false });
    expect(await here.judge(NOTHING, 'accounts:admin', 'x')).toMatchObject({ ok: true });
    expect(await anywhere.judge(NOTHING, 'streams:write', 'x')).toMatchObject({ ok: true });
    expect(await anywhere.judge(NOTHING, 'accounts:admin', 'x')).toMatchObject({ ok: false });
  });

  it('close with the first key, and stay closed without any until the next start', async () => {
    const store = newStore();
    const accounts = await opened({}, { store });
    const key = await createKey(accounts);
    expect(accounts.isOpen).toBe(false);
    expect(await verdict(accounts, {})).toBe('missing');
    expect(await verdict(accounts, { apiKey: key })).toBe('acme');
    expect((await opened({}, { store })).isOpen).toBe(false);
    await accounts.keys.revoke('acme', { kind: 'key', key });
    expect(await verdict(accounts, {})).toBe('missing');
    expect((await opened({}, { store })).isOpen).toBe(true);
  });

  it('do not close for a key that was not made', async () => {
    const accounts = await opened();
    await accounts.createKey('acme', { ...A_KEY, scope: 'nonsense' });
    expect(accounts.isOpen).toBe(true);
  });
});

describe('a credential', () => {
  it('is asked for where tokens are configured', async () => {
    const accounts = await opened({ jwtSecret: SECRET });
    expect(await verdict(accounts, {})).toBe('missing');
    const token = await signWithSecret();
    expect(await verdict(accounts, { authorization: `Bearer ${token}` })).toBe('acme');
    expect(await verdict(accounts, { authorization: `bearer ${token}` })).toBe('acme');
    expect(await verdict(accounts, { accessToken: token })).toBe('acme');
  });

  it('must be the only one', async () => {
    const accounts = await opened({ jwtSecret: SECRET });
    const authorization = `Bearer ${await signWithSecret()}`;
    const apiKey = await createKey(accounts);
    const accessToken = await signWithSecret();
    // Remembered or not, one more is one too many.
    for (let round = 0; round < 2; round += 1) {
      expect(await verdict(accounts, { authorization, apiKey })).toBe('several');
      expect(await verdict(accounts, { authorization, accessToken })).toBe('several');
      expect(await verdict(accounts, { apiKey, accessToken })).toBe('several');
      expect(await verdict(accounts, { authorization })).toBe('acme');
      expect(await verdict(accounts, { apiKey })).toBe('acme');
    }
  });

  it('must be where its kind belongs', async () => {
    const accounts = await opened({ jwtSecret: SECRET });
    const token = await signWithSecret();
    const key = await createKey(accounts);
    expect(await verdict(accounts, { authorization: `Bearer ${token}` })).toBe('acme');
    expect(await verdict(accounts, { apiKey: key })).toBe('acme');
    const misplaced: Partial<Presented>[] = [
      { apiKey: `Bearer ${token}` },
      { apiKey: token },
      { authorization: key },
      { authorization: `Bearer ${key}` },
      { authorization: token },
      { authorization: `Basic ${token}` },
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: `Bearer ${token} ${token}` },
      { apiKey: '' },
      { accessToken: '' },
      { accessToken: key },
    ];
    for (const presented of misplaced) {
      expect([presented, await verdict(accounts, presented)]).toEqual([presented, 'invalid']);
    }
  });

  it('that was verified is known at once the next time', async () => {
    const accounts = await opened({ jwtSecret: SECRET });
    const presented = { ...NOTHING, authorization: `Bearer ${await signWithSecret()}` };
    const first = accounts.judge(presented, 'streams:read', 'demo/x');
    expect(isPromise(first)).toBe(true);
    await first;
    expect(isPromise(accounts.judge(presented, 'streams:read', 'demo/x'))).toBe(false);
  });

  it('that was verified is known no longer than it is good', async () => {
    let nowMs = Date.now();
    const accounts = await opened({ jwtSecret: SECRET }, { clock: { nowMs: () => nowMs } });
    const exp = Math.floor(nowMs / 1000) + 30;
    const authorization = `Bearer ${await signWithSecret({ exp })}`;
    expect(await verdict(accounts, { authorization })).toBe('acme');
    nowMs += 60_000;
    expect(await verdict(accounts, { authorization })).toBe('expired');
  });

  it('that was revoked is forgotten before that is answered', async () => {
    const accounts = await opened({ jwtSecret: SECRET });
    const apiKey = await createKey(accounts);
    expect(await verdict(accounts, { apiKey })).toBe('acme');
    await accounts.keys.revoke('acme', { kind: 'key', key: apiKey });
    expect(await verdict(accounts, { apiKey })).toBe('invalid');
  });

  it('is good for its scope alone', async () => {
    const accounts = await opened({ jwtSecret: SECRET });
    const scope = 'streams:write streams:read:demo/y';
    const authorization = `Bearer ${await signWithSecret({ scope })}`;
    expect(await verdict(accounts, { authorization })).toBe('forbidden');
    expect(await verdict(accounts, { apiKey: await createKey(accounts, scope) })).toBe('forbidden');
  });

  it('is good for so many requests a second', async () => {
    const accounts = await opened({ jwtSecret: SECRET, accountRequestsPerSecondMax: 2 });
    const authorization = `Bearer ${await signWithSecret()}`;
    const verdicts: string[] = [];
    for (let asked = 0; asked < 3; asked += 1)
      verdicts.push(await verdict(accounts, { authorization }));
    expect(verdicts).toEqual(['acme', 'acme', 'too-many-requests']);
    const other = `Bearer ${await signWithSecret({ account: 'other' })}`;
    expect(await verdict(accounts, { authorization: other })).toBe('other');
  });
});

describe('the configuration of tokens', () => {
  it('names one kind of key, and a URL that is one', async () => {
    await expect(opened({ jwtSecret: SECRET, jwksUrl: 'http://127.0.0.1/' })).rejects.toThrow(
      'name one',
    );
    for (const jwksUrl of ['keys', 'file:///etc/passwd', 'ftp://127.0.0.1/']) {
      await expect(opened({ jwksUrl })).rejects.toThrow('http or https');
    }
  });
});
