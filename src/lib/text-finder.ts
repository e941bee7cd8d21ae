/** Up to here the runtime's own search is linear, and several times as fast. */
export const SHORT_LENGTH_MAX = 128;

/**
 * A test of texts: whether they hold `sought`. Prepared once for many, and linear in the text whatever
 * both are, which `includes` is not where a long text almost repeats itself. Units are those of UTF-16.
 */
export function textFinder(sought: string): (text: string) => boolean {
  if (sought.length <= SHORT_LENGTH_MAX) return (text) => text.includes(sought);
  const borders = bordersOf(sought);
  return (text) => {
    if (text.length < sought.length) return false;
    let matched = 0;
    for (let at = 0; at < text.length; at += 1) {
      matched = extend(sought, borders, matched, text.charCodeAt(at));
      if (matched === sought.length) return true;
    }
    return false;
  };
}

/** For each beginning of a text, by its length - 1: how long the longest other is that ends it. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let matched = 0;
  for (let at = 1; at < text.length; at += 1) {
    matched = extend(text, borders, matched, text.charCodeAt(at));
    borders[at] = matched;
  }
  return borders;
}

/** How much of `sought` ends at a unit, where `matched` units of it ended before that. */
function extend(sought: string, borders: Uint32Array, matched: number, unit: number): number {
  let length = matched;
  while (length > 0 && sought.charCodeAt(length) !== unit) length = borders[length - 1] ?? 0;
  return sought.charCodeAt(length) === unit ? length + 1 : length;
}
