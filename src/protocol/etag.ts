import type { Position } from './offset.ts';

/**
 * The tag of a stream's state: one per incarnation, tail and closure. A deleted and recreated
 * stream has another incarnation, so it never matches a tag of the old one.
 */
export function stateTag(incarnation: string, tail: Position, closed: boolean): string {
  return `"${incarnation}:${tail}${closed ? ':c' : ''}"`;
}

/**
 * The tag of a read's answer (protocol, "ETag Usage"): `closed` is whether that answer says so, and
 * thereby a closing without data changes it.
 */
export function rangeTag(
  incarnation: string,
  from: Position,
  to: Position,
  closed: boolean,
): string {
  return `"${incarnation}:${from}-${to}${closed ? ':c' : ''}"`;
}

/** The tags of an `If-Match` or `If-None-Match`, or `*`. Undefined when malformed. */
export type TagList = '*' | readonly { readonly weak: boolean; readonly tag: string }[];

// RFC 9110, "Lists": a recipient reads over empty elements.
const ELEMENT = /[ \t]*(?:(W\/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|$)/y;

export function parseTagList(text: string): TagList | undefined {
  if (text.trim() === '*') return '*';
  const tags: { weak: boolean; tag: string }[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < text.length) {
    const match = ELEMENT.exec(text);
    if (match === null) return undefined;
    const [, weak, tag] = match;
    if (tag !== undefined) tags.push({ weak: weak !== undefined, tag });
  }
  return tags.length === 0 ? undefined : tags;
}

/** `If-None-Match` compares weakly: `W/"x"` matches `"x"` (RFC 9110, "Entity Tag Comparison"). */
export function matchesWeakly(list: TagList, tag: string): boolean {
  return list === '*' || list.some((each) => each.tag === tag);
}

/** `If-Match` compares strongly: a weak tag matches nothing. */
export function matchesStrongly(list: TagList, tag: string): boolean {
  return list === '*' || list.some((each) => !each.weak && each.tag === tag);
}
