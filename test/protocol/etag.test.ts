import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  matchesStrongly,
  matchesWeakly,
  parseTagList,
  rangeTag,
  stateTag,
  type TagList,
} from '../../src/protocol/etag.ts';
import { position } from '../../src/protocol/offset.ts';

const strong = (tag: string) => ({ weak: false, tag });
const weak = (tag: string) => ({ weak: true, tag });

// RFC 9110, "ETag", "If-Match" and "Lists".
const LISTS: readonly { text: string; list: TagList }[] = [
  { text: '*', list: '*' },
  { text: ' * ', list: '*' },
  { text: '"a"', list: [strong('"a"')] },
  { text: '""', list: [strong('""')] },
  { text: 'W/"a"', list: [weak('"a"')] },
  { text: '"a","b"', list: [strong('"a"'), strong('"b"')] },
  { text: '"a" , \t"b"', list: [strong('"a"'), strong('"b"')] },
  { text: 'W/"a", "b", W/"c"', list: [weak('"a"'), strong('"b"'), weak('"c"')] },
  { text: '"a,b"', list: [strong('"a,b"')] },
  { text: '"a\\"', list: [strong('"a\\"')] },
  { text: '"é"', list: [strong('"é"')] },
  { text: '"W/"', list: [strong('"W/"')] },
  { text: ' "a" ', list: [strong('"a"')] },
  { text: '"a",', list: [strong('"a"')] },
  { text: ',"a"', list: [strong('"a"')] },
  { text: ', , "a", ,, "b" ,', list: [strong('"a"'), strong('"b"')] },
];

const MALFORMED = [
  '',
  ' ',
  ',',
  ', ,',
  'a',
  '"a',
  'a"',
  '"a" "b"',
  '"a""b"',
  '"a";"b"',
  'w/"a"',
  'W/ "a"',
  'W/a',
  '*, "a"',
  '"a", *',
  '**',
  '"a b"',
  '"a\tb"',
  '"a\u007f"',
  '"Ā"',
];

describe('a list of entity tags', () => {
  it.each(LISTS)('is read: $text', ({ text, list }) => {
    expect(parseTagList(text)).toEqual(list);
  });

  it.each(MALFORMED)('is malformed: %j', (text) => {
    expect(parseTagList(text)).toBe(undefined);
  });

  it('is read back, whatever tags it holds', () => {
    const anyTag = fc.record({
      weak: fc.boolean(),
      tag: fc
        .array(fc.constantFrom('!', '#', 'a', ',', '\\', '*', '/', '~', '\x80', '\xff'))
        .map((characters) => `"${characters.join('')}"`),
    });
    const separator = fc.constantFrom(',', ', ', ' ,', ',\t,', ' , , ');
    fc.assert(
      fc.property(fc.array(anyTag, { minLength: 1 }), separator, (tags, between) => {
        const text = tags.map((each) => (each.weak ? 'W/' : '') + each.tag).join(between);
        expect(parseTagList(text)).toEqual(tags);
      }),
    );
  });

  it('takes time in proportion to its length', () => {
    expect(parseTagList(`${'"a", '.repeat(50_000)}x`)).toBe(undefined);
    expect(parseTagList(`"a"${' '.repeat(100_000)}x`)).toBe(undefined);
    expect(parseTagList(`${', '.repeat(50_000)}"a"`)).toEqual([strong('"a"')]);
  });
});

describe('the comparison of entity tags', () => {
  // RFC 9110, "Comparison": the tag at hand is always strong.
  it.each([
    { given: '"1"', tag: '"1"', strongly: true, weakly: true },
    { given: 'W/"1"', tag: '"1"', strongly: false, weakly: true },
    { given: '"1"', tag: '"2"', strongly: false, weakly: false },
    { given: 'W/"1"', tag: '"2"', strongly: false, weakly: false },
    { given: '"2", W/"3", "1"', tag: '"1"', strongly: true, weakly: true },
    { given: '*', tag: '"1"', strongly: true, weakly: true },
  ])('of $given with $tag', ({ given, tag, strongly, weakly }) => {
    const list = parseTagList(given) ?? [];
    expect(matchesStrongly(list, tag)).toBe(strongly);
    expect(matchesWeakly(list, tag)).toBe(weakly);
  });
});

describe('a tag of ours', () => {
  const anyState = fc.record({
    incarnation: fc.constantFrom('a.1', 'a.2', 'b.1'),
    from: fc.nat(3).map(position),
    to: fc.nat(3).map(position),
    closed: fc.boolean(),
  });
  type AnyState = typeof anyState extends fc.Arbitrary<infer State> ? State : never;
  const stateOf = ({ incarnation, to, closed }: AnyState): string =>
    stateTag(incarnation, to, closed);
  const rangeOf = ({ incarnation, from, to, closed }: AnyState): string =>
    rangeTag(incarnation, from, to, closed);

  it('is one that we read back', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        for (const tag of [stateOf(state), rangeOf(state)]) {
          expect(parseTagList(tag)).toEqual([strong(tag)]);
        }
      }),
    );
  });

  it('is the same exactly for the same incarnation, place and closure', () => {
    fc.assert(
      fc.property(anyState, anyState, (one, other) => {
        const isSame =
          one.incarnation === other.incarnation &&
          one.to === other.to &&
          one.closed === other.closed;
        expect(stateOf(one) === stateOf(other)).toBe(isSame);
        expect(rangeOf(one) === rangeOf(other)).toBe(isSame && one.from === other.from);
      }),
    );
  });
});
