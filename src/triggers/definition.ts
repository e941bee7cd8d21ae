import { PATTERN_RULE, patternCovers, type SubjectPattern } from '../subjects/subject.ts';
import {
  isLiteralAddress,
  isReserved,
  parseAddress,
  RESERVED_RULE,
  type Address,
  type Endpoint,
} from './address.ts';
import { FieldReader, MisfitFound, type Misfit } from './field-reader.ts';
import { parseFilter, type Filter } from './filter.ts';
import { isObject } from './json-value.ts';
import { onErrorOf, readGivenOnError, type OnError } from './on-error.ts';
import { present } from './present.ts';
import { parseProjection, type Projection } from './projection.ts';
import { responseOf, type Response } from './response.ts';
import type { Shaping } from './shape.ts';
import { NAME_LENGTH_MAX, readSource, readTarget, TEXT_LENGTH_MAX } from './sides.ts';
import { parseStart, START_RULE, type Start } from './start.ts';
import { mappedPattern, parseMapping, type SubjectMapping } from './subject-mapping.ts';
import {
  isTriggerName,
  TRIGGER_NAME_RULE,
  type ExportType,
  type GivenTransform,
  type StreamTrigger,
  type TriggerSource,
  type TriggerTarget,
} from './trigger.ts';

/** A trigger, understood: what was given, and what it comes to. */
export interface Definition {
  /** As it was given, and as it is stored and returned. */
  readonly trigger: StreamTrigger;
  readonly from: Endpoint;
  /** Where its records may go. */
  readonly to: Endpoint;
  /** Where what a service answers to its records goes, in the trigger's own account. */
  readonly replyTo: Address | undefined;
  readonly shaping: Shaping;
  readonly start: Start;
  readonly response: Response;
  readonly onError: OnError;
}

export type ParsedDefinition =
  | { readonly ok: true; readonly definition: Definition }
  | { readonly ok: false; readonly misfit: Misfit };

const STREAM_RULE = `${PATTERN_RULE}; or a durable stream as $DS.<bucket>.<stream>`;
const SERVICE_RULE = 'must be the subject of a service, without wildcards';
const ONE_PLACE_RULE = 'must be one subject, or one durable stream';

/**
 * Reads a trigger out of parsed JSON (contract page, "StreamTriggerRequest"). Beyond the page it may
 * have `start`, `filter`, `transform`, `on_error` and `max_attempts`, its source `chunk_size` and
 * `chunk_wait_ms`, and its target `reply_subject`. Members that mean nothing are refused.
 */
export function parseDefinition(given: unknown): ParsedDefinition {
  try {
    return { ok: true, definition: readDefinition(given) };
  } catch (error) {
    if (error instanceof MisfitFound) return { ok: false, misfit: error.misfit };
    throw error;
  }
}

function readDefinition(given: unknown): Definition {
  if (!isObject(given)) throw wrong('', 'must be an object');
  const fields = new FieldReader(given);
  const name = readName(fields);
  if (fields.oneOf('trigger_type', ['stream']) === undefined) throw fields.missing('trigger_type');
  const collection = fields.text('collection', NAME_LENGTH_MAX);
  const description = fields.text('description', TEXT_LENGTH_MAX);
  const source = readSource(fields.neededObject('source'));
  const target = readTarget(fields.neededObject('target'));
  const startGiven = fields.value('start');
  const filterGiven = fields.value('filter');
  const transform = readTransform(fields.object('transform'));
  const onError = readGivenOnError(fields);
  fields.refuseOthers();
  refuseMeaningless(source, target, { start: startGiven, filter: filterGiven, transform });
  const from = readEndpoint(source.subject, source.type, 'source.subject');
  if (from.kind === 'service' && !isLiteralAddress(from))
    throw wrong('source.subject', SERVICE_RULE);
  const mapping = readMapping(from.pattern, target, transform?.given.subject);
  const trigger: StreamTrigger = {
    name,
    ...present({ collection, description }),
    source,
    target,
    ...present({ start: textOrNumber(startGiven) }),
    ...present({ filter: filterGiven, transform: transform?.given, ...onError }),
  };
  return {
    trigger,
    from,
    to: readDestination(mapping, source, target),
    replyTo: readReplyTo(target),
    shaping: { filter: readFilter(filterGiven), mapping, projection: transform?.projection },
    start: readStart(startGiven, from),
    response: responseOf(source),
    onError: onErrorOf(onError),
  };
}

function readName(fields: FieldReader): StreamTrigger['name'] {
  const name = fields.value('name');
  if (name === undefined) throw fields.missing('name');
  if (typeof name !== 'string' || !isTriggerName(name)) {
    throw fields.wrong('name', TRIGGER_NAME_RULE);
  }
  return name;
}

/** A service that is asked has no beginning; one that is asked on request hands answers through. */
function refuseMeaningless(
  source: TriggerSource,
  target: TriggerTarget,
  { start, ...shaping }: { start: unknown; filter: unknown; transform: unknown },
): void {
  if (source.type !== 'service') return;
  if (start !== undefined) throw wrong('start', 'needs a source of type stream');
  if (target.type !== 'service') return;
  for (const [field, value] of Object.entries(shaping)) {
    if (value !== undefined) throw wrong(field, 'needs a source or a target of type stream');
  }
}

function readEndpoint(subject: string, type: ExportType, field: string): Endpoint {
  const address = parseAddress(subject);
  if (type === 'stream') {
    if (address === undefined) throw wrong(field, STREAM_RULE);
    return address;
  }
  if (address?.kind !== 'managed') throw wrong(field, 'must be the subject of a service');
  return { kind: 'service', pattern: address.pattern };
}

function readFilter(given: unknown): Filter | undefined {
  if (given === undefined) return undefined;
  const parsed = parseFilter(given, 'filter');
  if (!parsed.ok) throw wrong(parsed.complaint.field, parsed.complaint.reason);
  return parsed.filter;
}

interface Transform {
  readonly given: GivenTransform;
  readonly projection: Projection | undefined;
}

function readTransform(fields: FieldReader | undefined): Transform | undefined {
  if (fields === undefined) return undefined;
  const subject = fields.text('subject', TEXT_LENGTH_MAX);
  const body = fields.value('body');
  fields.refuseOthers();
  return {
    given: { ...present({ subject }), ...(body === undefined ? {} : { body }) },
    projection: body === undefined ? undefined : readProjection(body),
  };
}

function readProjection(body: unknown): Projection {
  const parsed = parseProjection(body, 'transform.body');
  if (!parsed.ok) throw wrong(parsed.complaint.field, parsed.complaint.reason);
  return parsed.projection;
}

/** In its own account a target may have another subject, and a transform may say closer where to. */
function readMapping(
  source: SubjectPattern,
  { subject, local_subject: localSubject }: TriggerTarget,
  closer: string | undefined,
): SubjectMapping {
  const outer = localSubject ?? subject;
  const field = localSubject === undefined ? 'target.subject' : 'target.local_subject';
  if (closer === undefined) return mappingTo(source, outer, field);
  const mapping = mappingTo(source, closer, 'transform.subject');
  const whole = parseAddress(outer);
  if (whole === undefined) throw wrong(field, STREAM_RULE);
  const part = parseAddress(mapping.pattern);
  if (part !== undefined && patternCovers(whole.pattern, part.pattern)) return mapping;
  throw wrong('transform.subject', `must lead to what ${field} covers`);
}

function mappingTo(source: string, destination: string, field: string): SubjectMapping {
  const parsed = parseMapping(source, destination);
  if (parsed.ok) return parsed.mapping;
  const { field: side, reason } = parsed.complaint;
  throw wrong(side === 'source' ? 'source.subject' : field, reason);
}

function readDestination(
  mapping: SubjectMapping,
  source: TriggerSource,
  { type }: TriggerTarget,
): Endpoint {
  const to = readEndpoint(mappedPattern(mapping), type, 'target.subject');
  if (isReserved(to)) throw wrong('target.subject', RESERVED_RULE);
  if (to.kind === 'durable' && !isLiteralAddress(to)) {
    throw wrong('target.subject', 'must name one durable stream');
  }
  if (source.response_type === 'Chunked' && !isLiteralAddress(to)) {
    throw wrong('target.subject', 'must be one subject: a page has only one');
  }
  return to;
}

function readReplyTo({ type, reply_subject: subject }: TriggerTarget): Address | undefined {
  if (subject === undefined) return undefined;
  const field = 'target.reply_subject';
  if (type !== 'service') throw wrong(field, 'needs a target of type service');
  const address = parseAddress(subject);
  if (address === undefined || !isLiteralAddress(address)) throw wrong(field, ONE_PLACE_RULE);
  if (isReserved(address)) throw wrong(field, RESERVED_RULE);
  return address;
}

function readStart(given: unknown, from: Endpoint): Start {
  const start = parseStart(given ?? 'new');
  if (start === undefined) throw wrong('start', START_RULE);
  const isPlace = start.kind === 'sequence' || start.kind === 'time';
  if (isPlace && from.kind === 'durable') {
    throw wrong('start', 'must be "new" or "all" where the source is a durable stream');
  }
  return start;
}

function wrong(field: string, reason: string): MisfitFound {
  return new MisfitFound({ kind: 'wrong', field, reason });
}

function textOrNumber(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
