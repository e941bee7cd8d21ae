/** Whole numbers in groups of three. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Three digits that matter, for figures from microseconds to minutes. */
export function short(value: number): string {
  if (value >= 100) return whole(value);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

export function mebibytes(bytes: number): string {
  return short(bytes / 2 ** 20);
}
