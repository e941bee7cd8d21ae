import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allows } from '../../src/accounts/scopes.ts';
import { KeyUnusable, tokenKeys, type KeySource } from '../../src/accounts/token-keys.ts';
import { Tokens, type TokenRules } from '../../src/accounts/tokens.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { ecPair, edPair, forge, rsaPair, SECRET, sign } from '../support/accounts/tokens.ts';

const RSA = rsaPair();
const EC = ecPair();
const ED = edPair();
const SECRET_BYTES = Buffer.from(SECRET);
const NOW = Math.floor(Date.now() / 1000);
const GOOD_CLAIMS = { account: 'acme', exp: NOW + 3600 };

function verifier(source: KeySource, rules: Partial<TokenRules> = {}): Tokens {
  const byDefault = { issuer: undefined, audience: undefined, accountClaim: 'account' };
  return new Tokens({ keys: tokenKeys(source), ...byDefault, leewayMs: 0, ...rules }, systemClock);
}

function withSecret(rules: Partial<TokenRules> = {}): Tokens {
  return verifier({ kind: 'secret', secret: SECRET }, rules);
}

function withKey(pem: string, rules: Partial<TokenRules> = {}): Tokens {
  return verifier({ kind: 'public-key', pem }, rules);
}

/** The account of an accepted token, or the code and reason of its refusal. */
async function verdict(tokens: Tokens, token: string): Promise<string> {
  const identified = await tokens.verify(token);
  if (identified.ok) return identified.caller.account;
  const { refusal } = identified;
  return refusal.code === 'unauthorized' ? refusal.reason : refusal.code;
}

describe('a token', () => {
  it.each([
    ['RS256', RSA],
    ['ES256', EC],
    ['EdDSA', ED],
  ] as const)('of %s is verified by the public key of its kind', async (algorithm, pair) => {
    const tokens = withKey(pair.pem);
    expect(await verdict(tokens, await sign(pair.privateKey, algorithm))).toBe('acme');
    const others = [RSA, EC, ED].filter((each) => each !== pair);
    for (const other of others) {
      expect(await verdict(withKey(other.pem), await sign(pair.privateKey, algorithm))).toBe(
        'invalid',
      );
    }
  });

  it('of HS256 is verified by the secret', async () => {
    expect(await verdict(withSecret(), await sign(SECRET_BYTES, 'HS256'))).toBe('acme');
    const other = Buffer.from(SECRET.replace('a', 'b'));
    expect(await verdict(withSecret(), await sign(other, 'HS256'))).toBe('invalid');
  });

  it('says whose it is, until when, and for what', async () => {
    const claims = { scope: 'streams:read:demo/x openid', exp: NOW + 60, jti: 'token-7' };
    const identified = await withSecret({ leewayMs: 2000 }).verify(
      await sign(SECRET_BYTES, 'HS256', { claims }),
    );
    if (!identified.ok) throw new Error('refused');
    const { caller } = identified;
    expect(caller.expiresAtMs).toBe((NOW + 62) * 1000);
    expect(caller.credential).toBe('token token-7');
    expect(allows(caller.scopes, 'streams:read', 'demo/x')).toBe(true);
    expect(allows(caller.scopes, 'streams:read', 'demo/y')).toBe(false);
  });

  it('without a scope may do all but manage its account, and with an empty one nothing', async () => {
    const may = async (claims: object): Promise<boolean[]> => {
      const token = await sign(SECRET_BYTES, 'HS256', { claims: { ...claims } });
      const identified = await withSecret().verify(token);
      if (!identified.ok) throw new Error('refused');
      const { scopes } = identified.caller;
      return [allows(scopes, 'streams:write', 'demo/x'), allows(scopes, 'accounts:admin', 'x')];
    };
    expect(await may({})).toEqual([true, false]);
    expect(await may({ scope: '' })).toEqual([false, false]);
  });

  it('may name its account in another claim', async () => {
    const claims = { account: undefined, 'https://example.org/tenant': 'acme' };
    const token = await sign(SECRET_BYTES, 'HS256', { claims });
    const accountClaim = 'https://example.org/tenant';
    expect(await verdict(withSecret({ accountClaim }), token)).toBe('acme');
    expect(await verdict(withSecret(), token)).toBe('invalid');
  });
});

describe('a trick with a token (S1)', () => {
  const secret = withSecret();
  const rsa = withKey(RSA.pem);

  it('that names no algorithm is refused', async () => {
    for (const alg of ['none', 'None', 'NONE', '', undefined]) {
      const token = forge({ alg, typ: 'JWT' }, GOOD_CLAIMS);
      expect([alg, await verdict(secret, token)]).toEqual([alg, 'invalid']);
      expect([alg, await verdict(rsa, token)]).toEqual([alg, 'invalid']);
    }
  });

  it('that takes the public key for a secret is refused', async () => {
    for (const { pem, publicKey } of [RSA, EC, ED]) {
      for (const bytes of [Buffer.from(pem), publicKey.export({ type: 'spki', format: 'der' })]) {
        expect(await verdict(withKey(pem), await sign(bytes, 'HS256'))).toBe('invalid');
      }
    }
  });

  it('of another algorithm of the same key is refused', async () => {
    expect(await verdict(rsa, await sign(RSA.privateKey, 'RS512'))).toBe('invalid');
    expect(await verdict(rsa, await sign(RSA.privateKey, 'PS256'))).toBe('invalid');
    const long = Buffer.concat([SECRET_BYTES, SECRET_BYTES]);
    const tokens = verifier({ kind: 'secret', secret: SECRET + SECRET });
    expect(await verdict(tokens, await sign(long, 'HS512'))).toBe('invalid');
  });

  it('that brings its own key is refused', async () => {
    const own = rsaPair();
    const jwk = own.publicKey.export({ format: 'jwk' });
    for (const header of [
      { jwk },
      { jku: 'http://127.0.0.1:1/keys' },
      { x5u: 'http://127.0.0.1:1' },
    ]) {
      expect(await verdict(rsa, await sign(own.privateKey, 'RS256', { header }))).toBe('invalid');
    }
  });

  it('that demands an extension is refused', async () => {
    const signed = (header: object): string => {
      const parts = forge(header, GOOD_CLAIMS);
      const body = parts.slice(0, -1);
      return parts + createHmac('sha256', SECRET).update(body).digest('base64url');
    };
    expect(await verdict(secret, signed({ alg: 'HS256' }))).toBe('acme');
    const demanding = { alg: 'HS256', crit: ['new'], new: true };
    expect(await verdict(secret, signed(demanding))).toBe('invalid');
    expect(await verdict(secret, signed({ alg: 'HS256', crit: ['b64'], b64: false }))).toBe(
      'invalid',
    );
  });

  it('with a key id of any shape does not matter where there is one key', async () => {
    for (const kid of ['../../etc/passwd', "' or 1=1", '\0', 'x'.repeat(5000)]) {
      expect(await verdict(secret, await sign(SECRET_BYTES, 'HS256', { header: { kid } }))).toBe(
        'acme',
      );
    }
  });

  it('that was changed after it was signed is refused', async () => {
    const token = await sign(SECRET_BYTES, 'HS256');
    const [header = '', , signature = ''] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ ...GOOD_CLAIMS, account: 'other' }));
    const forged = `${header}.${claims.toString('base64url')}.${signature}`;
    expect(await verdict(secret, forged)).toBe('invalid');
  });

  it.each(['', '.', '..', 'a.b', 'a.b.c', 'a.b.c.d', 'a.b.c.d.e', '💥', 'e30.e30.'])(
    'is not %j either',
    async (token) => {
      expect(await verdict(secret, token)).toBe('invalid');
    },
  );
});

describe('a token of the wrong kind (S2)', () => {
  async function judged(claims: object, rules: Partial<TokenRules> = {}): Promise<string> {
    const token = await sign(SECRET_BYTES, 'HS256', { claims: { ...claims } });
    return verdict(withSecret(rules), token);
  }

  it('without an end is refused', async () => {
    expect(await judged({ exp: undefined })).toBe('invalid');
  });

  it('past its end is refused as expired, give or take the leeway', async () => {
    expect(await judged({ exp: NOW - 60 })).toBe('expired');
    expect(await judged({ exp: NOW - 60 }, { leewayMs: 50_000 })).toBe('expired');
    expect(await judged({ exp: NOW - 60 }, { leewayMs: 600_000 })).toBe('acme');
  });

  it('before its time is refused, give or take the leeway', async () => {
    expect(await judged({ nbf: NOW + 60 })).toBe('invalid');
    expect(await judged({ nbf: NOW + 60 }, { leewayMs: 600_000 })).toBe('acme');
  });

  it('of another issuer, or of none, is refused', async () => {
    const rules = { issuer: 'https://issuer.example' };
    expect(await judged({ iss: 'https://issuer.example' }, rules)).toBe('acme');
    expect(await judged({ iss: 'https://other.example' }, rules)).toBe('invalid');
    expect(await judged({}, rules)).toBe('invalid');
  });

  it('meant for somebody else, as an ID token is for its client, is refused', async () => {
    const rules = { audience: 'millrace' };
    expect(await judged({ aud: 'millrace' }, rules)).toBe('acme');
    expect(await judged({ aud: ['other', 'millrace'] }, rules)).toBe('acme');
    expect(await judged({ aud: 'client-7', nonce: 'n' }, rules)).toBe('invalid');
    expect(await judged({}, rules)).toBe('invalid');
  });

  it('whose claims have another type or shape is refused', async () => {
    const accounts = [undefined, null, 7, '', 'a\0b', '-', '../x', 'x'.repeat(65), ['acme'], {}];
    for (const account of accounts) {
      expect([account, await judged({ account })]).toEqual([account, 'invalid']);
    }
    expect(await judged({ scope: ['streams:read'] })).toBe('invalid');
    expect(await judged({ exp: 'tomorrow' })).toBe('invalid');
  });
});

describe('a key', () => {
  const refusals: readonly (readonly [string, KeySource])[] = [
    ['a short secret', { kind: 'secret', secret: 'x'.repeat(31) }],
    ['a public key as a secret', { kind: 'secret', secret: RSA.pem }],
    ['a weak RSA key', { kind: 'public-key', pem: rsaPair(1024).pem }],
    ['an EC key of another curve', { kind: 'public-key', pem: ecPair('P-384').pem }],
    ['no key', { kind: 'public-key', pem: 'nothing' }],
    [
      'a private key',
      {
        kind: 'public-key',
        pem: EC.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    ],
  ];

  it.each(refusals)('that is %s is not taken', (_what, source) => {
    expect(() => tokenKeys(source)).toThrow(KeyUnusable);
  });
});
