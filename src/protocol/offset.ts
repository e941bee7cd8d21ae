import type { Brand } from '../lib/brand.ts';

/**
 * Where a record begins or the stream ends: bytes since the stream's start, counted by the engine.
 * An offset is how a position is written for clients (protocol, "8. Offsets").
 */
export type Position = Brand<number, 'Position'>;

const DIGITS = 16;
const PREFIX = `${'0'.repeat(DIGITS)}_`;

export function isPosition(value: number): value is Position {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Mints a position. Out of range is a programmer's error: every input was parsed before. */
export function position(value: number): Position {
  if (!isPosition(value)) throw new RangeError(`not a position: ${value}`);
  return value;
}

export const START: Position = position(0);

/** `<16 digits>_<16 digits>`: sorts as text the way positions sort as numbers. */
export function formatOffset(at: Position): string {
  return PREFIX + String(at).padStart(DIGITS, '0');
}

/** What a reader or a fork asked for. */
export type OffsetRequest =
  { kind: 'start' } | { kind: 'now' } | { kind: 'at'; position: Position };

/** Undefined for anything that this server never wrote and the protocol does not define. */
export function parseOffset(text: string): OffsetRequest | undefined {
  if (text === '-1') return { kind: 'start' };
  if (text === 'now') return { kind: 'now' };
  if (!/^\d{16}_\d{16}$/.test(text)) return undefined;
  const value = Number(text.slice(DIGITS + 1));
  return text.startsWith(PREFIX) && isPosition(value) ? { kind: 'at', position: value } : undefined;
}
