import type { HandWrittenPaths, JsonObject } from './document.ts';
import {
  ALWAYS,
  MISSING,
  GONE,
  CONFLICT,
  BODIES,
  FULL,
  PAGE,
  withoutBodies,
  BODY,
  CONTENT,
  LIFETIME,
  CLOSED,
  IF_MATCH,
  PRODUCER,
  header,
  query,
  inPath,
  told,
  refusals,
  json,
} from './durable-parts.ts';
import { GATEWAY_OPERATIONS, GATEWAY_SCHEMAS } from './gateways.ts';
import { OPERATIONS_PATHS } from './operations.ts';
import { MANAGED_OPERATIONS, MANAGED_SCHEMAS } from './managed-streams.ts';

// Durable streams and buckets, which are served without the framework: what of them a document can
// say.

type Operations = HandWrittenPaths[string];

const AT_TAIL = ['Stream-Next-Offset', 'ETag'];
const CREATED = ['Location', ...AT_TAIL];
const PRODUCED = ['Producer-Epoch', 'Producer-Seq'];

/** The methods of a stream at one of its two addresses. */
function streamOperations(address: string, parameters: readonly JsonObject[]): Operations {
  const operation = (verb: string, summary: string, rest: JsonObject): JsonObject => ({
    tags: ['Durable streams'],
    operationId: `${verb}${address}`,
    summary,
    ...rest,
  });
  return {
    put: operation('create', 'Create a durable stream', {
      parameters: [
        ...parameters,
        ...LIFETIME,
        CLOSED,
        header('Stream-Forked-From', 'Path of a stream to fork'),
        header('Stream-Fork-Offset', 'Where the fork begins'),
        header('If-None-Match', '"*": only if there is none'),
        IF_MATCH,
        ...PRODUCER,
      ],
      requestBody: BODY,
      responses: {
        200: {
          description: 'It was there already, as asked for',
          headers: told(CREATED, ['Stream-Closed']),
        },
        201: {
          description: 'Created',
          headers: told(CREATED, ['Stream-Closed', ...PRODUCED]),
        },
        ...ALWAYS,
        ...MISSING,
        ...CONFLICT,
        ...BODIES,
      },
    }),
    post: operation('append', 'Append to a durable stream, or close it', {
      parameters: [
        ...parameters,
        CLOSED,
        header('Stream-Seq', 'Must be greater than the last one'),
        IF_MATCH,
        ...PRODUCER,
      ],
      requestBody: BODY,
      responses: {
        200: {
          description: 'Stored, by a producer',
          headers: told([...AT_TAIL, ...PRODUCED], ['Stream-Closed']),
        },
        204: {
          description: 'Stored, or known already',
          headers: told(AT_TAIL, ['Stream-Closed', ...PRODUCED]),
        },
        ...ALWAYS,
        ...MISSING,
        ...GONE,
        ...CONFLICT,
        ...BODIES,
      },
    }),
    get: operation('read', 'Read a durable stream, or follow it', {
      parameters: [
        ...parameters,
        query('offset', 'Where to begin: "-1", "now", or a Stream-Next-Offset', { type: 'string' }),
        query('live', 'Wait for what comes next', { type: 'string', enum: ['long-poll', 'sse'] }),
        query('cursor', 'The Stream-Cursor of the answer before', { type: 'string' }),
        header('If-None-Match', 'The entity tag of an answer that is at hand'),
      ],
      responses: {
        200: {
          description: 'What is there from the offset on',
          headers: told([], [...PAGE, 'Stream-SSE-Data-Encoding']),
          content: CONTENT,
        },
        204: {
          description: 'A long-poll found nothing in time, or there is nothing more to resume',
          headers: told([], PAGE),
        },
        304: { description: 'The answer at hand still holds', headers: told(AT_TAIL, PAGE) },
        ...ALWAYS,
        ...MISSING,
        ...GONE,
      },
    }),
    head: operation('inspect', 'What a durable stream is and where it ends', {
      parameters: [...parameters],
      responses: {
        200: {
          description: 'It is there',
          headers: told(AT_TAIL, ['Stream-Closed', 'Stream-TTL', 'Stream-Expires-At']),
        },
        ...withoutBodies({ ...ALWAYS, ...MISSING, ...GONE }),
      },
    }),
    delete: operation('delete', 'Delete a durable stream', {
      parameters: [...parameters, IF_MATCH],
      responses: {
        204: { description: 'Deleted' },
        ...ALWAYS,
        ...MISSING,
        ...GONE,
        ...refusals({ 412: 'A precondition does not hold' }),
        ...FULL,
      },
    }),
  };
}

const BUCKET = inPath('bucket', '4 to 64 of a-z, 0-9, "_" and "-"');
export const DURABLE_PATHS: HandWrittenPaths = {
  '/{bucket}/{stream}': streamOperations('DurableStream', [
    BUCKET,
    inPath('stream', 'Id of the stream'),
  ]),
  '/v1/stream/{path}': streamOperations('DurableStreamAtPath', [
    inPath('path', 'Any number of segments between slashes'),
  ]),
  '/streams/{name}': MANAGED_OPERATIONS,
  '/{bucket}': {
    put: {
      tags: ['Durable streams'],
      operationId: 'createBucket',
      summary: 'Create a bucket',
      parameters: [BUCKET],
      responses: { 200: json('It was there already'), 201: json('Created'), ...ALWAYS, ...FULL },
    },
    get: {
      tags: ['Durable streams'],
      operationId: 'getBucket',
      summary: 'The ids of the streams in a bucket',
      parameters: [BUCKET],
      responses: { 200: json('The bucket'), ...ALWAYS, ...MISSING },
    },
    delete: {
      tags: ['Durable streams'],
      operationId: 'deleteBucket',
      summary: 'Delete an empty bucket',
      parameters: [BUCKET],
      responses: {
        204: { description: 'Deleted' },
        ...ALWAYS,
        ...MISSING,
        ...refusals({ 409: 'It still holds streams' }),
        ...FULL,
      },
    },
  },
  '/{bucket}/streams': {
    get: {
      tags: ['Durable streams'],
      operationId: 'listBucket',
      summary: 'A page of the streams in a bucket',
      parameters: [
        BUCKET,
        query('prefix', 'Only ids that begin so', { type: 'string' }),
        query('after', 'The next_cursor of the page before', { type: 'string' }),
        query('limit', 'How many at most', { type: 'integer', minimum: 1, maximum: 1000 }),
      ],
      responses: { 200: json('The streams'), ...ALWAYS, ...MISSING },
    },
  },
  ...GATEWAY_OPERATIONS,
  ...OPERATIONS_PATHS,
};

export const DURABLE_SCHEMAS: JsonObject = {
  ...MANAGED_SCHEMAS,
  ...GATEWAY_SCHEMAS,
  Problem: {
    type: 'object',
    description: 'RFC 9457',
    required: ['type', 'title', 'status', 'detail', 'code'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { type: 'string', description: 'Error code, to decide on' },
    },
  },
};
