import { createCipheriv, createDecipheriv } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Where the next page of an answer is, for whoever asks for it to give back: it can neither be read
 * nor changed, nor used for another answer (`of`). The key lives as long as the process.
 */
export class PageTokens {
  readonly #randomBytes: (size: number) => Buffer;
  readonly #key: Buffer;

  constructor(randomBytes: (size: number) => Buffer) {
    this.#randomBytes = randomBytes;
    this.#key = randomBytes(KEY_BYTES);
  }

  seal(page: URL, of: string): string {
    const nonce = this.#randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(of));
    const sealed = Buffer.concat([cipher.update(page.href, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** Undefined for what was not sealed here, for this. */
  open(token: string, of: string): URL | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const tag = bytes.subarray(bytes.length - TAG_BYTES);
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(of)).setAuthTag(tag);
    const sealed = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
    try {
      return new URL(Buffer.concat([decipher.update(sealed), decipher.final()]).toString());
    } catch {
      return undefined;
    }
  }
}
