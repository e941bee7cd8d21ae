import type { Complaint } from '../messages/complaint.ts';
import { isSubjectPattern, PATTERN_RULE, subjectMatcher } from '../subjects/subject.ts';
import { parsePointer, POINTER_RULE, valueAt, type JsonPointer } from './json-pointer.ts';
import { elementsOf, isObject, memberOf, type JsonObject } from './json-value.ts';
import { holds, NO_TEST, parseValueTest, type ValueTest } from './value-test.ts';

/** A question about a record, with an answer for every record. Prepared once for many. */
export type Filter =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'subject'; readonly isMatch: (subject: string) => boolean }
  | { readonly kind: 'value'; readonly at: JsonPointer; readonly tests: readonly ValueTest[] };

export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly complaint: Complaint };

export interface FilteredRecord {
  readonly subject: string;
  /** What its body is the JSON of. */
  readonly value: unknown;
}

/** All filters in one, itself included. */
export const FILTER_NODES_MAX = 100;
/** A filter without others in it has a depth of 1. */
export const FILTER_DEPTH_MAX = 10;

/**
 * Reads a filter out of parsed JSON. A filter is an object, one of
 * - `{"all": [F, …]}`, `{"any": [F, …]}`, with at least one filter, and `{"not": F}`;
 * - `{"subject": "orders.*.created"}`: the record's subject is matched by that pattern;
 * - `{"path": "/data/amount", "gte": 10, …}`: the value at a JSON Pointer into the body, of which all
 *   the tests of value-test.ts beside it hold.
 *
 * Bounds: FILTER_NODES_MAX, FILTER_DEPTH_MAX, 1,024 characters a string, 100 operands of an `in`.
 * Members that mean nothing are complained about, as a filter that is not understood would let the wrong
 * records through. The complaint's field is the place in the filter, such as `all[2].gte`, behind
 * `field` when that is given.
 */
export function parseFilter(given: unknown, field = ''): ParsedFilter {
  const filter = new FilterParser().parse(given, field, 1);
  return 'reason' in filter ? { ok: false, complaint: filter } : { ok: true, filter };
}

/** Never throws; linear in the filter and in the texts that it looks at. */
export function matches(filter: Filter, record: FilteredRecord): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.parts.every((part) => matches(part, record));
    case 'any':
      return filter.parts.some((part) => matches(part, record));
    case 'not':
      return !matches(filter.part, record);
    case 'subject':
      return filter.isMatch(record.subject);
    case 'value': {
      const value = valueAt(filter.at, record.value);
      return filter.tests.every((test) => holds(test, value));
    }
  }
}

const KINDS = ['all', 'any', 'not', 'subject', 'path'] as const;

class FilterParser {
  #nodes = 0;

  parse(given: unknown, field: string, depth: number): Filter | Complaint {
    this.#nodes += 1;
    if (this.#nodes > FILTER_NODES_MAX) {
      return { field, reason: `is more than the ${FILTER_NODES_MAX} filters that may be in one` };
    }
    if (depth > FILTER_DEPTH_MAX) {
      return { field, reason: `nests deeper than ${FILTER_DEPTH_MAX} levels` };
    }
    const reason = 'must be an object with all, any, not, subject or path';
    if (!isObject(given)) return { field, reason };
    const kind = KINDS.find((each) => Object.hasOwn(given, each));
    if (kind === undefined) return { field, reason };
    if (kind === 'path') return parseLeaf(given, field);
    const other = Object.keys(given).find((name) => name !== kind);
    if (other !== undefined) {
      return { field: memberOf(field, other), reason: `must not stand beside ${kind}` };
    }
    return this.#parseKind(kind, given[kind], memberOf(field, kind), depth);
  }

  #parseKind(
    kind: 'all' | 'any' | 'not' | 'subject',
    given: unknown,
    field: string,
    depth: number,
  ): Filter | Complaint {
    switch (kind) {
      case 'all':
      case 'any': {
        const parts = this.#parseParts(given, field, depth);
        return 'reason' in parts ? parts : { kind, parts };
      }
      case 'not': {
        const part = this.parse(given, field, depth + 1);
        return 'reason' in part ? part : { kind, part };
      }
      case 'subject':
        return parseSubject(given, field);
    }
  }

  #parseParts(given: unknown, field: string, depth: number): readonly Filter[] | Complaint {
    const elements = elementsOf(given) ?? [];
    if (elements.length === 0) return { field, reason: 'must be an array of at least one filter' };
    const parts: Filter[] = [];
    for (const [index, element] of elements.entries()) {
      const part = this.parse(element, `${field}[${index}]`, depth + 1);
      if ('reason' in part) return part;
      parts.push(part);
    }
    return parts;
  }
}

function parseSubject(given: unknown, field: string): Filter | Complaint {
  if (typeof given !== 'string' || !isSubjectPattern(given)) {
    return { field, reason: PATTERN_RULE };
  }
  return { kind: 'subject', isMatch: subjectMatcher(given) };
}

function parseLeaf(given: JsonObject, field: string): Filter | Complaint {
  const { path, ...operands } = given;
  const at = parsePointer(path);
  if (at === undefined) return { field: memberOf(field, 'path'), reason: POINTER_RULE };
  const tests: ValueTest[] = [];
  for (const [name, operand] of Object.entries(operands)) {
    const test = parseValueTest(name, operand);
    if (typeof test === 'string') return { field: memberOf(field, name), reason: test };
    tests.push(test);
  }
  return tests.length === 0 ? { field, reason: NO_TEST } : { kind: 'value', at, tests };
}
