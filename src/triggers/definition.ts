import { ACCOUNT_ID_RULE, isAccountId } from '../protocol/account.ts';
import { patternCovers } from '../subjects/subject.ts';
import { isLiteralAddress, parseAddress, type Address } from './address.ts';
import { FieldReader, MisfitFound, type Misfit } from './field-reader.ts';
import { parseFilter, type Filter } from './filter.ts';
import { isObject } from './json-value.ts';
import { parseProjection, type Projection } from './projection.ts';
import type { Shaping } from './shape.ts';
import { parseStart, START_RULE, type Start } from './start.ts';
import { mappedPattern, parseMapping, type SubjectMapping } from './subject-mapping.ts';
import {
  EXPORT_TYPES,
  isTriggerName,
  RESPONSE_TYPES,
  TRIGGER_NAME_RULE,
  type GivenTransform,
  type StreamTrigger,
  type TriggerSource,
  type TriggerTarget,
} from './trigger.ts';

/** A trigger, understood: what was given, and what it comes to. */
export interface Definition {
  /** As it was given, and as it is stored and returned. */
  readonly trigger: StreamTrigger;
  readonly from: Address;
  /** Where its records may go. */
  readonly to: Address;
  readonly shaping: Shaping;
  readonly start: Start;
}

export type ParsedDefinition =
  | { readonly ok: true; readonly definition: Definition }
  | { readonly ok: false; readonly misfit: Misfit };

export const NAME_LENGTH_MAX = 255;
export const TEXT_LENGTH_MAX = 4096;

const ADDRESS_RULE =
  'must be a subject, in which * and > may stand for tokens, or a durable stream as $DS.<bucket>.<stream>';

/**
 * Reads a trigger out of parsed JSON (contract page, "StreamTriggerRequest"). Beyond the page it may
 * have `start`, `filter` and `transform`. Members that mean nothing are refused.
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
  fields.refuseOthers();
  const from = parseAddress(source.subject);
  if (from === undefined) throw wrong('source.subject', ADDRESS_RULE);
  const mapping = readMapping(source, target, transform?.given.subject);
  const trigger: StreamTrigger = {
    name,
    ...present({ collection, description }),
    source,
    target,
    ...present({ start: textOrNumber(startGiven) }),
    ...present({ filter: filterGiven, transform: transform?.given }),
  };
  return {
    trigger,
    from,
    to: readDestination(mapping),
    shaping: { filter: readFilter(filterGiven), mapping, projection: transform?.projection },
    start: readStart(startGiven, from),
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

function readSource(fields: FieldReader): TriggerSource {
  const subject = fields.neededText('subject', TEXT_LENGTH_MAX);
  const type = fields.oneOf('type', EXPORT_TYPES) ?? 'stream';
  const responseType = fields.oneOf('response_type', RESPONSE_TYPES);
  const name = fields.text('name', NAME_LENGTH_MAX);
  const description = fields.text('description', TEXT_LENGTH_MAX);
  const infoUrl = fields.text('info_url', TEXT_LENGTH_MAX);
  const advertise = fields.flag('advertise');
  const allowTrace = fields.flag('allow_trace');
  fields.refuseOthers();
  if (type === 'service') throw fields.wrong('type', NO_SERVICES);
  if (responseType !== undefined && responseType !== 'Stream') {
    throw fields.wrong('response_type', 'must be Stream: this server does no other yet');
  }
  if (infoUrl !== undefined && !/^https?:\/\/\S+$/i.test(infoUrl)) {
    throw fields.wrong('info_url', 'must be a URL that begins with http:// or https://');
  }
  return {
    subject,
    type,
    ...present({ response_type: responseType, name, description, info_url: infoUrl }),
    ...present({ advertise, allow_trace: allowTrace }),
  };
}

const NO_SERVICES = 'must be stream: this server has no services yet';

function readTarget(fields: FieldReader): TriggerTarget {
  const subject = fields.neededText('subject', TEXT_LENGTH_MAX);
  const account = fields.text('account', NAME_LENGTH_MAX);
  const type = fields.oneOf('type', EXPORT_TYPES) ?? 'stream';
  const localSubject = fields.text('local_subject', TEXT_LENGTH_MAX);
  const name = fields.text('name', NAME_LENGTH_MAX);
  const share = fields.flag('share');
  const allowTrace = fields.flag('allow_trace');
  fields.refuseOthers();
  if (account !== undefined && !isAccountId(account)) {
    throw fields.wrong('account', ACCOUNT_ID_RULE);
  }
  if (type === 'service') throw fields.wrong('type', NO_SERVICES);
  return {
    subject,
    ...present({ account }),
    type,
    ...present({ local_subject: localSubject, name, share, allow_trace: allowTrace }),
  };
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
  source: TriggerSource,
  { subject, local_subject: localSubject }: TriggerTarget,
  closer: string | undefined,
): SubjectMapping {
  const outer = localSubject ?? subject;
  const field = localSubject === undefined ? 'target.subject' : 'target.local_subject';
  if (closer === undefined) return mappingTo(source.subject, outer, field);
  const mapping = mappingTo(source.subject, closer, 'transform.subject');
  const whole = parseAddress(outer);
  if (whole === undefined) throw wrong(field, ADDRESS_RULE);
  if (patternCovers(whole.pattern, mapping.pattern)) return mapping;
  throw wrong('transform.subject', `must lead to what ${field} covers`);
}

function mappingTo(source: string, destination: string, field: string): SubjectMapping {
  const parsed = parseMapping(source, destination);
  if (parsed.ok) return parsed.mapping;
  const { field: side, reason } = parsed.complaint;
  throw wrong(side === 'source' ? 'source.subject' : field, reason);
}

function readDestination(mapping: SubjectMapping): Address {
  const to = parseAddress(mappedPattern(mapping));
  if (to === undefined) throw wrong('target.subject', ADDRESS_RULE);
  const isOne = to.kind === 'managed' || isLiteralAddress(to);
  if (!isOne) throw wrong('target.subject', 'must name one durable stream');
  return to;
}

function readStart(given: unknown, from: Address): Start {
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

type Present<Members> = { [Name in keyof Members]?: Exclude<Members[Name], undefined> };

/** The members that are there. */
function present<Members extends object>(members: Members): Present<Members>;
function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
