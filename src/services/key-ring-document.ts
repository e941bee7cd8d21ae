import { textOf } from '../storage/documents.ts';
import { DataCorrupt, type StoredHead } from '../storage/port.ts';
import { parseSigningKey, publicJwkOf, type PublicJwk, type SigningKey } from './signing-key.ts';

/** The keys of a server: what signs, and what has signed before and is still published. */
export interface KeyRing {
  readonly current: SigningKey;
  /** The newest first. Their private halves are gone. */
  readonly former: readonly PublicJwk[];
}

/** Where it is kept: the grammar of names is in streams/names.ts. */
export const KEY_RING_NAME = 'w';

/** `privateKey` in PKCS #8, `former` as bare public keys. */
export function writeKeyRing(privateKey: string, former: readonly PublicJwk[]): string {
  return JSON.stringify({ privateKey, former: former.map(({ x }) => x) });
}

/** Undefined when there is none. One that cannot be read is damage: nothing is put in its place. */
export function readKeyRing(head: StoredHead | undefined): KeyRing | undefined {
  if (head === undefined) return undefined;
  const text = textOf(head);
  const ring = text === undefined ? undefined : parse(text);
  if (ring === undefined) throw new DataCorrupt('the keys that sign calls cannot be read');
  return ring;
}

function parse(text: string): KeyRing | undefined {
  const { privateKey, former }: Partial<Record<string, unknown>> = fieldsOf(text);
  const current = typeof privateKey === 'string' ? parseSigningKey(privateKey) : undefined;
  if (current === undefined || !Array.isArray(former) || !former.every(isPublicKey)) {
    return undefined;
  }
  return { current, former: former.map(publicJwkOf) };
}

function fieldsOf(text: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return Object.fromEntries(Object.entries(value ?? {}));
  } catch {
    return {};
  }
}

/** 32 bytes in base64url. */
function isPublicKey(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
}
