import type { Brand } from '../lib/brand.ts';

/** What a message is about: tokens between dots, such as `orders.eu.created`. No wildcards. */
export type Subject = Brand<string, 'Subject'>;

/** A subject, or one with wildcards: `*` stands for a token, `>` at the end for one or more. */
export type SubjectPattern = Brand<string, 'SubjectPattern'>;

/** In bytes of UTF-8: a subject is part of a key of the index. */
export const SUBJECT_BYTES_MAX = 1024;

// A token: anything but dots, white space, control characters, halves of surrogate pairs (which UTF-8
// would make another one of) and what stands for others.
const LITERAL = /^[^\s.*>\p{Cc}\p{Cs}]+(?:\.[^\s.*>\p{Cc}\p{Cs}]+)*$/u;
const PATTERN = /^(?:(?:\*|[^\s.*>\p{Cc}\p{Cs}]+)\.)*(?:\*|>|[^\s.*>\p{Cc}\p{Cs}]+)$/u;

export function isSubject(text: string): text is Subject {
  return (isPlain(text) || LITERAL.test(text)) && isShort(text);
}

/** Whether it certainly is a literal: most are ASCII, and one look at each letter is enough then. */
function isPlain(text: string): boolean {
  let tokenFrom = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === DOT) {
      if (at === tokenFrom) return false;
      tokenFrom = at + 1;
    } else if (unit <= SPACE || unit >= DELETE || unit === STAR || unit === GREATER) return false;
  }
  return tokenFrom < text.length;
}

const SPACE = 0x20;
const STAR = 0x2a;
const DOT = 0x2e;
const GREATER = 0x3e;
const DELETE = 0x7f;

/** In words that follow the name of what is none. */
export const PATTERN_RULE =
  'must be a subject: tokens between dots, without spaces; * for any one token, > at the end for all that follow';

export function isSubjectPattern(text: string): text is SubjectPattern {
  return PATTERN.test(text) && isShort(text);
}

/** Whether a pattern has no wildcards and so stands for itself alone. */
export function isLiteral(pattern: string): boolean {
  return isSubject(pattern);
}

function isShort(text: string): boolean {
  return text.length * 3 <= SUBJECT_BYTES_MAX || Buffer.byteLength(text) <= SUBJECT_BYTES_MAX;
}

/** What every subject that a pattern matches begins with: its text up to the first wildcard. */
export function literalPrefix(pattern: SubjectPattern): string {
  const wildcard = pattern.search(/(?:^|\.)[*>](?:\.|$)/);
  if (wildcard < 0) return pattern;
  return wildcard === 0 && !pattern.startsWith('.') ? '' : pattern.slice(0, wildcard + 1);
}

/** A test of subjects, prepared once for many. */
export function subjectMatcher(pattern: SubjectPattern): (subject: string) => boolean {
  if (isLiteral(pattern)) return (subject) => subject === pattern;
  const prefix = literalPrefix(pattern);
  if (pattern === `${prefix}>`) {
    return (subject) => subject.length > prefix.length && subject.startsWith(prefix);
  }
  const tokens = pattern.split('.');
  return (subject) => matchTokens(tokens, subject);
}

function matchTokens(tokens: readonly string[], subject: string): boolean {
  let from = 0;
  for (const token of tokens) {
    if (from > subject.length) return false;
    if (token === '>') return true;
    const dot = subject.indexOf('.', from);
    const end = dot < 0 ? subject.length : dot;
    const isSame =
      token === '*' || (end - from === token.length && subject.startsWith(token, from));
    if (!isSame) return false;
    from = end + 1;
  }
  return from > subject.length;
}

/** Whether some subject is matched by both. */
export function patternsOverlap(one: SubjectPattern, other: SubjectPattern): boolean {
  return tokensOverlap(one.split('.'), other.split('.'));
}

/** The same of patterns that were split at their dots. */
export function tokensOverlap(ones: readonly string[], others: readonly string[]): boolean {
  const shorter = Math.min(ones.length, others.length);
  for (let index = 0; index < shorter; index += 1) {
    const a = ones[index];
    const b = others[index];
    if (a === '>' || b === '>') return true;
    if (a !== '*' && b !== '*' && a !== b) return false;
  }
  return ones.length === others.length;
}

/** Whether every subject that `part` matches is matched by `whole` too. */
export function patternCovers(whole: SubjectPattern, part: SubjectPattern): boolean {
  const wholes = whole.split('.');
  const parts = part.split('.');
  for (const [index, token] of wholes.entries()) {
    const piece = parts[index];
    if (piece === undefined) return false;
    if (token === '>') return true;
    if (piece === '>') return false;
    if (token !== '*' && token !== piece) return false;
  }
  return wholes.length === parts.length;
}
