import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenKeys } from '../../src/accounts/token-keys.ts';
import { Tokens } from '../../src/accounts/tokens.ts';
import { Issuer } from '../support/accounts/issuer.ts';
import { ecPair, rsaPair, SECRET, sign } from '../support/accounts/tokens.ts';

const RSA = rsaPair();
const EC = ecPair();

describe('a key set (S8)', () => {
  let issuer: Issuer;
  let nowMs: number;
  let tokens: Tokens;

  beforeEach(async () => {
    issuer = await Issuer.start();
    issuer.publish('one', RSA.publicKey);
    nowMs = Date.now();
    const clock = { nowMs: () => nowMs };
    const keys = tokenKeys({ kind: 'jwks', url: issuer.url, clock, fetch });
    const rules = { keys, issuer: undefined, audience: undefined, accountClaim: 'account' };
    tokens = new Tokens({ ...rules, leewayMs: 3_600_000 }, clock);
  });

  afterEach(() => issuer.close());

  const signed = (kid = 'one'): Promise<string> =>
    sign(RSA.privateKey, 'RS256', { header: { kid } });

  async function verdict(token: string): Promise<string> {
    const identified = await tokens.verify(token);
    return identified.ok ? identified.caller.account : identified.refusal.code;
  }

  it('is fetched once for many tokens, even when they come at once', async () => {
    const token = await signed();
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verdict(token)));
    expect(new Set(verdicts)).toEqual(new Set(['acme']));
    expect(issuer.asked).toBe(1);
  });

  it('is fetched again for a key that it does not hold', async () => {
    expect(await verdict(await signed())).toBe('acme');
    issuer.publish('two', EC.publicKey);
    nowMs += 10_000;
    const token = await sign(EC.privateKey, 'ES256', { header: { kid: 'two' } });
    expect(await verdict(token)).toBe('acme');
    expect(issuer.asked).toBe(2);
  });

  it('is not fetched for each of a flood of made-up keys', async () => {
    expect(await verdict(await signed())).toBe('acme');
    nowMs += 10_000;
    for (let each = 0; each < 50; each += 1) {
      expect(await verdict(await signed(`made up ${each}`))).toBe('unauthorized');
    }
    expect(issuer.asked).toBe(2);
    expect(await verdict(await signed())).toBe('acme');
  });

  it('goes on being used while its issuer is down, however long', async () => {
    expect(await verdict(await signed())).toBe('acme');
    issuer.answers = 'failure';
    nowMs += 20 * 60_000;
    expect(await verdict(await signed())).toBe('acme');
    issuer.answers = 'nonsense';
    nowMs += 20 * 60_000;
    expect(await verdict(await signed())).toBe('acme');
    await issuer.close();
    nowMs += 20 * 60_000;
    expect(await verdict(await signed())).toBe('acme');
    expect(await verdict(await signed('unknown'))).toBe('unauthorized');
  });

  it('is fetched anew beside the work when it is old, so that withdrawn keys stop counting', async () => {
    expect(await verdict(await signed())).toBe('acme');
    issuer.withdrawAll();
    issuer.publish('two', EC.publicKey);
    nowMs += 10 * 60_000;
    await expect
      .poll(async () => verdict(await signed()), { timeout: 20_000 })
      .toBe('unauthorized');
    expect(issuer.asked).toBe(2);
  });

  it('that could never be had says so, and is asked for again before long', async () => {
    issuer.answers = 'failure';
    expect(await verdict(await signed())).toBe('credentials-unverifiable');
    expect(await verdict(await signed())).toBe('credentials-unverifiable');
    expect(issuer.asked).toBe(1);
    issuer.answers = 'keys';
    nowMs += 10_000;
    expect(await verdict(await signed())).toBe('acme');
  });

  it('never makes a secret of what it holds', async () => {
    issuer.withdrawAll();
    issuer.publish('one', RSA.publicKey, {
      kty: 'oct',
      k: Buffer.from(SECRET).toString('base64url'),
    });
    const token = await sign(Buffer.from(SECRET), 'HS256', { header: { kid: 'one' } });
    expect(await verdict(token)).toBe('unauthorized');
  });
});
