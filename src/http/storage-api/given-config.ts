import type { Origin } from '../../messages/config.ts';
import { isStreamName } from '../../messages/config.ts';
import type { GivenConfig } from '../../messages/given.ts';
import type { Complaint } from '../../messages/complaint.ts';
import { isSubjectPattern, type SubjectPattern } from '../../subjects/subject.ts';
import type { OriginSettings, StreamSettings } from './schemas.ts';

/** Something of a request in the program's own types, or what is wrong with it. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly complaint: Complaint };

/** What a request that keeps to the schema sets of a stream. */
export function readSettings(settings: StreamSettings): Read<GivenConfig> {
  const subjects = readAll(settings.subjects, 'subjects', readPattern);
  if (!subjects.ok) return subjects;
  const mirror = readOptional(settings.mirror, 'mirror', readOrigin);
  if (!mirror.ok) return mirror;
  const sources = readAll(settings.sources, 'sources', readOrigin);
  if (!sources.ok) return sources;
  const value: GivenConfig = {
    description: settings.description,
    metadata: settings.metadata,
    subjects: subjects.value,
    storage: settings.storage,
    discard: discardOf(settings.discard),
    messagesMax: settings.max_msgs,
    bytesMax: settings.max_bytes,
    maxAgeNs: settings.max_age,
    messagesPerSubjectMax: settings.max_msgs_per_subject,
    messageBytesMax: settings.max_msg_size,
    consumersMax: settings.max_consumers,
    replicas: settings.num_replicas,
    duplicateWindowNs: settings.duplicate_window,
    mirror: mirror.value,
    sources: sources.value,
    sealed: settings.sealed,
    denyDelete: settings.deny_delete,
    denyPurge: settings.deny_purge,
  };
  return { ok: true, value };
}

function discardOf(discard: StreamSettings['discard']): GivenConfig['discard'] {
  switch (discard) {
    case undefined:
      return undefined;
    case 0:
    case 'old':
      return 'old';
    case 1:
    case 'new':
      return 'new';
  }
}

export function readPattern(text: string, field: string): Read<SubjectPattern> {
  if (isSubjectPattern(text)) return { ok: true, value: text };
  return wrong(field, 'must be tokens between dots, * for one token, > at the end for the rest');
}

function readOrigin(settings: OriginSettings, field: string): Read<Origin> {
  const { name, opt_start_seq: startSeq, opt_start_time: startTime } = settings;
  if (!isStreamName(name)) return wrong(`${field}.name`, 'must be the name of a stream');
  const filter = readOptional(settings.filter_subject, `${field}.filter_subject`, readPattern);
  if (!filter.ok) return filter;
  const startAtMs = startTime === undefined ? undefined : Date.parse(startTime);
  if (startAtMs !== undefined && !(startAtMs >= 0)) {
    return wrong(`${field}.opt_start_time`, 'must be a time from 1970 on, as RFC 3339 has it');
  }
  return { ok: true, value: { stream: name, filterSubject: filter.value, startSeq, startAtMs } };
}

export function readOptional<From, To>(
  given: From | undefined,
  field: string,
  read: (given: From, field: string) => Read<To>,
): Read<To | undefined> {
  return given === undefined ? { ok: true, value: undefined } : read(given, field);
}

function readAll<From, To>(
  given: readonly From[] | undefined,
  field: string,
  read: (given: From, field: string) => Read<To>,
): Read<readonly To[] | undefined> {
  if (given === undefined) return { ok: true, value: undefined };
  const all: To[] = [];
  for (const [index, each] of given.entries()) {
    const one = read(each, `${field}[${index}]`);
    if (!one.ok) return one;
    all.push(one.value);
  }
  return { ok: true, value: all };
}

function wrong(field: string, reason: string): { ok: false; complaint: Complaint } {
  return { ok: false, complaint: { field, reason } };
}
