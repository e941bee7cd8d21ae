// The grammar of what triggers keep among the logs: how far each has come in each of its sources.
//
//   "p" account \0 id \0 source

/** What the names of all that a trigger keeps begin with. */
export function progressPrefix(account: string, id: string): string {
  return `p${account}\0${id}\0`;
}

export function progressName(account: string, id: string, source: string): string {
  return progressPrefix(account, id) + source;
}
