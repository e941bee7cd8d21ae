import { createHash, timingSafeEqual } from 'node:crypto';

// A key is this prefix and 256 random bits. Its hash may be a fast one: slow hashes protect what
// people think up, and nobody finds 256 bits by trying, however fast a try is.
const PREFIX = 'mk_';
const KEY = /^mk_[A-Za-z0-9_-]{43}$/;
export const KEY_BYTES = 32;

export function keyText(random: Buffer): string {
  return PREFIX + random.toString('base64url');
}

export function isKeyText(text: string): boolean {
  return KEY.test(text);
}

/** SHA-256 in hex: all that is ever stored of a key, but for its last four characters. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Compares two hashes in a time that says nothing of how far they agree. */
export function isSameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
