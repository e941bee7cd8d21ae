import { must } from '../lib/assert.ts';
import {
  isSubject,
  isSubjectPattern,
  type Subject,
  type SubjectPattern,
} from '../subjects/subject.ts';
import type { FieldReader } from './field-reader.ts';
import type { TriggerName } from './trigger.ts';

/** What becomes of a record that the target does not take. */
export const ERROR_POLICIES = ['block', 'dead_letter', 'skip'] as const;
export type ErrorPolicy = (typeof ERROR_POLICIES)[number];

export type OnError =
  /** Nothing passes it: it is tried until it is taken. */
  | { readonly kind: 'block' }
  /** After so many attempts it is kept aside, or passed over, and counted. */
  | { readonly kind: 'dead_letter' | 'skip'; readonly attemptsMax: number };

export const ATTEMPTS_MAX = 1000;
export const ATTEMPTS_DEFAULT = 5;

export interface GivenOnError {
  readonly on_error: ErrorPolicy | undefined;
  readonly max_attempts: number | undefined;
}

/** Reads `on_error` and `max_attempts` of a trigger. */
export function readGivenOnError(fields: FieldReader): GivenOnError {
  const policy = fields.oneOf('on_error', ERROR_POLICIES);
  const attemptsMax = fields.integer('max_attempts', ATTEMPTS_MAX);
  if (attemptsMax !== undefined && (policy ?? 'block') === 'block') {
    throw fields.wrong('max_attempts', 'needs an on_error of dead_letter or skip');
  }
  return { on_error: policy, max_attempts: attemptsMax };
}

export function onErrorOf({
  on_error: kind = 'block',
  max_attempts: given,
}: GivenOnError): OnError {
  return kind === 'block' ? { kind } : { kind, attemptsMax: given ?? ATTEMPTS_DEFAULT };
}

const DEAD_LETTERS = 'ms.dead_letter.';

/** What all dead letters of an account are on. */
export function deadLetterSubjects(): SubjectPattern {
  const pattern = `${DEAD_LETTERS}>`;
  return must(isSubjectPattern(pattern) ? pattern : undefined, 'a pattern');
}

/** What the dead letters of one trigger are on. */
export function deadLetterSubject(name: TriggerName): Subject {
  const subject = DEAD_LETTERS + name;
  return must(isSubject(subject) ? subject : undefined, 'a name is a token');
}
