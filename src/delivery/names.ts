import type { GrantSide } from '../triggers/grant.ts';

// The grammar of what triggers and services keep among the logs, and of what accounts let out and in.
//
//   "p" account \0 id \0 source         how far it has come
//   "p" account \0 id \0 source \0 "m"   where to go on in a service's answers
//   "p" account \0 id \0               it is completed
//   "x" account \0 subject              the headers that a service is called with
//   "g" account \0 side \0 id           an export or import; a trigger's own has the trigger's id

/** What the names of all that triggers keep begin with. */
export const ANY_PROGRESS = 'p';

/** What the names of all that a trigger keeps begin with. */
export function progressPrefix(account: string, id: string): string {
  return `${ANY_PROGRESS}${account}\0${id}\0`;
}

/** The prefix that such a name begins with. */
export function progressOwner(name: string): string {
  const id = name.indexOf('\0') + 1;
  return name.slice(0, name.indexOf('\0', id) + 1);
}

export function progressName(account: string, id: string, source: string): string {
  return progressPrefix(account, id) + source;
}

/** Says that a trigger has carried the one record that it had to. No source has an empty name. */
export function completionName(account: string, id: string): string {
  return progressPrefix(account, id);
}

export function markName(account: string, id: string, source: string): string {
  return `${progressName(account, id, source)}\0m`;
}

export function serviceHeadersName(account: string, subject: string): string {
  return `x${account}\0${subject}`;
}

/** What the names of all grants begin with. */
export const ANY_GRANT = 'g';

export function grantName({ account, side, id }: GrantPlace): string {
  return `${ANY_GRANT}${account}\0${side}\0${id}`;
}

/** Which grant. */
export interface GrantPlace {
  readonly account: string;
  readonly side: GrantSide;
  readonly id: string;
}

/** Whose a stored grant is, and its id. */
export function placeOfGrant(name: string): Pick<GrantPlace, 'account' | 'id'> {
  const [account = '', , id = ''] = name.slice(ANY_GRANT.length).split('\0');
  return { account, id };
}
