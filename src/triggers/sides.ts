import { ACCOUNT_ID_RULE, isAccountId } from '../protocol/account.ts';
import type { FieldReader } from './field-reader.ts';
import { present } from './present.ts';
import { readGivenResponse } from './response.ts';
import { EXPORT_TYPES, type TriggerSource, type TriggerTarget } from './trigger.ts';

/** Of names. */
export const NAME_LENGTH_MAX = 255;
/** Of subjects, descriptions and URLs. */
export const TEXT_LENGTH_MAX = 4096;

export const INFO_URL_RULE = 'must be a URL that begins with http:// or https://';

export function isInfoUrl(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text);
}

/** Reads where a trigger takes from (contract page, "TriggerSource"). */
export function readSource(fields: FieldReader): TriggerSource {
  const subject = fields.neededText('subject', TEXT_LENGTH_MAX);
  const type = fields.oneOf('type', EXPORT_TYPES) ?? 'stream';
  const response = readGivenResponse(fields, type);
  const name = fields.text('name', NAME_LENGTH_MAX);
  const description = fields.text('description', TEXT_LENGTH_MAX);
  const infoUrl = fields.text('info_url', TEXT_LENGTH_MAX);
  const advertise = fields.flag('advertise');
  const allowTrace = fields.flag('allow_trace');
  fields.refuseOthers();
  if (infoUrl !== undefined && !isInfoUrl(infoUrl)) throw fields.wrong('info_url', INFO_URL_RULE);
  return {
    subject,
    type,
    ...present({ ...response, name, description, info_url: infoUrl }),
    ...present({ advertise, allow_trace: allowTrace }),
  };
}

/** Reads where a trigger delivers to (contract page, "TriggerTarget"). */
export function readTarget(fields: FieldReader): TriggerTarget {
  const subject = fields.neededText('subject', TEXT_LENGTH_MAX);
  const account = fields.text('account', NAME_LENGTH_MAX);
  const type = fields.oneOf('type', EXPORT_TYPES) ?? 'stream';
  const localSubject = fields.text('local_subject', TEXT_LENGTH_MAX);
  const replySubject = fields.text('reply_subject', TEXT_LENGTH_MAX);
  const name = fields.text('name', NAME_LENGTH_MAX);
  const share = fields.flag('share');
  const allowTrace = fields.flag('allow_trace');
  fields.refuseOthers();
  if (account !== undefined && !isAccountId(account)) {
    throw fields.wrong('account', ACCOUNT_ID_RULE);
  }
  return {
    subject,
    ...present({ account }),
    type,
    ...present({ local_subject: localSubject, reply_subject: replySubject }),
    ...present({ name, share, allow_trace: allowTrace }),
  };
}
