import { isAccountId } from '../protocol/account.ts';
import { isSubjectPattern } from '../subjects/subject.ts';
import { FieldReader, MisfitFound } from './field-reader.ts';
import { GRANT_SIDES, type ExportDetails, type Grant, type ImportDetails } from './grant.ts';
import { isObject } from './json-value.ts';
import { present } from './present.ts';
import { NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from './sides.ts';
import { EXPORT_TYPES, isTriggerName, RESPONSE_TYPES, type TriggerName } from './trigger.ts';

/** The text that a grant is stored as. */
export function writeGrant({ reach: { type, pattern }, ...terms }: Grant): string {
  return JSON.stringify({ ...terms, type, pattern });
}

/** Undefined for what `writeGrant` has not written: a grant that cannot be read grants nothing. */
export function readGrant(text: string): Grant | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? toGrant(new FieldReader(value)) : undefined;
  } catch (error) {
    if (error instanceof MisfitFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function toGrant(fields: FieldReader): Grant | undefined {
  const side = fields.oneOf('side', GRANT_SIDES);
  const trigger = readTrigger(fields);
  const pattern = fields.neededText('pattern', TEXT_LENGTH_MAX);
  const type = fields.oneOf('type', EXPORT_TYPES);
  const createdAtMs = fields.integer('createdAtMs', Number.MAX_SAFE_INTEGER);
  if (side === undefined || type === undefined || createdAtMs === undefined) return undefined;
  if (!isSubjectPattern(pattern)) return undefined;
  const terms = {
    id: fields.neededText('id', NAME_LENGTH_MAX),
    account: readAccount(fields, 'account'),
    createdAtMs,
    trigger,
    subject: fields.neededText('subject', TEXT_LENGTH_MAX),
    reach: { type, pattern },
  };
  const details = fields.neededObject('details');
  return side === 'export'
    ? { side, ...terms, accounts: readAccounts(fields), details: readExportDetails(details) }
    : { side, ...terms, from: readAccount(fields, 'from'), details: readImportDetails(details) };
}

function readTrigger(fields: FieldReader): TriggerName | undefined {
  const name = fields.value('trigger');
  if (name === undefined) return undefined;
  if (typeof name !== 'string' || !isTriggerName(name)) throw fields.wrong('trigger', 'is none');
  return name;
}

function readAccount(fields: FieldReader, name: string): string {
  const account = fields.neededText(name, NAME_LENGTH_MAX);
  if (!isAccountId(account)) throw fields.wrong(name, 'is none');
  return account;
}

function readAccounts(fields: FieldReader): readonly string[] | undefined {
  const given = fields.value('accounts');
  if (given === undefined) return undefined;
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  return all.map((each) => {
    if (typeof each !== 'string' || !isAccountId(each)) throw fields.wrong('accounts', 'are none');
    return each;
  });
}

function readExportDetails(fields: FieldReader): ExportDetails {
  return present({
    name: fields.text('name', NAME_LENGTH_MAX),
    description: fields.text('description', TEXT_LENGTH_MAX),
    info_url: fields.text('info_url', TEXT_LENGTH_MAX),
    advertise: fields.flag('advertise'),
    allow_trace: fields.flag('allow_trace'),
    response_type: fields.oneOf('response_type', RESPONSE_TYPES),
  });
}

function readImportDetails(fields: FieldReader): ImportDetails {
  return present({
    name: fields.text('name', NAME_LENGTH_MAX),
    description: fields.text('description', TEXT_LENGTH_MAX),
    local_subject: fields.text('local_subject', TEXT_LENGTH_MAX),
    share: fields.flag('share'),
    allow_trace: fields.flag('allow_trace'),
  });
}
