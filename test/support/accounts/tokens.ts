import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';

/** A secret that is long enough for HS256. */
export const SECRET = 'a secret of the tests, known to everybody who reads them';

export interface TokenParts {
  readonly claims?: JWTPayload;
  /** Fields of the header besides the algorithm. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token of the account `acme` that is good for an hour, but for what is said otherwise. */
export function sign(
  key: KeyObject | Uint8Array,
  algorithm: string,
  { claims = {}, header = {} }: TokenParts = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = { account: 'acme', iat: now, exp: now + 3600, ...claims };
  return new SignJWT(all).setProtectedHeader({ ...header, alg: algorithm }).sign(key);
}

/** Signed with `SECRET`. */
export function signWithSecret(claims: JWTPayload = {}): Promise<string> {
  return sign(Buffer.from(SECRET), 'HS256', { claims });
}

/** A token whose parts are what they are said to be, whether or not that makes sense. */
export function forge(header: object, claims: object, signature = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

export interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly pem: string;
}

export function rsaPair(bits = 2048): Pair {
  return withPem(generateKeyPairSync('rsa', { modulusLength: bits }));
}

export function ecPair(namedCurve = 'P-256'): Pair {
  return withPem(generateKeyPairSync('ec', { namedCurve }));
}

export function edPair(): Pair {
  return withPem(generateKeyPairSync('ed25519'));
}

function withPem(pair: { publicKey: KeyObject; privateKey: KeyObject }): Pair {
  return { ...pair, pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}
