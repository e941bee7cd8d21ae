import type { Clock } from '../lib/clock.ts';
import { isPromise, type MaybePromise } from '../lib/maybe-promise.ts';
import { createDocument, deleteDocument, textOf } from '../storage/documents.ts';
import type { Listed, LogStore, StoredHead } from '../storage/port.ts';
import { refusedAsCorrupt, transact, type Refused } from '../streams/transact.ts';
import { known, unauthorized, type Identified } from './identified.ts';
import { readKey, writeKey, type ApiKey, type StoredKey } from './key-document.ts';
import { ANY_KEY_ID, keyIdName, keyIdPrefix, keyName } from './key-names.ts';
import { parseKeyRequest, type InvalidKeyRequest, type WrittenKeyRequest } from './key-request.ts';
import { hashOf, isKeyText, isSameHash, KEY_BYTES, keyText } from './key-text.ts';
import { DEFAULT_SCOPE, parseScopes } from './scopes.ts';

export type CreateKeyOutcome =
  /** `key` is the only time that anybody sees it. */
  | { readonly kind: 'created'; readonly key: string; readonly apiKey: ApiKey }
  | { readonly kind: 'too-many'; readonly keysMax: number }
  | InvalidKeyRequest
  | Refused;

export type ListKeysOutcome =
  { readonly kind: 'listed'; readonly keys: readonly ApiKey[] } | Refused;

export type RevokeKeyOutcome =
  { readonly kind: 'revoked'; readonly id: string } | { readonly kind: 'not-found' } | Refused;

/** Which key: by its id, or by itself. */
export type KeyReference =
  { readonly kind: 'id'; readonly id: string } | { readonly kind: 'key'; readonly key: string };

/** In an account, so that a list of its keys is a page. */
const KEYS_MAX = 1000;
const ID_BYTES = 8;

/** API keys: made, listed, revoked, and recognised. */
export class ApiKeys {
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #randomBytes: (size: number) => Buffer;

  constructor(store: LogStore, clock: Clock, randomBytes: (size: number) => Buffer) {
    this.#store = store;
    this.#clock = clock;
    this.#randomBytes = randomBytes;
  }

  async create(account: string, written: WrittenKeyRequest): Promise<CreateKeyOutcome> {
    const parsed = parseKeyRequest(written, this.#clock.nowMs());
    if (parsed.kind === 'invalid') return parsed;
    const others = await this.#ofAccount(account);
    if (others.length >= KEYS_MAX) return { kind: 'too-many', keysMax: KEYS_MAX };
    const key = keyText(this.#randomBytes(KEY_BYTES));
    const id = this.#randomBytes(ID_BYTES).toString('hex');
    const lastFour = key.slice(-4);
    const createdAtMs = this.#clock.nowMs();
    const apiKey: ApiKey = { ...parsed.request, id, account, lastFour, createdAtMs };
    const hash = hashOf(key);
    const names = [keyName(hash), keyIdName(account, id)];
    const texts = [writeKey({ ...apiKey, hash }), hash];
    return transact<CreateKeyOutcome>(this.#store, names, () => ({
      kind: 'commit',
      ops: names.map((name, index) => createDocument(name, texts[index] ?? '')),
      outcome: () => ({ kind: 'created', key, apiKey }),
    }));
  }

  /** The account's keys, the oldest first. */
  async list(account: string): Promise<ListKeysOutcome> {
    try {
      const keys: ApiKey[] = [];
      for (const { head } of await this.#ofAccount(account)) {
        const key = await this.#describedBy(head);
        if (key !== undefined) keys.push(key);
      }
      return {
        kind: 'listed',
        keys: keys.sort((one, other) => one.createdAtMs - other.createdAtMs),
      };
    } catch (error) {
      return refusedAsCorrupt(error);
    }
  }

  /** When it resolves, the key counts for nothing, and never will again. */
  async revoke(account: string, reference: KeyReference): Promise<RevokeKeyOutcome> {
    try {
      const key = await this.#lookUp(account, reference);
      if (key?.account !== account) return { kind: 'not-found' };
      const names = [keyName(key.hash), keyIdName(account, key.id)];
      return await transact<RevokeKeyOutcome>(this.#store, names, (heads) => {
        if (heads[0] === undefined) return { kind: 'answer', outcome: { kind: 'not-found' } };
        return {
          kind: 'commit',
          ops: names.map((name, index) => deleteDocument(name, heads[index])),
          outcome: () => ({ kind: 'revoked', id: key.id }),
        };
      });
    } catch (error) {
      return refusedAsCorrupt(error);
    }
  }

  /** Whose key it is. */
  identify(text: string): MaybePromise<Identified> {
    if (!isKeyText(text)) return unauthorized('invalid');
    const hash = hashOf(text);
    const judge = (head: StoredHead | undefined): Identified => this.#judge(head, hash);
    const head = this.#store.durable(keyName(hash));
    return isPromise(head) ? head.then(judge) : judge(head);
  }

  /** Whether any account has a key, be it one that has expired. */
  async hasAny(): Promise<boolean> {
    const request = { prefix: ANY_KEY_ID, after: undefined, limit: 1 };
    return (await this.#store.list(request)).length > 0;
  }

  #judge(head: StoredHead | undefined, hash: string): Identified {
    const key = readKey(head);
    if (key === undefined || !isSameHash(key.hash, hash)) return unauthorized('invalid');
    const { id, account, expiresAtMs, scope } = key;
    if (expiresAtMs !== undefined && this.#clock.nowMs() >= expiresAtMs) {
      return unauthorized('expired');
    }
    return known({
      account,
      scopes: parseScopes(scope ?? DEFAULT_SCOPE),
      expiresAtMs,
      credential: `key ${id}`,
      isIdentified: true,
      onRevoked: (listener) => this.#watch(keyName(hash), listener),
    });
  }

  /** Calls back when the key is gone; at once, if it has gone since it was identified. */
  #watch(name: string, onGone: () => void): () => void {
    const look = async (): Promise<void> => {
      if (!(await this.#isThere(name))) onGone();
    };
    const unwatch = this.#store.watch(name, () => void look());
    void look();
    return unwatch;
  }

  /** One that can no longer be read is as good as gone. */
  async #isThere(name: string): Promise<boolean> {
    try {
      return (await this.#store.durable(name)) !== undefined;
    } catch {
      return false;
    }
  }

  async #ofAccount(account: string): Promise<readonly Listed[]> {
    return this.#store.list({ prefix: keyIdPrefix(account), after: undefined, limit: KEYS_MAX });
  }

  async #lookUp(account: string, reference: KeyReference): Promise<StoredKey | undefined> {
    if (reference.kind === 'id') {
      return this.#describedBy(await this.#store.latest(keyIdName(account, reference.id)));
    }
    const hash = hashOf(reference.key);
    const key = readKey(await this.#store.latest(keyName(hash)));
    return key !== undefined && isSameHash(key.hash, hash) ? key : undefined;
  }

  /** The key whose hash a document holds. */
  async #describedBy(head: StoredHead | undefined): Promise<StoredKey | undefined> {
    const hash = textOf(head);
    return hash === undefined ? undefined : readKey(await this.#store.latest(keyName(hash)));
  }
}
