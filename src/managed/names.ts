import type { StreamName } from '../messages/config.ts';

// The grammar of managed streams' names in the store: account \0 name. Account ids hold no zero byte.

export function managedName(account: string, name: StreamName): string {
  return managedPrefix(account) + name;
}

/** What the names of an account's streams begin with. */
export function managedPrefix(account: string): string {
  return `${account}\0`;
}
