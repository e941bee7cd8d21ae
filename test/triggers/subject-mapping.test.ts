import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSubject, SUBJECT_BYTES_MAX, subjectMatcher } from '../../src/subjects/subject.ts';
import {
  mappedPattern,
  mapSubject,
  parseMapping,
  TARGET_LENGTH_MAX,
  type SubjectMapping,
} from '../../src/triggers/subject-mapping.ts';
import { subject } from '../support/managed.ts';

function mapping(source: string, target: string): SubjectMapping {
  const parsed = parseMapping(source, target);
  if (!parsed.ok) throw new Error(`${parsed.complaint.field} ${parsed.complaint.reason}`);
  return parsed.mapping;
}

function complaintOf(source: string, target: string): string | undefined {
  const parsed = parseMapping(source, target);
  return parsed.ok ? undefined : `${parsed.complaint.field} ${parsed.complaint.reason}`;
}

describe('a mapping', () => {
  it.each([
    ['orders.*.*', 'eu.$2.$1.done', 'orders.a.b', 'eu.b.a.done', 'eu.*.*.done'],
    ['orders.*.*', 'eu.{{wildcard(2)}}.{{ Wildcard( 1 ) }}', 'orders.a.b', 'eu.b.a', 'eu.*.*'],
    ['orders.*', 'x.$1.$1', 'orders.é😀', 'x.é😀.é😀', 'x.*.*'],
    ['orders.*.*', 'x.$2', 'orders.a.b', 'x.b', 'x.*'],
    ['*', '$1', 'a', 'a', '*'],
    ['orders.>', 'all.>', 'orders.a.b', 'all.a.b', 'all.>'],
    ['orders.>', '>', 'orders.a.b', 'a.b', '>'],
    ['>', 'copy.>', 'a', 'copy.a', 'copy.>'],
    ['*.eu.>', 'eu.$1.>', 'orders.eu.a.b', 'eu.orders.a.b', 'eu.*.>'],
    ['orders.*', 'archive', 'orders.a', 'archive', 'archive'],
    ['orders.>', 'archive', 'orders.a.b', 'archive', 'archive'],
    ['orders', '$DS._.a%2Fb', 'orders', '$DS._.a%2Fb', '$DS._.a%2Fb'],
    ['*.*.*.*.*.*.*.*.*.*', '$10.$1', 'a.b.c.d.e.f.g.h.i.j', 'j.a', '*.*'],
  ])('from %s to %s makes of %s %s, all of which match %s', (source, target, from, to, pattern) => {
    const made = mapping(source, target);
    expect(mapSubject(made, subject(from))).toBe(to);
    expect(mappedPattern(made)).toBe(pattern);
  });

  it('makes nothing of a subject that is none of its source', () => {
    const made = mapping('orders.*', 'eu.$1');
    expect(mapSubject(made, subject('bills.a'))).toBe(undefined);
    expect(mapSubject(made, subject('orders.a.b'))).toBe(undefined);
    expect(mapSubject(made, subject('orders'))).toBe(undefined);
  });

  it('makes nothing that is too long for a subject', () => {
    const made = mapping('*', 'x.$1');
    const longest = 'é'.repeat((SUBJECT_BYTES_MAX - 'x.'.length) / 2);
    expect(mapSubject(made, subject(longest))).toBe(`x.${longest}`);
    expect(mapSubject(made, subject(`${longest}a`))).toBe(undefined);
  });

  it('does not take what a wildcard stood for as a reference', () => {
    expect(mapSubject(mapping('a.*.*', 'b.$1.$2'), subject('a.$2.$1'))).toBe('b.$2.$1');
    const braces = subject('a.{{wildcard(2)}}.$&');
    expect(mapSubject(mapping('a.*.*', 'b.$2.$1'), braces)).toBe('b.$&.{{wildcard(2)}}');
  });
});

describe('a complaint about a mapping', () => {
  it.each([
    ['orders..a', 'x', 'source must be a subject'],
    ['', 'x', 'source must be a subject'],
    ['>.a', 'x', 'source must be a subject'],
    ['orders.*', 'eu.$2', 'target refers to $2, but the source has 1 *'],
    ['orders.>', 'eu.$1.>', 'target refers to $1, but the source has no *'],
    ['orders.*', 'eu.$0', 'target refers to $0'],
    ['orders.*', `eu.$${'9'.repeat(400)}`, 'target refers to $999'],
    ['orders.*', 'eu.{{wildcard(2)}}', 'target refers to {{wildcard(2)}}, but the source has 1 *'],
    ['orders.*', 'eu.a$1', 'target has a$1, but only whole tokens'],
    ['orders.*', 'eu.$1a', 'target has $1a'],
    ['orders.*', 'eu.{{partition(3,1)}}', 'target has {{partition(3,1)}}'],
    ['orders.*', 'eu.{{wildcard()}}', 'target has {{wildcard()}}'],
    ['orders.*', 'eu.{{wildcard(1)}}b', 'target has {{wildcard(1)}}b'],
    ['orders.*', 'eu.*', 'target must not have * as a token'],
    ['orders.*', 'eu.>', 'target must not end in >'],
    ['orders', 'eu.>', 'target must not end in >'],
    ['*.orders.>', 'eu.$1', 'target must end in > as the source does'],
    ['orders.>', 'eu.>.a', 'target must end in >'],
    ['orders.>', '>.>', 'target must be tokens between dots'],
    ['orders.*', '', 'target must be tokens between dots'],
    ['orders.*', 'eu..$1', 'target must be tokens between dots'],
    ['orders.*', 'eu. .$1', 'target must be tokens between dots'],
    ['orders.*', 'eu.$1.', 'target must be tokens between dots'],
    ['orders.*', 'e>u.$1', 'target must be tokens between dots'],
    ['orders.*', 'a'.repeat(SUBJECT_BYTES_MAX + 1), 'target must be tokens between dots'],
    [
      'orders.*',
      'a'.repeat(TARGET_LENGTH_MAX + 1),
      `target must have at most ${TARGET_LENGTH_MAX}`,
    ],
  ])('from %s to %s says what is wrong', (source, target, complaint) => {
    expect(complaintOf(source, target)?.startsWith(complaint), complaintOf(source, target)).toBe(
      true,
    );
  });
});

const anyToken = fc.constantFrom('a', 'b', 'é', '$x', 'c-d');
const anySource = fc
  .tuple(
    fc.array(fc.oneof(anyToken, fc.constant('*')), { minLength: 1, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([tokens, isOpen]) => ({ tokens, isOpen }));

/** A source, a target for it, a subject that the source matches, and what is to be made of it. */
const anyCase = anySource.chain(({ tokens, isOpen }) => {
  const wildcards = [...tokens.keys()].filter((place) => tokens[place] === '*');
  const anyPiece =
    wildcards.length === 0
      ? anyToken.map((token) => ({ token, wildcard: undefined }))
      : fc.oneof(
          anyToken.map((token) => ({ token, wildcard: undefined })),
          fc.nat(wildcards.length - 1).map((wildcard) => ({ token: '', wildcard })),
        );
  return fc
    .record({
      pieces: fc.array(anyPiece, { minLength: 1, maxLength: 6 }),
      stoodFor: fc.array(anyToken, { minLength: wildcards.length, maxLength: wildcards.length }),
      rest: fc.array(anyToken, { minLength: 1, maxLength: 3 }),
    })
    .map(({ pieces, stoodFor, rest }) => {
      const end = isOpen ? ['>'] : [];
      const restEnd = isOpen ? rest : [];
      let next = 0;
      const filled = tokens.map((token) => (token === '*' ? (stoodFor[next++] ?? '') : token));
      return {
        source: [...tokens, ...end].join('.'),
        targets: [
          (number: number) => `$${number}`,
          (number: number) => `{{wildcard(${number})}}`,
        ].map((reference) =>
          [
            ...pieces.map(({ token, wildcard }) =>
              wildcard === undefined ? token : reference(wildcard + 1),
            ),
            ...end,
          ].join('.'),
        ),
        from: [...filled, ...restEnd].join('.'),
        to: [
          ...pieces.map(({ token, wildcard }) =>
            wildcard === undefined ? token : (stoodFor[wildcard] ?? ''),
          ),
          ...restEnd,
        ].join('.'),
      };
    });
});

describe('any mapping', () => {
  it('puts each token where the target says, within its pattern, in either notation', () => {
    fc.assert(
      fc.property(anyCase, ({ source, targets, from, to }) => {
        for (const target of targets) {
          const made = mapping(source, target);
          expect(mapSubject(made, subject(from))).toBe(to);
          expect(subjectMatcher(mappedPattern(made))(to)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('makes subjects that match its pattern, or nothing', () => {
    const anyPart = fc.constantFrom(
      'a',
      '*',
      '>',
      '$1',
      '$2',
      '{{wildcard(1)}}',
      '$',
      '',
      'b$1',
      ' ',
    );
    const anyText = fc.array(anyPart, { maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(anyText, fc.oneof(anyText, fc.string()), anyText, (source, target, text) => {
        const parsed = parseMapping(source, target);
        if (!parsed.ok || !isSubject(text)) return;
        const to = mapSubject(parsed.mapping, text);
        if (to === undefined) return;
        expect(isSubject(to)).toBe(true);
        expect(subjectMatcher(mappedPattern(parsed.mapping))(to)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
