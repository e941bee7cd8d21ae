import type { HandWrittenPaths, JsonObject } from './document.ts';
import {
  ALWAYS,
  BODIES,
  CONFLICT,
  IF_MATCH,
  MISSING,
  PAGE,
  header,
  inPath,
  query,
  refusals,
  told,
  withoutBodies,
} from './durable-parts.ts';

// A managed stream at the address where it is read and written as a durable one.

const NAME = inPath('name', 'Name of a managed stream');
const PASSED = refusals({
  410: 'Retention has passed the offset; Stream-Next-Offset is the earliest one there is',
});

const operation = (operationId: string, summary: string, rest: JsonObject): JsonObject => ({
  tags: ['Durable streams'],
  operationId,
  summary,
  ...rest,
});

export const MANAGED_OPERATIONS: HandWrittenPaths[string] = {
  get: operation('readManagedStream', 'Read a managed stream, or follow it', {
    parameters: [
      NAME,
      query('offset', 'Where to begin: "-1", "now", or a Stream-Next-Offset', { type: 'string' }),
      query('live', 'Wait for what comes next', { type: 'string', enum: ['long-poll', 'sse'] }),
      query('cursor', 'The Stream-Cursor of the answer before', { type: 'string' }),
      query('subject', 'Only messages on these subjects: "*" is one token, ">" the rest', {
        type: 'string',
      }),
      query('view', 'Each message with its sequence, subject and time', {
        type: 'string',
        enum: ['envelope'],
      }),
      header('If-None-Match', 'The entity tag of an answer that is at hand'),
      header('Last-Event-ID', 'With live=sse: where to go on, instead of the offset'),
    ],
    responses: {
      200: {
        description: 'Messages from the offset on',
        headers: told([], PAGE),
        content: {
          'application/json': {
            schema: {
              type: 'array',
              description: 'Bodies as they were sent, or envelopes',
              items: { anyOf: [{ $ref: '#/components/schemas/MessageEnvelope' }, {}] },
            },
          },
          'text/event-stream': { schema: { type: 'string' } },
        },
      },
      204: {
        description: 'A long-poll found nothing in time',
        headers: told([], PAGE),
      },
      304: {
        description: 'The answer at hand still holds',
        headers: told(['Stream-Next-Offset', 'ETag'], PAGE),
      },
      ...ALWAYS,
      ...MISSING,
      ...PASSED,
    },
  }),
  head: operation('inspectManagedStream', 'Where a managed stream ends', {
    parameters: [NAME],
    responses: {
      200: { description: 'It is there', headers: told(['Stream-Next-Offset', 'ETag']) },
      ...withoutBodies({ ...ALWAYS, ...MISSING }),
    },
  }),
  post: operation('appendToManagedStream', 'Append messages to a managed stream', {
    parameters: [
      NAME,
      header('Stream-Subject', "The messages' subject; the name of the stream where left out"),
      header('Msg-Id', 'The same one within duplicate_window stores nothing'),
      IF_MATCH,
    ],
    requestBody: {
      required: true,
      description: 'One message, or an array of them',
      content: { 'application/json': { schema: {} } },
    },
    responses: {
      204: {
        description: 'Stored, or known already',
        headers: told(['Stream-Next-Offset', 'ETag']),
      },
      ...ALWAYS,
      ...MISSING,
      ...CONFLICT,
      ...BODIES,
    },
  }),
};

export const MANAGED_SCHEMAS: JsonObject = {
  MessageEnvelope: {
    type: 'object',
    description: 'A message, and what is known of it',
    required: ['seq', 'subject', 'created', 'body'],
    properties: {
      seq: { type: 'integer', minimum: 1 },
      subject: { type: 'string' },
      created: { type: 'string', format: 'date-time' },
      body: { description: 'Any JSON value' },
    },
  },
};
