import {
  isLiteralAddress,
  isReserved,
  parseAddress,
  RESERVED_RULE,
  type Address,
} from './address.ts';
import { FieldReader, MisfitFound, type Misfit } from './field-reader.ts';
import {
  GATEWAY_METHODS,
  type GatewayLimit,
  type GatewayMapping,
  type GatewayMethod,
  type GatewayTrigger,
} from './gateway.ts';
import { canonicalPath, PATH_LENGTH_MAX, type GatewayPath } from './gateway-path.ts';
import { isObject } from './json-value.ts';
import { present } from './present.ts';
import { NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from './sides.ts';
import { isTriggerName, TRIGGER_NAME_RULE, type TriggerName } from './trigger.ts';

/** A gateway trigger, understood: what was given, and what it comes to. */
export interface GatewayDefinition {
  /** As it was given, and as it is stored and returned. */
  readonly trigger: GatewayTrigger;
  readonly method: GatewayMethod;
  readonly path: GatewayPath;
  /** Nobody has to show a credential. */
  readonly isPublic: boolean;
  readonly limit: GatewayLimit | undefined;
  readonly timeoutMs: number;
  /** What a service answers on, or a stream captures, or a durable stream. */
  readonly to: Address;
}

export type ParsedGateway =
  | { readonly ok: true; readonly definition: GatewayDefinition }
  | { readonly ok: false; readonly misfit: Misfit };

export const TIMEOUT_MS_MAX = 600_000;
export const TIMEOUT_MS_DEFAULT = 30_000;

const PATH_RULE = `must be a path of at most ${PATH_LENGTH_MAX} characters that begins with "/", without a query, without empty segments and dots as segments, other characters than those of a path percent-encoded`;
const SUBJECT_RULE =
  'must be a subject without wildcards, or one durable stream as $DS.<bucket>.<stream>';

/** Reads a gateway trigger out of parsed JSON. Members that mean nothing are refused. */
export function parseGatewayDefinition(given: unknown): ParsedGateway {
  try {
    return { ok: true, definition: readDefinition(given) };
  } catch (error) {
    if (error instanceof MisfitFound) return { ok: false, misfit: error.misfit };
    throw error;
  }
}

function readDefinition(given: unknown): GatewayDefinition {
  if (!isObject(given)) {
    throw new MisfitFound({ kind: 'wrong', field: '', reason: 'must be an object' });
  }
  const fields = new FieldReader(given);
  const name = readName(fields);
  if (fields.oneOf('trigger_type', ['gateway']) === undefined) throw fields.missing('trigger_type');
  const collection = fields.text('collection', NAME_LENGTH_MAX);
  const description = fields.text('description', TEXT_LENGTH_MAX);
  const { mapping, path, to } = readMapping(fields.neededObject('gateway_mapping'), name);
  fields.refuseOthers();
  return {
    trigger: { name, ...present({ collection, description }), gateway_mapping: mapping },
    method: mapping.method,
    path,
    isPublic: mapping.is_public ?? false,
    limit: mapping.limit,
    timeoutMs: mapping.timeout ?? TIMEOUT_MS_DEFAULT,
    to,
  };
}

function readName(fields: FieldReader): TriggerName {
  const name = fields.value('name');
  if (name === undefined) throw fields.missing('name');
  if (typeof name === 'string' && isTriggerName(name)) return name;
  throw fields.wrong('name', TRIGGER_NAME_RULE);
}

function readMapping(
  fields: FieldReader,
  name: TriggerName,
): { mapping: GatewayMapping; path: GatewayPath; to: Address } {
  const method = fields.oneOf('method', GATEWAY_METHODS);
  if (method === undefined) throw fields.missing('method');
  const path = readPath(fields);
  const isPublic = fields.flag('is_public');
  const limit = readLimit(fields.object('limit'));
  const timeout = fields.integer('timeout', TIMEOUT_MS_MAX);
  const subject = fields.text('subject', TEXT_LENGTH_MAX);
  fields.refuseOthers();
  return {
    mapping: { method, path, ...present({ is_public: isPublic, limit, timeout, subject }) },
    path,
    to: readTo(fields, subject ?? `gateway.${name}`),
  };
}

/** Written in one way only: what is stored and shown is what requests are matched by. */
function readPath(fields: FieldReader): GatewayPath {
  const written = fields.neededText('path', TEXT_LENGTH_MAX);
  const path = canonicalPath(written);
  if (path === undefined) throw fields.wrong('path', PATH_RULE);
  if (path !== written) throw fields.wrong('path', `must be written ${path}`);
  return path;
}

function readLimit(fields: FieldReader | undefined): GatewayLimit | undefined {
  if (fields === undefined) return undefined;
  const request = fields.integer('request', Number.MAX_SAFE_INTEGER);
  const time = fields.integer('time', Number.MAX_SAFE_INTEGER);
  fields.refuseOthers();
  if (request === undefined) throw fields.missing('request');
  if (time === undefined) throw fields.missing('time');
  return { request, time };
}

function readTo(fields: FieldReader, subject: string): Address {
  const to = parseAddress(subject);
  if (to === undefined || !isLiteralAddress(to)) throw fields.wrong('subject', SUBJECT_RULE);
  if (isReserved(to)) throw fields.wrong('subject', RESERVED_RULE);
  return to;
}
