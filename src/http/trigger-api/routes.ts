import type { FastifyReply } from 'fastify';
import type { Changed, TriggerService } from '../../delivery/trigger-service.ts';
import { isSubjectPattern } from '../../subjects/subject.ts';
import { isTriggerName, type TriggerName } from '../../triggers/trigger.ts';
import { apiError } from '../json/api-error.ts';
import { sendError, sendJson, type JsonApp } from '../json/json-app.ts';
import { READING, TRIGGER_REFUSED, WRITING } from '../openapi/refused.ts';
import { statusBody, triggerBody } from './answers.ts';
import { errorOfChanged, errorOfCreated, NO_TRIGGER } from './errors.ts';
import {
  StatusOnly,
  StreamTriggerRequest,
  StreamTriggerResponse,
  TriggerList,
  TriggerParams,
  TriggerQuery,
  TriggerResponse,
} from './schemas.ts';

const tag = 'Stream Triggers';
const refusedAs = TRIGGER_REFUSED;

/** Making, listing, seeing and deleting triggers (contract page, "Create a stream trigger"). */
export function triggerRoutes(app: JsonApp, triggers: TriggerService): void {
  app.post(
    '/trigger/stream',
    {
      config: {
        operation: {
          operationId: 'createStreamTrigger',
          summary: 'Create a stream trigger',
          description: 'It is active when the answer is sent.',
          tag,
          body: StreamTriggerRequest,
          answer: StreamTriggerResponse,
          successStatus: 201,
          refusals: WRITING,
          refusedAs,
        },
      },
    },
    async ({ account, body }, reply) => {
      const created = await triggers.create(account, body);
      if (created.kind !== 'created') return sendError(reply, errorOfCreated(created));
      return send(reply, 201, { body: triggerBody(created.definition.trigger) });
    },
  );

  app.get(
    '/trigger/triggers',
    {
      schema: { querystring: TriggerQuery },
      config: {
        operation: {
          operationId: 'listTriggers',
          summary: 'List triggers',
          tag,
          answer: TriggerList,
          refusals: READING,
          refusedAs,
        },
      },
    },
    ({ account, query }, reply) => {
      const { subject_pattern: subject } = query;
      if (!isSubjectPattern(subject)) return sendError(reply, NO_PATTERN);
      const results = triggers.list(account, subject).map(({ trigger }) => triggerBody(trigger));
      const body = { results, results_total: results.length };
      return send(reply, 200, { body, metadata: { subject } });
    },
  );

  app.get(
    '/trigger/triggers/:trigger_type/:topic',
    {
      schema: { params: TriggerParams },
      config: {
        operation: {
          operationId: 'getTrigger',
          summary: 'See a trigger and what it does',
          tag,
          answer: TriggerResponse,
          refusals: READING,
          refusedAs,
        },
      },
    },
    async ({ account, params }, reply) => {
      const name = nameIn(params);
      const view = name === undefined ? undefined : await triggers.get(account, name);
      if (view === undefined) return sendError(reply, NO_TRIGGER);
      const body = { ...triggerBody(view.definition.trigger), status: statusBody(view) };
      return send(reply, 200, { body });
    },
  );

  app.delete(
    '/trigger/triggers/:trigger_type/:topic',
    {
      schema: { params: TriggerParams },
      config: {
        operation: {
          operationId: 'deleteTrigger',
          summary: 'Delete a trigger',
          description: 'It is final and at once. The history of its configuration stays.',
          tag,
          answer: StatusOnly,
          refusals: WRITING,
          refusedAs,
        },
      },
    },
    async ({ account, params }, reply) => {
      const name = nameIn(params);
      return sendChanged(reply, name && (await triggers.remove(account, name)));
    },
  );

  for (const verb of ['pause', 'resume'] as const) {
    app.post(
      `/trigger/triggers/:trigger_type/:topic/${verb}`,
      {
        schema: { params: TriggerParams },
        config: {
          operation: {
            operationId: `${verb}Trigger`,
            summary: verb === 'pause' ? 'Pause a trigger' : 'Let a trigger go on where it was',
            tag,
            answer: StatusOnly,
            refusals: WRITING,
            refusedAs,
          },
        },
      },
      async ({ account, params }, reply) => {
        const name = nameIn(params);
        return sendChanged(reply, name && (await triggers[verb](account, name)));
      },
    );
  }
}

const NO_PATTERN = apiError(
  400,
  'validation_error',
  'subject_pattern must be a subject, in which * and > may stand for tokens',
);

/** Undefined for what no trigger is named. */
function nameIn(params: { trigger_type: string; topic: string }): TriggerName | undefined {
  const { trigger_type: type, topic } = params;
  return type === 'stream' && isTriggerName(topic) ? topic : undefined;
}

function sendChanged(reply: FastifyReply, changed: Changed | undefined): FastifyReply {
  if (changed === undefined) return sendError(reply, NO_TRIGGER);
  return changed.kind === 'done' ? send(reply, 200, {}) : sendError(reply, errorOfChanged(changed));
}

function send(reply: FastifyReply, status: number, body: object): FastifyReply {
  return sendJson(reply, status, JSON.stringify({ ...body, status_code: status }));
}
