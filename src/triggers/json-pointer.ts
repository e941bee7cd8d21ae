import { elementsOf, isObject } from './json-value.ts';

/** A JSON Pointer (RFC 6901), taken apart. No tokens: the whole value. */
export interface JsonPointer {
  readonly tokens: readonly string[];
}

/** In units of UTF-16. */
export const POINTER_LENGTH_MAX = 1024;
export const POINTER_RULE = `must be a JSON Pointer, such as /data/amount, of at most ${POINTER_LENGTH_MAX} characters`;

// Either empty, or tokens that a slash stands before. A tilde is ~0, a slash in a token ~1.
const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/;
const INDEX = /^(?:0|[1-9]\d*)$/;

/** Undefined: the value is no text, no pointer, or longer than POINTER_LENGTH_MAX. */
export function parsePointer(given: unknown): JsonPointer | undefined {
  if (typeof given !== 'string' || given.length > POINTER_LENGTH_MAX) return undefined;
  if (!POINTER.test(given)) return undefined;
  return { tokens: given.split('/').slice(1).map(unescape) };
}

function unescape(token: string): string {
  // In this order, or ~01 would become a slash.
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/**
 * What stands in a JSON value where the pointer points, or undefined: nothing does, as JSON has no
 * undefined. Only members that were sent are found, no inherited ones, and no array's length. Never
 * throws; takes a step for each token.
 */
export function valueAt({ tokens }: JsonPointer, value: unknown): unknown {
  let found = value;
  for (const token of tokens) {
    found = partOf(found, token);
    if (found === undefined) return undefined;
  }
  return found;
}

function partOf(value: unknown, token: string): unknown {
  const elements = elementsOf(value);
  if (elements !== undefined) return INDEX.test(token) ? elements[Number(token)] : undefined;
  return isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}
