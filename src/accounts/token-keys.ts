import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { CryptoKey, JWSHeaderParameters } from 'jose';
import { KeySet, type KeySetParts } from './key-set.ts';

/** What tokens are signed with, as it was configured. */
export type KeySource =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'public-key'; readonly pem: string }
  | ({ readonly kind: 'jwks' } & KeySetParts);

/**
 * The keys and the algorithms that go with them. It is the key that says which algorithm it is for,
 * never the token: one that calls a public key a shared secret finds nobody who believes it.
 */
export interface TokenKeys {
  readonly algorithms: readonly string[];
  readonly find: (header: JWSHeaderParameters) => Promise<CryptoKey> | KeyObject;
}

/** What is configured cannot be a key. The message says why, and nothing of the key. */
export class KeyUnusable extends Error {
  override name = 'KeyUnusable';
}

// RFC 7518, "HMAC with SHA-2 Functions": no shorter than the hash.
const SECRET_BYTES_MIN = 32;
const RSA_BITS_MIN = 2048;
const EDDSA = ['EdDSA', 'Ed25519'];

export function tokenKeys(source: KeySource): TokenKeys {
  switch (source.kind) {
    case 'secret':
      return only(['HS256'], secretKey(source.secret));
    case 'public-key': {
      const key = publicKey(source.pem);
      return only(algorithmsOf(key), key);
    }
    case 'jwks': {
      const keys = new KeySet(source);
      return { algorithms: ['RS256', 'ES256', ...EDDSA], find: (header) => keys.find(header) };
    }
  }
}

function only(algorithms: readonly string[], key: KeyObject): TokenKeys {
  return { algorithms, find: () => key };
}

function secretKey(secret: string): KeyObject {
  const bytes = Buffer.from(secret);
  if (bytes.length < SECRET_BYTES_MIN) {
    throw new KeyUnusable(`the secret for HS256 must be at least ${SECRET_BYTES_MIN} bytes long`);
  }
  if (secret.includes('-----BEGIN')) {
    throw new KeyUnusable('the secret for HS256 is a key in PEM, which is for another algorithm');
  }
  return createSecretKey(bytes);
}

function publicKey(pem: string): KeyObject {
  // Node makes a public key of a private one without a word, which would hide where that has got to.
  if (pem.includes('PRIVATE KEY')) throw new KeyUnusable('a private key is not for this server');
  try {
    return createPublicKey(pem);
  } catch {
    throw new KeyUnusable('the public key is no key in PEM');
  }
}

function algorithmsOf(key: KeyObject): readonly string[] {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if ((details?.modulusLength ?? 0) >= RSA_BITS_MIN) return ['RS256'];
      throw new KeyUnusable(`an RSA key must have at least ${RSA_BITS_MIN} bits`);
    case 'ec':
      if (details?.namedCurve === 'prime256v1') return ['ES256'];
      throw new KeyUnusable('an EC key must be of the curve P-256');
    case 'ed25519':
      return EDDSA;
    default:
      throw new KeyUnusable('the public key must be RSA, EC or Ed25519');
  }
}
