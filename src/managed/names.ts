import type { StreamName } from '../messages/config.ts';

// The grammar of managed streams' names in the store: account \0 name. Account ids hold no zero byte.

export function managedName(account: string, name: StreamName): string {
  return managedPrefix(account) + name;
}

/** What the names of an account's streams begin with. */
export function managedPrefix(account: string): string {
  return `${account}\0`;
}

export function accountOfManaged(name: string): string {
  return name.slice(0, name.indexOf('\0'));
}

/** A stream of the same account as another, by its own name. */
export function originName(beside: string, origin: string): string {
  return beside.slice(0, beside.indexOf('\0') + 1) + origin;
}

/** The log that keeps how far a stream has come in one of its sources. */
export function sourceCursorName(target: string, incarnation: string, source: string): string {
  return sourceCursorPrefix(target, incarnation) + source;
}

/** What the names of all cursors of a stream begin with. */
export function sourceCursorPrefix(target: string, incarnation: string): string {
  return `c${target}\0source\0${incarnation}\0`;
}

/** What the names of all logs begin with that stand for a trim of subjects which is not done. */
export const ANY_SUBJECT_TRIM = 't';

export function subjectTrimName(stored: string): string {
  return ANY_SUBJECT_TRIM + stored;
}

/** The stored name of the stream whose subjects are trimmed. */
export function trimmedStream(trim: string): string {
  return trim.slice(ANY_SUBJECT_TRIM.length);
}
