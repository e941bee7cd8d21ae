import { unreachable } from '../../lib/assert.ts';
import {
  isServiceSubject,
  SERVICE_SUBJECT_RULE,
  type Registered,
  type ServiceRegistry,
  type ServiceView,
  type Unregistered,
} from '../../delivery/service-registry.ts';
import { masked } from '../../services/registration.ts';
import { apiError, invalid, type ApiError } from '../json/api-error.ts';
import { sendError, type JsonApp } from '../json/json-app.ts';
import { READING, WRITING } from '../openapi/refused.ts';
import { toApiError } from '../storage-api/refusal.ts';
import { send } from './answers.ts';
import { errorOfMisfit } from './errors.ts';
import { StatusOnly } from './schemas.ts';
import { ServiceList, ServiceParams, ServiceRequest, ServiceResponse } from './service-schemas.ts';

const tag = 'Services';

/** Registering, listing, seeing and removing what answers on subjects. */
export function serviceRoutes(app: JsonApp, services: ServiceRegistry): void {
  app.put(
    '/trigger/services/:subject',
    {
      schema: { params: ServiceParams },
      config: {
        operation: {
          operationId: 'putService',
          summary: 'Register an HTTP endpoint on a subject',
          description: 'It takes the place of the one that was registered there.',
          tag,
          body: ServiceRequest,
          answer: ServiceResponse,
          otherSuccess: 201,
          refusals: WRITING,
        },
      },
    },
    async ({ account, params: { subject }, body }, reply) => {
      if (!isServiceSubject(subject)) return sendError(reply, NO_SUBJECT);
      const registered = await services.put(account, subject, body);
      if (registered.kind !== 'registered') return sendError(reply, errorOf(registered));
      return send(reply, registered.isNew ? 201 : 200, { body: bodyOf(registered.view) });
    },
  );

  app.get(
    '/trigger/services',
    {
      config: {
        operation: {
          operationId: 'listServices',
          summary: 'List services',
          description: 'The values of their headers are not shown.',
          tag,
          answer: ServiceList,
          refusals: READING,
        },
      },
    },
    ({ account }, reply) => {
      const results = services.list(account).map(bodyOf);
      return send(reply, 200, { body: { results, results_total: results.length } });
    },
  );

  app.get(
    '/trigger/services/:subject',
    {
      schema: { params: ServiceParams },
      config: {
        operation: {
          operationId: 'getService',
          summary: 'See what answers on a subject',
          description: 'The values of its headers are not shown.',
          tag,
          answer: ServiceResponse,
          refusals: READING,
        },
      },
    },
    ({ account, params: { subject } }, reply) => {
      const view = services.get(account, subject);
      if (view === undefined) return sendError(reply, NO_SERVICE);
      return send(reply, 200, { body: bodyOf(view) });
    },
  );

  app.delete(
    '/trigger/services/:subject',
    {
      schema: { params: ServiceParams },
      config: {
        operation: {
          operationId: 'deleteService',
          summary: 'Remove the service of a subject',
          description: 'Triggers that need it wait from then on.',
          tag,
          answer: StatusOnly,
          refusals: WRITING,
        },
      },
    },
    async ({ account, params: { subject } }, reply) => {
      if (!isServiceSubject(subject)) return sendError(reply, NO_SERVICE);
      const removed = await services.remove(account, subject);
      return removed.kind === 'done' ? send(reply, 200, {}) : sendError(reply, errorOf(removed));
    },
  );
}

/** A service as it is shown: the values of its headers are not. */
function bodyOf(view: ServiceView): object {
  const { subject, kind: type } = view;
  if (view.kind === 'handler') return { subject, type };
  const { url, timeoutMs, headers } = view.registration;
  return {
    subject,
    type,
    url,
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
    headers: masked(headers),
  };
}

type Failed = Exclude<Registered, { kind: 'registered' }> | Exclude<Unregistered, { kind: 'done' }>;

function errorOf(failed: Failed): ApiError {
  switch (failed.kind) {
    case 'unfit':
      return errorOfMisfit(failed.misfit, 'service');
    case 'handler':
      return invalid('A handler of this process answers on this subject, which no request changes');
    case 'too-many':
      return invalid(`An account has at most ${failed.servicesMax} services; delete some`);
    case 'absent':
      return NO_SERVICE;
    case 'refused':
      return toApiError(failed.refusal);
    default:
      return unreachable(failed);
  }
}

const NO_SERVICE = apiError(404, 'not_found', 'There is no service on this subject');
const NO_SUBJECT = invalid(`The subject ${SERVICE_SUBJECT_RULE}`);
