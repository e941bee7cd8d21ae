import type { Complaint } from '../messages/complaint.ts';
import {
  isSubject,
  isSubjectPattern,
  PATTERN_RULE,
  SUBJECT_BYTES_MAX,
  subjectMatcher,
  type Subject,
  type SubjectPattern,
} from '../subjects/subject.ts';

/** From subjects that a pattern matches to others, prepared once for many. */
export interface SubjectMapping {
  readonly isSource: (subject: string) => boolean;
  readonly pieces: readonly Piece[];
  /** What all results match. */
  readonly pattern: SubjectPattern;
}

/** One token of the target, or several: places count the subject's tokens from 0. */
type Piece =
  | { readonly kind: 'literal'; readonly token: string }
  | { readonly kind: 'token'; readonly place: number }
  | { readonly kind: 'rest'; readonly place: number };

export type ParsedMapping =
  | { readonly ok: true; readonly mapping: SubjectMapping }
  | { readonly ok: false; readonly complaint: Complaint };

/** In units of UTF-16: a function's name is longer than what it stands for. */
export const TARGET_LENGTH_MAX = 8 * SUBJECT_BYTES_MAX;

// Either way to name a wildcard; whether there is such a one is another question.
const REFERENCE = /^(?:\$(\d+)|\{\{ *[wW]ildcard *\( *(\d+) *\) *\}\})$/;
const HALF_REFERENCE = /\$\d|\{\{|\}\}/;

/**
 * Reads a mapping: a pattern such as `orders.*.*` and a target such as `eu.$2.$1.done`. In the target a
 * token `$n`, or `{{wildcard(n)}}`, is the token that the pattern's n-th `*` stood for, from 1; any number
 * of them, in any order. `>` at the end is what the pattern's `>` stood for. A target without either is
 * a constant, which any pattern may lead to; with references, both end in `>` or neither does.
 *
 * Complains, of the field `source` or `target`, about what is no pattern, a reference to a wildcard that
 * is not there or in only a part of a token, `*`, another function, and a target that is always too long.
 */
export function parseMapping(source: string, target: string): ParsedMapping {
  if (!isSubjectPattern(source)) {
    return complain('source', PATTERN_RULE);
  }
  if (target.length > TARGET_LENGTH_MAX) {
    return complain('target', `must have at most ${TARGET_LENGTH_MAX} characters`);
  }
  const sources = source.split('.');
  const wildcards = placesOf(sources, '*');
  const [restPlace] = placesOf(sources, '>');
  const pieces: Piece[] = [];
  for (const token of target.split('.')) {
    const piece = parsePiece(token, wildcards, restPlace);
    if (typeof piece === 'string') return complain('target', piece);
    pieces.push(piece);
  }
  const isConstant = pieces.every(({ kind }) => kind === 'literal');
  if (!isConstant && restPlace !== undefined && pieces.at(-1)?.kind !== 'rest') {
    return complain('target', 'must end in > as the source does, or hold no reference at all');
  }
  // Nothing that it matches is shorter than the pattern.
  const pattern = pieces.map(patternOf).join('.');
  if (!isSubjectPattern(pattern)) {
    const reason = `must be tokens between dots, without white space, of at most ${SUBJECT_BYTES_MAX} bytes, and may have > at its end only`;
    return complain('target', reason);
  }
  return { ok: true, mapping: { isSource: subjectMatcher(source), pieces, pattern } };
}

function placesOf(tokens: readonly string[], wildcard: '*' | '>'): readonly number[] {
  return [...tokens.keys()].filter((place) => tokens[place] === wildcard);
}

/** The piece, or what is wrong with the target. */
function parsePiece(
  token: string,
  wildcards: readonly number[],
  restPlace: number | undefined,
): Piece | string {
  if (token === '*')
    return 'must not have * as a token; $1 is what the first * of the source stood for';
  if (token === '>') {
    return restPlace === undefined
      ? 'must not end in >, as the source does not'
      : { kind: 'rest', place: restPlace };
  }
  const [, dollar, named] = REFERENCE.exec(token) ?? [];
  const number = dollar ?? named;
  if (number !== undefined) {
    const place = wildcards[Number(number) - 1];
    return place === undefined
      ? `refers to ${token}, but the source has ${wildcards.length === 0 ? 'no' : wildcards.length} *`
      : { kind: 'token', place };
  }
  return HALF_REFERENCE.test(token)
    ? `has ${token}, but only whole tokens that are $n or {{wildcard(n)}} stand for others`
    : { kind: 'literal', token };
}

function patternOf(piece: Piece): string {
  switch (piece.kind) {
    case 'literal':
      return piece.token;
    case 'token':
      return '*';
    case 'rest':
      return '>';
  }
}

/**
 * What the mapping makes of a subject. Undefined: the subject is none of its source's, or the result
 * would be longer than a subject may be.
 */
export function mapSubject(mapping: SubjectMapping, subject: Subject): Subject | undefined {
  if (!mapping.isSource(subject)) return undefined;
  const tokens = subject.split('.');
  const result = mapping.pieces.map((piece) => textOf(piece, tokens)).join('.');
  return isSubject(result) ? result : undefined;
}

function textOf(piece: Piece, tokens: readonly string[]): string {
  switch (piece.kind) {
    case 'literal':
      return piece.token;
    case 'token':
      return tokens[piece.place] ?? '';
    case 'rest':
      return tokens.slice(piece.place).join('.');
  }
}

/** What all results match, with references as `*`; it may match more when one is used twice. */
export function mappedPattern({ pattern }: SubjectMapping): SubjectPattern {
  return pattern;
}

function complain(field: 'source' | 'target', reason: string): ParsedMapping {
  return { ok: false, complaint: { field, reason } };
}
