import type { Complaint } from '../messages/complaint.ts';
import { parsePointer, POINTER_RULE, valueAt, type JsonPointer } from './json-pointer.ts';
import { elementsOf, isObject, isScalar, memberOf, type JsonObject } from './json-value.ts';

/** What a new body is made like. Prepared once for many records. */
export type Projection =
  | { readonly kind: 'scalar'; readonly value: unknown }
  | { readonly kind: 'array'; readonly elements: readonly Projection[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Projection])[] }
  | {
      readonly kind: 'get';
      readonly at: JsonPointer;
      /** What to make when nothing is there. */
      readonly otherwise: Projection | undefined;
    };

export type ParsedProjection =
  | { readonly ok: true; readonly projection: Projection }
  | { readonly ok: false; readonly complaint: Complaint };

/** What a projection's pointers point into. */
export interface ProjectedRecord {
  readonly subject: string;
  readonly seq: number;
  /** When it was stored, as a user reads it. */
  readonly created: string;
  readonly stream: string;
  readonly body: unknown;
}

/** All values in a template, itself included; what a `$get` holds beside its pointer counts too. */
export const PROJECTION_NODES_MAX = 1000;
/** A value without parts has a depth of 1. */
export const PROJECTION_DEPTH_MAX = 20;
/** Of the template as JSON without white space. */
export const PROJECTION_BYTES_MAX = 65_536;

/**
 * Reads a template out of parsed JSON: any JSON, in which `{"$get": "/body/id"}` stands for what that
 * JSON Pointer finds in a ProjectedRecord, and `{"$get": …, "$default": T}` for what the template T makes
 * when nothing is found. A null that is found is something. Members named `$get` and `$default` mean
 * this and nothing else; all others, `__proto__` too, are members.
 *
 * Bounds: PROJECTION_NODES_MAX, PROJECTION_DEPTH_MAX, PROJECTION_BYTES_MAX. The complaint's field is the
 * place in the template, such as `items[2].$get`, behind `field` when that is given.
 */
export function parseProjection(given: unknown, field = ''): ParsedProjection {
  const projection = new ProjectionParser().parse(given, field, 1);
  if ('reason' in projection) return { ok: false, complaint: projection };
  // Only now is it known to be JSON, of a bounded depth.
  if (Buffer.byteLength(JSON.stringify(given)) > PROJECTION_BYTES_MAX) {
    const reason = `must have at most ${PROJECTION_BYTES_MAX} bytes as JSON`;
    return { ok: false, complaint: { field, reason } };
  }
  return { ok: true, projection };
}

class ProjectionParser {
  #nodes = 0;

  parse(given: unknown, field: string, depth: number): Projection | Complaint {
    this.#nodes += 1;
    if (this.#nodes > PROJECTION_NODES_MAX) {
      return {
        field,
        reason: `is more than the ${PROJECTION_NODES_MAX} values that may be in one`,
      };
    }
    if (depth > PROJECTION_DEPTH_MAX) {
      return { field, reason: `nests deeper than ${PROJECTION_DEPTH_MAX} levels` };
    }
    if (isScalar(given)) return { kind: 'scalar', value: given };
    const elements = elementsOf(given);
    if (elements !== undefined) return this.#parseArray(elements, field, depth);
    if (!isObject(given)) return { field, reason: 'must be JSON, with finite numbers' };
    const isGet = Object.hasOwn(given, '$get') || Object.hasOwn(given, '$default');
    return isGet ? this.#parseGet(given, field, depth) : this.#parseObject(given, field, depth);
  }

  #parseArray(given: readonly unknown[], field: string, depth: number): Projection | Complaint {
    const elements: Projection[] = [];
    for (const [index, element] of given.entries()) {
      const parsed = this.parse(element, `${field}[${index}]`, depth + 1);
      if ('reason' in parsed) return parsed;
      elements.push(parsed);
    }
    return { kind: 'array', elements };
  }

  #parseObject(given: JsonObject, field: string, depth: number): Projection | Complaint {
    const members: [string, Projection][] = [];
    for (const [name, value] of Object.entries(given)) {
      const parsed = this.parse(value, memberOf(field, name), depth + 1);
      if ('reason' in parsed) return parsed;
      members.push([name, parsed]);
    }
    return { kind: 'object', members };
  }

  #parseGet(given: JsonObject, field: string, depth: number): Projection | Complaint {
    const { $get: pointer, $default: fallback, ...others } = given;
    const [other] = Object.keys(others);
    if (other !== undefined) {
      const reason = 'must not stand beside $get and $default';
      return { field: memberOf(field, other), reason };
    }
    const at = parsePointer(pointer);
    if (at === undefined) return { field: memberOf(field, '$get'), reason: POINTER_RULE };
    if (!pointsIntoRecord(at)) {
      return { field: memberOf(field, '$get'), reason: `must begin with one of ${PLACES}` };
    }
    if (!Object.hasOwn(given, '$default')) return { kind: 'get', at, otherwise: undefined };
    const otherwise = this.parse(fallback, memberOf(field, '$default'), depth + 1);
    return 'reason' in otherwise ? otherwise : { kind: 'get', at, otherwise };
  }
}

const PARTS = ['subject', 'seq', 'created', 'stream', 'body'];
const PLACES = PARTS.map((name) => `/${name}`).join(', ');

/** Or at all of it. */
function pointsIntoRecord({ tokens: [first] }: JsonPointer): boolean {
  return first === undefined || PARTS.includes(first);
}

/**
 * The body that a template makes of a record. Where nothing is found and nothing is to be instead, a
 * member is left out, an element is null, and the whole is null.
 *
 * Never throws, and takes steps in proportion to the template alone: what is found is not copied, so
 * neither it nor the result may be changed. A part that is used many times makes the result's JSON that
 * much longer than the record's: ask json-size.ts before writing it down.
 */
export function project(template: Projection, record: ProjectedRecord): unknown {
  const { subject, seq, created, stream, body } = record;
  return make(template, { subject, seq, created, stream, body }) ?? null;
}

/** Undefined: nothing was found. */
function make(template: Projection, record: ProjectedRecord): unknown {
  switch (template.kind) {
    case 'scalar':
      return template.value;
    case 'array':
      return template.elements.map((element) => make(element, record) ?? null);
    case 'object':
      return makeObject(template.members, record);
    case 'get': {
      const found = valueAt(template.at, record);
      if (found !== undefined || template.otherwise === undefined) return found;
      return make(template.otherwise, record);
    }
  }
}

function makeObject(
  members: readonly (readonly [string, Projection])[],
  record: ProjectedRecord,
): unknown {
  const made = members.map(([name, member]) => [name, make(member, record)] as const);
  // This defines members, where assigning one named __proto__ would set the prototype.
  return Object.fromEntries(made.filter(([, value]) => value !== undefined));
}
