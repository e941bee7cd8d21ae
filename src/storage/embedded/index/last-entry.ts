import type { Index } from './index.ts';

/** The last key in a range, and its value. */
export function lastEntry(
  index: Index,
  range: { readonly from: Buffer; readonly to: Buffer },
): { readonly key: Buffer; readonly value: Buffer } | undefined {
  const key = index.lastKey(range);
  const value = key && index.get(key);
  return key && value && { key, value };
}
