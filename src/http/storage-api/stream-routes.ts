import type { Static } from 'typebox';
import { allows, type Scopes } from '../../accounts/scopes.ts';
import { errorOf } from '../caller.ts';
import { sendError, type JsonApp } from '../json/json-app.ts';
import { READING, WRITING } from '../openapi/refused.ts';
import { StreamInfo, StreamList, SuccessMessage } from './answers.ts';
import { described, listed } from './described.ts';
import { UPDATE_EXAMPLES } from './examples.ts';
import { readSettings } from './given-config.ts';
import { CreateStreamRequest, NameParams, UpdateStreamRequest } from './schemas.ts';
import {
  nameOf,
  sendAnswer,
  sendComplaint,
  sendDone,
  sendRefusal,
  type StorageApi,
} from './storage-api.ts';

const success = { answer: SuccessMessage, answerExample: { message: 'success' } };

/** Creating, updating, listing, looking at and deleting managed streams. */
export function streamRoutes(app: JsonApp, { managed, nowMs }: StorageApi): void {
  app.put(
    '/storage/streams/:name',
    {
      schema: { params: NameParams, body: UpdateStreamRequest },
      config: {
        operation: {
          operationId: 'createOrUpdateStream',
          summary: 'Create or update a stream',
          description:
            'Creates the stream, or changes what the body names of it. What is fixed at creation ' +
            '(storage, retention, mirror) is refused with 400 when it differs, and nothing changes.',
          tag: 'Streams',
          ...success,
          examples: UPDATE_EXAMPLES,
          refusals: WRITING,
        },
      },
    },
    async ({ account, scopes, params, body }, reply) => {
      const name = nameOf(params);
      if (body.name !== undefined && body.name !== name) {
        return sendComplaint(reply, { field: 'name', reason: `must be "${name}", as in the path` });
      }
      const given = readSettings(body);
      if (!given.ok) return sendComplaint(reply, given.complaint);
      if (!mayRead(scopes, originsOf(body))) return sendError(reply, errorOf(ORIGIN_FORBIDDEN));
      return sendDone(reply, await managed.put(account, name, given.value));
    },
  );

  app.post(
    '/storage/streams',
    {
      schema: { body: CreateStreamRequest },
      config: {
        operation: {
          operationId: 'createStream',
          summary: 'Create a stream',
          description: 'The same again is a success; another configuration is refused with 400.',
          tag: 'Streams',
          ...success,
          refusals: WRITING,
        },
      },
    },
    async ({ account, scopes, body }, reply) => {
      const given = readSettings(body);
      if (!given.ok) return sendComplaint(reply, given.complaint);
      if (!mayRead(scopes, originsOf(body))) return sendError(reply, errorOf(ORIGIN_FORBIDDEN));
      return sendDone(reply, await managed.create(account, nameOf(body), given.value));
    },
  );

  app.get(
    '/storage/streams',
    {
      config: {
        operation: {
          operationId: 'listStreams',
          summary: 'List the streams',
          tag: 'Streams',
          answer: StreamList,
          refusals: READING,
        },
      },
    },
    ({ account }, reply) => {
      const begunMs = nowMs();
      const results = managed.list(account).map(listed);
      const answer: Static<typeof StreamList> = {
        body: { results, results_total: results.length },
        metadata: { duration: nowMs() - begunMs },
      };
      return sendAnswer(reply, answer);
    },
  );

  app.get(
    '/storage/streams/:name',
    {
      schema: { params: NameParams },
      config: {
        operation: {
          operationId: 'getStream',
          summary: 'Look at a stream',
          tag: 'Streams',
          answer: StreamInfo,
          refusals: READING,
        },
      },
    },
    async ({ account, params }, reply) => {
      const name = nameOf(params);
      const head = managed.get(account, name);
      if (head === undefined) return sendRefusal(reply, { code: 'stream-not-found' });
      if (head.messages === 0) return sendAnswer(reply, described(head, undefined));
      const first = await managed.message(account, name, head.firstSeq);
      // A message that has gone meanwhile leaves no time, and that is all.
      const hasGone = first.kind === 'refused' && first.refusal.code !== 'data-corrupt';
      if (first.kind === 'refused' && !hasGone) return sendRefusal(reply, first.refusal);
      const [message] = first.kind === 'found' ? first.messages : [];
      return sendAnswer(reply, described(head, message?.createdAtMs));
    },
  );

  app.delete(
    '/storage/streams/:name',
    {
      schema: { params: NameParams },
      config: {
        operation: {
          operationId: 'deleteStream',
          summary: 'Delete a stream and its messages',
          tag: 'Streams',
          ...success,
          refusals: WRITING,
        },
      },
    },
    async ({ account, params }, reply) =>
      sendDone(reply, await managed.remove(account, nameOf(params))),
  );
}

const ORIGIN_FORBIDDEN = { code: 'forbidden', scope: 'storage:read' } as const;

type Origins = Pick<Static<typeof CreateStreamRequest>, 'mirror' | 'sources'>;

/** The streams that a stream is to copy from. */
function originsOf({ mirror, sources }: Origins): readonly string[] {
  return [...(mirror ? [mirror] : []), ...(sources ?? [])].map(({ name }) => name);
}

/** A copy shows what its origin holds: whoever makes one must be allowed to read that. */
function mayRead(scopes: Scopes, streams: readonly string[]): boolean {
  return streams.every((stream) => allows(scopes, 'storage:read', stream));
}
