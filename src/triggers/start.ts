import { parseDateTime } from '../protocol/date-time.ts';

/** From where on a trigger carries what its source holds. */
export type Start =
  /** What arrives from its creation on. */
  | { readonly kind: 'new' }
  | { readonly kind: 'all' }
  /** The first record of at least this sequence, from 1. */
  | { readonly kind: 'sequence'; readonly sequence: number }
  /** The first record that was stored then, or later. */
  | { readonly kind: 'time'; readonly atMs: number };

export const START_RULE =
  'must be "new", "all", a sequence from 1 on, or a time such as "2030-01-31T12:00:00Z"';

/** Reads it as it is given: a word, an integer or a time (RFC 3339, "date-time"). */
export function parseStart(given: unknown): Start | undefined {
  if (given === 'new' || given === 'all') return { kind: given };
  if (typeof given === 'number') {
    const isSequence = Number.isSafeInteger(given) && given >= 1;
    return isSequence ? { kind: 'sequence', sequence: given } : undefined;
  }
  const atMs = typeof given === 'string' ? parseDateTime(given) : undefined;
  return atMs === undefined ? undefined : { kind: 'time', atMs };
}
