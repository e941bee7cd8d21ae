import type { FastifyReply } from 'fastify';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Changed } from '../../delivery/trigger-outcomes.ts';
import { isSubjectPattern, PATTERN_RULE } from '../../subjects/subject.ts';
import { invalid } from '../json/api-error.ts';
import { sendError, type JsonApp } from '../json/json-app.ts';
import { READING, WRITING } from '../openapi/refused.ts';
import { gatewayBody, send, triggerBody } from './answers.ts';
import { errorOfChanged, errorOfCreated, NO_TRIGGER } from './errors.ts';
import { TriggerKinds, type TriggerServices } from './trigger-kinds.ts';
import { GatewayTriggerRequest, GatewayTriggerResponse } from './gateway-schemas.ts';
import {
  StatusOnly,
  StreamTriggerRequest,
  StreamTriggerResponse,
  TargetHeaders,
  TriggerList,
  TriggerParams,
  TriggerQuery,
  TriggerResponse,
} from './schemas.ts';
import { consentIn } from './target-consent.ts';

const tag = 'Stream Triggers';

/** Making, listing, seeing and deleting triggers. */
export function triggerRoutes(app: JsonApp, services: TriggerServices, accounts: Accounts): void {
  creating(app, services, accounts);
  const kinds = new TriggerKinds(services);
  listing(app, kinds);
  changing(app, kinds);
}

/** Contract page, "Create a stream trigger". */
function creating(app: JsonApp, { triggers, gateways }: TriggerServices, accounts: Accounts): void {
  app.post(
    '/trigger/stream',
    {
      schema: { headers: TargetHeaders },
      config: {
        operation: {
          operationId: 'createStreamTrigger',
          summary: 'Create a stream trigger',
          description:
            'Carries what arrives at the source to the target, in order and exactly once. It is active when the answer is sent. A source or target that is not there yet is waited for.',
          tag,
          body: StreamTriggerRequest,
          answer: StreamTriggerResponse,
          successStatus: 201,
          refusals: WRITING,
        },
      },
    },
    async ({ account, body, raw }, reply) => {
      const shows = consentIn(raw.headers, accounts);
      const created = await triggers.create(account, body, shows);
      if (created.kind !== 'created') return sendError(reply, errorOfCreated(created));
      return send(reply, 201, { body: triggerBody(created.definition.trigger) });
    },
  );

  app.post(
    '/trigger/gateway',
    {
      config: {
        operation: {
          operationId: 'createGatewayTrigger',
          summary: 'Create a gateway trigger',
          description:
            'Makes an endpoint below /gateway, whose requests become records, or are answered by a service. It is served when the answer is sent.',
          tag: 'Gateway Triggers',
          body: GatewayTriggerRequest,
          answer: GatewayTriggerResponse,
          successStatus: 201,
          refusals: WRITING,
        },
      },
    },
    async ({ account, body }, reply) => {
      const created = await gateways.create(account, body);
      if (created.kind !== 'created') return sendError(reply, errorOfCreated(created));
      return send(reply, 201, { body: gatewayBody(created.definition) });
    },
  );
}

function listing(app: JsonApp, kinds: TriggerKinds): void {
  app.get(
    '/trigger/triggers',
    {
      schema: { querystring: TriggerQuery },
      config: {
        operation: {
          operationId: 'listTriggers',
          summary: 'List triggers',
          description: 'Of both types, by their configuration and without a status.',
          tag,
          answer: TriggerList,
          refusals: READING,
        },
      },
    },
    ({ account, query }, reply) => {
      const { subject_pattern: subject } = query;
      if (!isSubjectPattern(subject)) return sendError(reply, NO_PATTERN);
      const results = kinds.list(account, subject);
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
          description:
            'The status of a stream trigger says its state, why it stands still and what to do about it, and how far it has come.',
          tag,
          answer: TriggerResponse,
          refusals: READING,
        },
      },
    },
    async ({ account, params }, reply) => {
      const named = kinds.named(params);
      const body = await named?.kind.see(account, named.name);
      return body === undefined ? sendError(reply, NO_TRIGGER) : send(reply, 200, { body });
    },
  );
}

function changing(app: JsonApp, kinds: TriggerKinds): void {
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
        },
      },
    },
    async ({ account, params }, reply) => {
      const named = kinds.named(params);
      return sendChanged(reply, await named?.kind.remove(account, named.name));
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
            description: DESCRIPTIONS[verb],
            tag,
            answer: StatusOnly,
            refusals: WRITING,
          },
        },
      },
      async ({ account, params }, reply) => {
        const named = kinds.named(params);
        return sendChanged(reply, await named?.kind[verb](account, named.name));
      },
    );
  }
}

const DESCRIPTIONS = {
  pause:
    'Nothing is delivered any more when it is answered. Of one that is paused nothing changes.',
  resume:
    'It is tried at once, also after it has failed. Of one that is not paused nothing changes.',
};

const NO_PATTERN = invalid(`subject_pattern ${PATTERN_RULE}`);

function sendChanged(reply: FastifyReply, changed: Changed | undefined): FastifyReply {
  if (changed === undefined) return sendError(reply, NO_TRIGGER);
  return changed.kind === 'done' ? send(reply, 200, {}) : sendError(reply, errorOfChanged(changed));
}
