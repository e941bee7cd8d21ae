import { elementsOf, isObject } from './json-value.ts';

/** What nests deeper would overflow whoever writes it down: a service may answer with anything. */
const DEPTH_MAX = 1000;

/**
 * Whether the JSON of a value may have at most `lengthMax` characters; false is certain. It counts what
 * each part takes at least, without escapes, and stops where that is too much: parts that stand in many
 * places cost no more than `lengthMax` steps, however long the whole would be. A text that passes has at
 * most six times as many characters. What nests deeper than DEPTH_MAX counts as too long.
 */
export function isJsonWithin(value: unknown, lengthMax: number): boolean {
  return rest(value, lengthMax, DEPTH_MAX) >= 0;
}

/** What is left of a length after a value; below 0 when it is too long. */
function rest(value: unknown, lengthMax: number, depthMax: number): number {
  if (depthMax < 0) return -1;
  const elements = elementsOf(value);
  if (elements !== undefined) return restOfArray(elements, lengthMax, depthMax);
  if (!isObject(value)) return lengthMax - scalarLength(value);
  let left = lengthMax - 1;
  for (const name of Object.keys(value)) {
    // Its quotes, the colon, and a comma or the end.
    left = rest(value[name], left - name.length - 4, depthMax - 1);
    if (left < 0) return left;
  }
  return left;
}

function restOfArray(elements: readonly unknown[], lengthMax: number, depthMax: number): number {
  let left = lengthMax - 1;
  for (const element of elements) {
    left = rest(element, left - 1, depthMax - 1);
    if (left < 0) return left;
  }
  return left;
}

function scalarLength(value: unknown): number {
  return typeof value === 'string' ? value.length + 2 : JSON.stringify(value).length;
}
