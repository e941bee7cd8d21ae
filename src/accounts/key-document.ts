import { textOf } from '../storage/documents.ts';
import { DataCorrupt, type StoredHead } from '../storage/port.ts';

/** What is known of an API key. */
export interface ApiKey {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  /** The key's last four characters, for people to tell keys apart. */
  readonly lastFour: string;
  readonly createdAtMs: number;
  /** Undefined: it is good until it is revoked. */
  readonly expiresAtMs: number | undefined;
  /** Undefined: none was given. */
  readonly scope: string | undefined;
}

/** The key as it is stored: with its hash, and without itself. */
export interface StoredKey extends ApiKey {
  readonly hash: string;
}

export function writeKey(key: StoredKey): string {
  return JSON.stringify(key);
}

/** Undefined when there is none. One that cannot be read is damage, and no key. */
export function readKey(head: StoredHead | undefined): StoredKey | undefined {
  if (head === undefined) return undefined;
  const text = textOf(head);
  const key = text === undefined ? undefined : toKey(parse(text));
  if (key === undefined) throw new DataCorrupt('an API key cannot be read');
  return key;
}

function parse(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return new Map(Object.entries(value ?? {}));
  } catch {
    return new Map();
  }
}

function toKey(fields: ReadonlyMap<string, unknown>): StoredKey | undefined {
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = fields.get(name);
    return typeof value === 'number' ? value : undefined;
  };
  const [id, account, name, lastFour, hash] = [
    text('id'),
    text('account'),
    text('name'),
    text('lastFour'),
    text('hash'),
  ];
  const createdAtMs = number('createdAtMs');
  if (id === undefined || account === undefined || name === undefined) return undefined;
  if (lastFour === undefined || hash === undefined || createdAtMs === undefined) return undefined;
  const expiresAtMs = number('expiresAtMs');
  // A limit that cannot be read is not the same as none.
  if (fields.has('expiresAtMs') && expiresAtMs === undefined) return undefined;
  if (fields.has('scope') && text('scope') === undefined) return undefined;
  return { id, account, name, lastFour, createdAtMs, expiresAtMs, scope: text('scope'), hash };
}
