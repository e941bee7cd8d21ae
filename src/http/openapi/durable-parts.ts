import type { Json, JsonObject } from './document.ts';

// What the descriptions of durable streams are put together from.

const problem: JsonObject = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};
export const refusals = (statuses: Readonly<Record<number, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(statuses).map(([status, description]): [string, Json] => [
      status,
      { description, content: problem },
    ]),
  );

export const ALWAYS = refusals({
  400: 'The request is not as it has to be',
  429: 'A limit of the account, or of the stream',
  503: 'Overloaded, or stopping: try again',
});
export const MISSING = refusals({ 404: 'There is no such stream or bucket' });
export const GONE = refusals({ 410: 'Deleted, or no longer held' });
export const CONFLICT = refusals({
  409: 'The stream is not as the request supposes',
  412: 'A precondition does not hold',
});
export const BODIES = refusals({
  413: 'The body is too large',
  415: 'The body is encoded',
  507: 'No space',
});

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
export const told = (names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { schema: { type: 'string' } }]));

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
export const AT_TAIL = ['Stream-Next-Offset', 'Stream-Closed'];

export const json = (description: string): JsonObject => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});
export const text = (description: string): JsonObject => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' } } },
});
