import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';

/** A public key as it is published (RFC 8037). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** The key itself: 32 bytes in base64url. */
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

export interface Jwks {
  readonly keys: readonly PublicJwk[];
}

/** What signs: the private half stays in here. */
export interface SigningKey {
  readonly publicJwk: PublicJwk;
  readonly privateKey: KeyObject;
}

/** The header that carries the signature (protocol, "7.1. Webhook Delivery and Callback"). */
export const SIGNATURE_HEADER = 'webhook-signature';

/** In PKCS #8: base64 of DER. */
export function generateSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}

/** Undefined for what is no private key of Ed25519. */
export function parseSigningKey(text: string): SigningKey | undefined {
  try {
    const der = Buffer.from(text, 'base64');
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    if (privateKey.asymmetricKeyType !== 'ed25519') return undefined;
    const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
    return x === undefined ? undefined : { privateKey, publicJwk: publicJwkOf(x) };
  } catch {
    return undefined;
  }
}

/** Of the bare key. Its id is its thumbprint (RFC 7638), so a key has the same one for ever. */
export function publicJwkOf(x: string): PublicJwk {
  const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  const kid = createHash('sha256').update(members).digest('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' };
}

/** The value of the header for a body sent at this time; made anew for each attempt. */
export function signatureOf(key: SigningKey, body: Buffer, nowMs: number): string {
  const seconds = String(Math.floor(nowMs / 1000));
  const signature = sign(null, signed(seconds, body), key.privateKey).toString('base64url');
  return `t=${seconds},kid=${key.publicJwk.kid},ed25519=${signature}`;
}

const SIGNATURE = /^t=(\d{1,12}),kid=([A-Za-z0-9_-]{1,128}),ed25519=([A-Za-z0-9_-]{86})$/;
export const REPLAY_WINDOW_MS = 300_000;

/** What a receiver does: whether one of these keys has signed this body, and not long ago. */
export function isSignedBy({ keys }: Jwks, header: string, body: Buffer, nowMs: number): boolean {
  const [, seconds = '', kid, signature = ''] = SIGNATURE.exec(header) ?? [];
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined || Math.abs(nowMs - Number(seconds) * 1000) > REPLAY_WINDOW_MS)
    return false;
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  return verify(null, signed(seconds, body), key, Buffer.from(signature, 'base64url'));
}

function signed(seconds: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${seconds}.`), body]);
}
