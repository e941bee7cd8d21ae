// Two documents a key, made and deleted in one commit.
//
//   "h" hash:32               what is known of the key, by the first half of its SHA-256 in hex
//   "k" account \0 id         the hash of the account's key of this id, in full

/** Where the key of this hash is described. The other half of the hash is in there. */
export function keyName(hash: string): string {
  return `h${hash.slice(0, 32)}`;
}

export function keyIdName(account: string, id: string): string {
  return keyIdPrefix(account) + id;
}

/** What the names of an account's keys begin with. */
export function keyIdPrefix(account: string): string {
  return `k${account}\0`;
}

/** What the names of all accounts' keys begin with. */
export const ANY_KEY_ID = 'k';
