import { objectOf, type Json, type JsonObject } from './document.ts';

// What the descriptions of durable streams are put together from.

/** Headers of an answer; `sometimes` are not in each. */
export const told = (always: readonly string[], sometimes: readonly string[] = []): JsonObject => ({
  ...Object.fromEntries(always.map((name) => [name, { required: true, schema: TEXT }])),
  ...Object.fromEntries(sometimes.map((name) => [name, { schema: TEXT }])),
});
const TEXT: JsonObject = { type: 'string' };

/** What a refusal says in its headers, by its status. */
const HEADERS: Readonly<Record<number, JsonObject>> = {
  401: told(['WWW-Authenticate']),
  403: told([], ['WWW-Authenticate', 'Producer-Epoch']),
  409: told(
    [],
    ['Stream-Next-Offset', 'Stream-Closed', 'Producer-Expected-Seq', 'Producer-Received-Seq'],
  ),
  410: told([], ['Stream-Next-Offset']),
  412: told([], ['ETag']),
  429: told([], ['Retry-After']),
  503: told(['Retry-After']),
};
const problem: JsonObject = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};
export const refusals = (statuses: Readonly<Record<number, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(statuses).map(([status, description]): [string, Json] => [
      status,
      { description, headers: HEADERS[Number(status)] ?? {}, content: problem },
    ]),
  );

/** Of requests that no handler gets to see. */
export const UNREADABLE = refusals({
  400: 'The request is not as it has to be',
  408: 'The request did not come in time',
  413: 'The body is too large',
  417: 'An expectation that cannot be met',
  431: 'The headers are too large',
});
const NO_ACCESS = refusals({
  401: 'No credential, or none that is good here',
  403: 'The credential does not cover this, or another producer has taken over',
});
export const GUARDED = { ...UNREADABLE, ...NO_ACCESS };
export const ALWAYS = {
  ...GUARDED,
  ...refusals({
    429: 'A limit of the account, or of the stream',
    500: 'What is stored is damaged',
    503: 'Overloaded, or stopping: try again',
  }),
};
export const MISSING = refusals({ 404: 'There is no such stream or bucket' });
export const GONE = refusals({ 410: 'Deleted, or no longer held' });
export const CONFLICT = refusals({
  409: 'The stream is not as the request supposes',
  412: 'A precondition does not hold',
});
export const BODIES = refusals({
  415: 'The body is encoded',
  507: 'No space',
});
export const FULL = refusals({ 507: 'No space' });

/** Of a page of what was read, or of there being none. */
export const PAGE = [
  'Stream-Next-Offset',
  'Stream-Up-To-Date',
  'Stream-Closed',
  'Stream-Cursor',
  'ETag',
];

/** The same answers to HEAD. */
export const withoutBodies = (responses: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]): [string, Json] => {
      const { description = '', headers = {} } = objectOf(response);
      return [status, { description, headers }];
    }),
  );

export const header = (name: string, description: string): JsonObject => ({
  name,
  in: 'header',
  description,
  required: false,
  schema: { type: 'string' },
});
export const query = (name: string, description: string, schema: JsonObject): JsonObject => ({
  name,
  in: 'query',
  description,
  required: false,
  schema,
});
export const inPath = (name: string, description: string): JsonObject => ({
  name,
  in: 'path',
  description,
  required: true,
  schema: { type: 'string' },
});
export const BODY: JsonObject = {
  required: false,
  content: { 'application/json': { schema: {} }, '*/*': { schema: {} } },
};
export const CONTENT: JsonObject = {
  'application/json': { schema: {} },
  'text/event-stream': { schema: { type: 'string' } },
  '*/*': { schema: {} },
};

export const LIFETIME = [
  header('Stream-TTL', 'Seconds without use after which the stream expires'),
  header('Stream-Expires-At', 'When the stream expires (RFC 3339)'),
];
export const CLOSED = header('Stream-Closed', '"true" closes the stream');
export const IF_MATCH = header('If-Match', 'Only if the stream is as this entity tag says');
export const PRODUCER = [
  header('Producer-Id', 'Who writes; with the two others, an append is stored exactly once'),
  header('Producer-Epoch', 'Which life of the producer writes'),
  header('Producer-Seq', 'Number of the append in this epoch, from 0'),
];

export const json = (description: string): JsonObject => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});
export const text = (description: string): JsonObject => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' } } },
});
