import type { RawHeaders } from '../protocol/request.ts';

/** The headers of a request that handlers look at. */
export interface StreamHeaders extends RawHeaders {
  authorization: string | undefined;
  apiKey: string | undefined;
  contentEncoding: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  origin: string | undefined;
  host: string | undefined;
  lastEventId: string | undefined;
  msgId: string | undefined;
  streamSubject: string | undefined;
  expectedLastSeq: string | undefined;
  expectedLastSubjectSeq: string | undefined;
  /** A header that may be given once and was given twice. */
  repeated: string | undefined;
}

type Field = Exclude<keyof StreamHeaders, 'repeated'>;

const LOWER_CASE: readonly (readonly [string, Field])[] = [
  ['authorization', 'authorization'],
  ['x-api-key', 'apiKey'],
  ['content-type', 'contentType'],
  ['content-encoding', 'contentEncoding'],
  ['content-length', 'contentLength'],
  ['transfer-encoding', 'transferEncoding'],
  ['origin', 'origin'],
  ['host', 'host'],
  ['last-event-id', 'lastEventId'],
  ['msg-id', 'msgId'],
  ['stream-subject', 'streamSubject'],
  ['expected-last-seq', 'expectedLastSeq'],
  ['expected-last-subject-seq', 'expectedLastSubjectSeq'],
  ['stream-closed', 'streamClosed'],
  ['stream-seq', 'streamSeq'],
  ['stream-ttl', 'streamTtl'],
  ['stream-expires-at', 'streamExpiresAt'],
  ['stream-forked-from', 'streamForkedFrom'],
  ['stream-fork-offset', 'streamForkOffset'],
  ['stream-fork-sub-offset', 'streamForkSubOffset'],
  ['producer-id', 'producerId'],
  ['producer-epoch', 'producerEpoch'],
  ['producer-seq', 'producerSeq'],
  ['if-match', 'ifMatch'],
  ['if-none-match', 'ifNoneMatch'],
];

/** Names in the two spellings that nearly all clients use, so that one look is enough for most. */
const FIELDS: ReadonlyMap<string, Field> = new Map([
  ...LOWER_CASE,
  ...LOWER_CASE.map(([name, field]): [string, Field] => [capitalised(name), field]),
]);

function capitalised(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Fields whose repetition means a longer list (RFC 9110, "Field Lines and Combined Field Value"). */
const LISTS: ReadonlySet<Field> = new Set<Field>(['ifMatch', 'ifNoneMatch']);

/**
 * Picks the known headers out of node's flat list in one pass. Node would build an object of all of
 * them and silently join or drop repeated ones; a repeated `Producer-Seq` must be refused instead.
 */
export function readHeaders(raw: readonly string[]): StreamHeaders {
  const headers: StreamHeaders = {
    authorization: undefined,
    apiKey: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    origin: undefined,
    host: undefined,
    lastEventId: undefined,
    msgId: undefined,
    streamSubject: undefined,
    expectedLastSeq: undefined,
    expectedLastSubjectSeq: undefined,
    streamClosed: undefined,
    streamSeq: undefined,
    streamTtl: undefined,
    streamExpiresAt: undefined,
    streamForkedFrom: undefined,
    streamForkOffset: undefined,
    streamForkSubOffset: undefined,
    producerId: undefined,
    producerEpoch: undefined,
    producerSeq: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    repeated: undefined,
  };
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const field = FIELDS.get(name) ?? FIELDS.get(name.toLowerCase());
    if (field === undefined) continue;
    const value = raw[index + 1] ?? '';
    const before = headers[field];
    if (before === undefined) headers[field] = value;
    else if (LISTS.has(field)) headers[field] = `${before}, ${value}`;
    else headers.repeated ??= name;
  }
  return headers;
}
