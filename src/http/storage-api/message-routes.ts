import type { Static } from 'typebox';
import type { DescribedRoute } from '../json/described-route.ts';
import { bodyOrNone, type JsonApp } from '../json/json-app.ts';
import { READING, WRITING } from '../openapi/refused.ts';
import { MessageAnswer, PublishAnswer, SearchAnswer, SuccessMessage } from './answers.ts';
import { found } from './described.ts';
import { PUBLISH_EXAMPLES } from './examples.ts';
import { readOptional, readPattern } from './given-config.ts';
import {
  DeleteQuery,
  MessageParams,
  NameParams,
  PublishHeaders,
  PublishRequest,
  PurgeRequest,
  SearchQuery,
} from './schemas.ts';
import {
  nameOf,
  sendAnswer,
  sendComplaint,
  sendDone,
  sendRefusal,
  type StorageApi,
} from './storage-api.ts';

const SEARCH_LIMIT = 10;
const success = { answer: SuccessMessage, answerExample: { message: 'success' } };

/** `publish.ts` serves it. */
export const PUBLISH_ROUTE: DescribedRoute = {
  method: 'POST',
  url: '/storage/streams/:name/messages',
  params: NameParams,
  headers: PublishHeaders,
  body: PublishRequest,
  operation: {
    operationId: 'publishMessages',
    summary: 'Publish one message, or a batch',
    description: 'Answered when the messages are durable. A batch is stored whole or not at all.',
    tag: 'Messages',
    answer: PublishAnswer,
    examples: PUBLISH_EXAMPLES,
    refusals: WRITING,
  },
};

/** Deleting, purging, searching and reading the messages of a managed stream. */
export function messageRoutes(app: JsonApp, { managed, nowMs }: StorageApi): void {
  app.delete(
    '/storage/streams/:name/messages',
    {
      schema: { params: NameParams, querystring: DeleteQuery },
      config: {
        operation: {
          operationId: 'deleteMessages',
          summary: 'Delete messages by their sequences',
          tag: 'Messages',
          ...success,
          refusals: WRITING,
        },
      },
    },
    async ({ account, params, query }, reply) =>
      sendDone(reply, await managed.removeMessages(account, nameOf(params), query.sequences)),
  );

  app.delete(
    '/storage/stream/:name/purge',
    {
      schema: { params: NameParams, body: PurgeRequest },
      preValidation: bodyOrNone,
      config: {
        operation: {
          operationId: 'purgeStream',
          summary: 'Remove all messages, or some',
          tag: 'Messages',
          ...success,
          isBodyOptional: true,
          refusals: WRITING,
        },
      },
    },
    async ({ account, params, body }, reply) => {
      const subject = readOptional(body.subject, 'subject', readPattern);
      if (!subject.ok) return sendComplaint(reply, subject.complaint);
      const { keep, up_to_sequence: upToSequence } = body;
      const request = { keep, upToSequence, subject: subject.value };
      return sendDone(reply, await managed.purge(account, nameOf(params), request));
    },
  );

  app.get(
    '/storage/streams/:name/search-by-subject',
    {
      schema: { params: NameParams, querystring: SearchQuery },
      config: {
        operation: {
          operationId: 'searchBySubject',
          summary: 'Find messages by their subjects, oldest first',
          tag: 'Messages',
          answer: SearchAnswer,
          refusals: READING,
        },
      },
    },
    async ({ account, params, query }, reply) => {
      const begunMs = nowMs();
      const search = readPattern(query.search, 'search');
      if (!search.ok) return sendComplaint(reply, search.complaint);
      const name = nameOf(params);
      const outcome = await managed.search(account, name, {
        search: search.value,
        startSeq: query.start_seq ?? 1,
        limit: query.limit ?? SEARCH_LIMIT,
      });
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome.refusal);
      const results = outcome.messages.map(found);
      const hits = results.length;
      const answer: Static<typeof SearchAnswer> = {
        body: { results, results_total: hits },
        metadata: { stream: name, search: search.value, hits, duration: nowMs() - begunMs },
      };
      return sendAnswer(reply, answer);
    },
  );

  app.get(
    '/storage/streams/:name/messages/:seq',
    {
      schema: { params: MessageParams },
      config: {
        operation: {
          operationId: 'getMessage',
          summary: 'Read one message',
          tag: 'Messages',
          answer: MessageAnswer,
          refusals: READING,
        },
      },
    },
    async ({ account, params }, reply) => {
      const begunMs = nowMs();
      const name = nameOf(params);
      const outcome = await managed.message(account, name, params.seq);
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome.refusal);
      const [message] = outcome.messages;
      if (message === undefined) return sendRefusal(reply, { code: 'message-not-found' });
      const answer: Static<typeof MessageAnswer> = {
        body: { seq: message.seq, ...found(message) },
        metadata: { stream: name, duration: nowMs() - begunMs },
      };
      return sendAnswer(reply, answer);
    },
  );
}
