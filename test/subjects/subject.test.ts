import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLiteral,
  isSubject,
  isSubjectPattern,
  literalPrefix,
  patternCovers,
  patternsOverlap,
  SUBJECT_BYTES_MAX,
  subjectMatcher,
  type SubjectPattern,
} from '../../src/subjects/subject.ts';
import { pattern, subject } from '../support/managed.ts';
import { expressionOf } from '../support/subject-expression.ts';

// Patterns over `a` and `b` of up to four tokens are told apart, where they can be, by a subject of
// up to five tokens over `a`, `b` and one that no pattern spells out.
const TOKENS = ['a', 'b', 'é😀'];
const SUBJECTS = allOf(TOKENS, 5);

/** Every row of one to `lengthMax` of the tokens, with dots between them. */
function allOf(tokens: readonly string[], lengthMax: number): string[] {
  const all: string[] = [];
  let rows = [''];
  for (let length = 1; length <= lengthMax; length += 1) {
    const longer = rows.flatMap((row) => tokens.map((token) => (row ? `${row}.${token}` : token)));
    all.push(...longer);
    rows = longer;
  }
  return all;
}

function matchedBy(text: string): Set<string> {
  const expression = expressionOf(text);
  return new Set(SUBJECTS.filter((each) => expression.test(each)));
}

const anyPattern: fc.Arbitrary<SubjectPattern> = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }),
    fc.constantFrom('a', 'b', '*', '>'),
  )
  .map(([tokens, last]) => pattern([...tokens, last].join('.')));

const FINE = [
  'a',
  'orders.eu.created',
  'Ω.ß.😀',
  'a-b_c/d:e',
  '$DS.bucket.a%2Eb',
  '"quoted".\\',
  'a'.repeat(SUBJECT_BYTES_MAX),
];

const NEITHER = [
  '',
  '.',
  '.a',
  'a.',
  'a..b',
  ' ',
  'a b',
  'a\tb',
  'a\nb',
  'a\n',
  'a\u00a0b',
  'a\u2028b',
  'a\u0000b',
  'a\u007fb',
  'a\u0085b',
  'a*',
  '*a',
  'a.b*.c',
  'a>',
  '>a',
  'a.>b',
  '**',
  '>>',
  '*>',
  'a'.repeat(SUBJECT_BYTES_MAX + 1),
  'é'.repeat(SUBJECT_BYTES_MAX / 2) + 'a',
  '😀'.repeat(SUBJECT_BYTES_MAX / 4) + 'a',
];

describe('a subject', () => {
  it.each(FINE)('may be %j, which is a pattern of itself alone', (text) => {
    expect(isSubject(text)).toBe(true);
    expect(isSubjectPattern(text)).toBe(true);
    expect(isLiteral(text)).toBe(true);
    expect(subjectMatcher(pattern(text))(text)).toBe(true);
    expect(subjectMatcher(pattern(text))(`${text}.a`)).toBe(false);
  });

  it.each(NEITHER)('is not %j, nor is a pattern', (text) => {
    expect(isSubject(text)).toBe(false);
    expect(isSubjectPattern(text)).toBe(false);
    expect(isLiteral(text)).toBe(false);
  });

  it.each(['\ud800', 'a.\udc00', '\udc00\ud800', 'a\ud800b'])(
    'holds no half of a surrogate pair, which would be another one in UTF-8: %j',
    (text) => {
      expect(isSubject(text)).toBe(false);
      expect(isSubjectPattern(text)).toBe(false);
    },
  );

  it('is as long as its bytes', () => {
    for (const unit of ['a', 'é', '€', '😀']) {
      const bytes = Buffer.byteLength(unit);
      const longest = unit.repeat(Math.floor(SUBJECT_BYTES_MAX / bytes));
      expect(isSubject(longest)).toBe(true);
      expect(isSubject(longest + unit)).toBe(false);
      expect(isSubjectPattern(`*.${longest}`)).toBe(false);
    }
  });

  it('comes back from UTF-8 as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        if (isSubject(text)) expect(Buffer.from(text).toString()).toBe(text);
      }),
    );
  });

  it('is told from all else in no time', () => {
    const long = 'a.'.repeat(200_000);
    expect(isSubject(long)).toBe(false);
    expect(isSubjectPattern(`${'*.'.repeat(200_000)} `)).toBe(false);
  });
});

describe('a pattern', () => {
  it.each(['*', '>', '*.*', '*.>', 'a.*.b', 'a.>', '*.a', 'é.*'])('may be %j', (text) => {
    expect(isSubjectPattern(text)).toBe(true);
    expect(isSubject(text)).toBe(false);
    expect(isLiteral(text)).toBe(false);
  });

  it.each(['>.a', 'a.>.b', '>.>', '>.*'])('has > at its end alone: not %j', (text) => {
    expect(isSubjectPattern(text)).toBe(false);
  });

  it.each([
    { is: '*', matches: ['a'], not: ['a.b'] },
    { is: '>', matches: ['a', 'a.b.c'], not: [] },
    { is: 'a.>', matches: ['a.b', 'a.b.c'], not: ['a', 'b.a', 'aa.b'] },
    { is: 'a.*', matches: ['a.b'], not: ['a', 'a.b.c', 'b.a'] },
    { is: 'a.*.c', matches: ['a.b.c', 'a.é.c'], not: ['a.c', 'a.b.c.c', 'a.b.cc'] },
    { is: '*.*.>', matches: ['a.b.c'], not: ['a.b', 'a'] },
    { is: 'a.b', matches: ['a.b'], not: ['a', 'a.bb', 'aa.b', 'a.b.c'] },
  ])('$is matches whole tokens', ({ is, matches, not }) => {
    const isMatch = subjectMatcher(pattern(is));
    expect(matches.map(subject).filter((each) => !isMatch(each))).toEqual([]);
    expect(not.map(subject).filter(isMatch)).toEqual([]);
  });

  it('matches what its regular expression does', () => {
    fc.assert(
      fc.property(anyPattern, (one) => {
        const isMatch = subjectMatcher(one);
        expect(new Set(SUBJECTS.filter(isMatch))).toEqual(matchedBy(one));
      }),
    );
  });

  it('has a prefix that all it matches begin with, and that ends before a wildcard', () => {
    fc.assert(
      fc.property(anyPattern, (one) => {
        const prefix = literalPrefix(one);
        for (const each of matchedBy(one)) expect(each.startsWith(prefix)).toBe(true);
        const rest = one.slice(prefix.length);
        expect(one.startsWith(prefix)).toBe(true);
        expect(rest === '' || rest.startsWith('*') || rest.startsWith('>')).toBe(true);
        expect(prefix === one || prefix === '' || prefix.endsWith('.')).toBe(true);
      }),
    );
    expect(literalPrefix(pattern('orders.eu.*.paid'))).toBe('orders.eu.');
    expect(literalPrefix(pattern('orders.eu'))).toBe('orders.eu');
    expect(literalPrefix(pattern('*.eu.>'))).toBe('');
  });
});

describe('two patterns', () => {
  it('overlap where some subject is matched by both', () => {
    fc.assert(
      fc.property(anyPattern, anyPattern, (one, other) => {
        const others = matchedBy(other);
        const isShared = [...matchedBy(one)].some((each) => others.has(each));
        expect(patternsOverlap(one, other)).toBe(isShared);
        expect(patternsOverlap(other, one)).toBe(isShared);
      }),
      { numRuns: 500 },
    );
  });

  it('cover each other where one matches all that the other does', () => {
    fc.assert(
      fc.property(anyPattern, anyPattern, (whole, part) => {
        const wholes = matchedBy(whole);
        const isCovered = [...matchedBy(part)].every((each) => wholes.has(each));
        expect(patternCovers(whole, part)).toBe(isCovered);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a letter in a subject', () => {
  it('is any but dots in a row, wildcards, white space and control characters', () => {
    for (let unit = 0; unit < 0x180; unit += 1) {
      const letter = String.fromCharCode(unit);
      const isAllowed = !/[\s.*>\p{Cc}]/u.test(letter);
      expect([unit, isSubject(`a${letter}.b`)]).toEqual([unit, isAllowed]);
      expect([unit, isSubject(letter)]).toEqual([unit, isAllowed]);
    }
  });
});
