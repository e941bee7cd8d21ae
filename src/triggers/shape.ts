import type { Subject } from '../subjects/subject.ts';
import { matches, type Filter } from './filter.ts';
import { isJsonWithin } from './json-size.ts';
import { project, type Projection } from './projection.ts';
import { mapSubject, type SubjectMapping } from './subject-mapping.ts';

/** What a trigger makes of its records. */
export interface Shaping {
  readonly filter: Filter | undefined;
  readonly mapping: SubjectMapping;
  readonly projection: Projection | undefined;
}

/** A record before it is shaped. The body is the text of one JSON value. */
export interface UnshapedRecord {
  readonly subject: Subject;
  readonly seq: number;
  /** When it was stored, as a user reads it; empty where nobody knows. */
  readonly created: string;
  readonly stream: string;
  readonly body: Buffer;
}

export type Shaped =
  | { readonly kind: 'message'; readonly subject: Subject; readonly body: Buffer }
  | { readonly kind: 'filtered' }
  /** Nothing can be made of it. */
  | { readonly kind: 'fault'; readonly reason: 'subject-unfit' | 'body-too-large' | 'body-unfit' };

/** How long a projected body may be, in characters; up to six bytes of JSON each. */
export const PROJECTED_LENGTH_MAX = 1024 * 1024;

const FILTERED: Shaped = { kind: 'filtered' };

/** Whether a record goes on, and as what. A body that is not projected stays as it was, to the byte. */
export function shape(shaping: Shaping, record: UnshapedRecord): Shaped {
  const { filter, mapping, projection } = shaping;
  const needsValue = filter !== undefined || projection !== undefined;
  const value = needsValue ? parsed(record.body) : undefined;
  if (needsValue && value === undefined) return { kind: 'fault', reason: 'body-unfit' };
  if (filter !== undefined && !matches(filter, { subject: record.subject, value })) return FILTERED;
  const subject = mapSubject(mapping, record.subject);
  if (subject === undefined) return { kind: 'fault', reason: 'subject-unfit' };
  if (projection === undefined) return { kind: 'message', subject, body: record.body };
  const { seq, created, stream } = record;
  const made = project(projection, { subject: record.subject, seq, created, stream, body: value });
  return isJsonWithin(made, PROJECTED_LENGTH_MAX)
    ? { kind: 'message', subject, body: Buffer.from(JSON.stringify(made)) }
    : { kind: 'fault', reason: 'body-too-large' };
}

/** Undefined for what is no JSON, which no source should have. */
function parsed(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString());
    return value;
  } catch {
    return undefined;
  }
}
