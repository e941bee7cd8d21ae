import type { FastifyReply } from 'fastify';
import type { Granted, GrantService } from '../../delivery/grant-service.ts';
import type { GivenGrant } from '../../triggers/given-grant.ts';
import type { Export, GrantSide } from '../../triggers/grant.ts';
import { present } from '../../triggers/present.ts';
import { apiError, validationError, type ApiError } from '../json/api-error.ts';
import { bodyOrNone, sendError, sendJson, type JsonApp } from '../json/json-app.ts';
import { READING, WRITING } from '../openapi/refused.ts';
import { ADVERTISED_PATH } from '../resource.ts';
import { toApiError } from '../storage-api/refusal.ts';
import { advertisedBody, grantBody } from './grant-answers.ts';
import {
  AdvertisedList,
  AdvertisedQuery,
  CreatedExport,
  CreatedImport,
  CreateExportRequest,
  CreateImportRequest,
  ExportList,
  ImportList,
  RemovedGrant,
  RemoveGrantQuery,
  RemoveGrantRequest,
} from './grant-schemas.ts';

const tag = 'Accounts';

/** Making, listing and removing what the caller's account lets out and in. */
export function grantRoutes(app: JsonApp, grants: GrantService): void {
  app.post(
    '/accounts/export',
    {
      schema: { body: CreateExportRequest },
      config: {
        operation: {
          operationId: 'createExport',
          summary: 'Let records out of the account',
          description: 'Each trigger makes an export of its own; this one stands by itself.',
          tag,
          answer: CreatedExport,
          successStatus: 201,
          refusals: WRITING,
        },
      },
    },
    async ({ account, body }, reply) => {
      const { subject, type = 'stream', accounts, ...details } = body;
      const terms = { side: 'export', subject, type, accounts } as const;
      return await create(reply, account, { ...terms, details: present(details) });
    },
  );

  app.post(
    '/accounts/import',
    {
      schema: { body: CreateImportRequest },
      config: {
        operation: {
          operationId: 'createImport',
          summary: 'Let records of an account in',
          description: "That account's triggers may deliver on the subject from then on.",
          tag,
          answer: CreatedImport,
          successStatus: 201,
          refusals: WRITING,
        },
      },
    },
    async ({ account, body }, reply) => {
      const { subject, type = 'stream', account: from, ...details } = body;
      const terms = { side: 'import', subject, type, from } as const;
      return await create(reply, account, { ...terms, details: present(details) });
    },
  );

  async function create(
    reply: FastifyReply,
    account: string,
    given: GivenGrant,
  ): Promise<FastifyReply> {
    const granted = await grants.grant(account, given);
    if (granted.kind !== 'granted') return sendError(reply, errorOfGranted(granted));
    return answer(reply, { message: 'success', ...grantBody(granted.grant) }, 201);
  }

  for (const side of ['export', 'import'] as const) {
    app.get(
      `/accounts/${side}`,
      {
        config: {
          operation: {
            operationId: side === 'export' ? 'listExports' : 'listImports',
            summary: `List the ${side}s`,
            tag,
            answer: side === 'export' ? ExportList : ImportList,
            refusals: READING,
          },
        },
      },
      ({ account }, reply) => answerList(reply, grants.list(account, side).map(grantBody)),
    );

    app.delete(
      `/accounts/${side}`,
      {
        schema: { querystring: RemoveGrantQuery, body: RemoveGrantRequest },
        preValidation: bodyOrNone,
        config: {
          operation: {
            operationId: side === 'export' ? 'removeExport' : 'removeImport',
            summary: `Remove an ${side}`,
            description: 'By its id, in the query or in the body. What flows by it has ended then.',
            tag,
            answer: RemovedGrant,
            isBodyOptional: true,
            refusals: WRITING,
          },
        },
      },
      async ({ account, query, body }, reply) => {
        const [id, another] = [query.id, body.id].filter((each) => each !== undefined);
        if (id === undefined || another !== undefined) {
          return sendError(reply, validationError('id', 'must be given, once'));
        }
        const removed = await grants.remove({ account, side, id });
        switch (removed.kind) {
          case 'done':
            return answer(reply, { message: 'success', id });
          case 'absent':
            return sendError(reply, absent(side));
          case 'refused':
            return sendError(reply, toApiError(removed.refusal));
        }
      },
    );
  }

  app.get(
    ADVERTISED_PATH,
    {
      schema: { querystring: AdvertisedQuery },
      config: {
        operation: {
          operationId: 'listAdvertised',
          summary: 'Discover what accounts advertise',
          description: 'Exports of all accounts that say so, by account and subject.',
          tag,
          answer: AdvertisedList,
          refusals: READING,
        },
      },
    },
    ({ account, query }, reply) => {
      const { account: of, limit = 100, skip = 0 } = query;
      const all = grants
        .advertisedTo(account)
        .filter((each) => of === undefined || each.account === of)
        .sort(byPlace);
      const page = all.slice(skip, skip + limit).map(advertisedBody);
      return answerList(reply, page, all.length);
    },
  );
}

function byPlace(one: Export, other: Export): number {
  return (
    inOrder(one.account, other.account) ||
    inOrder(one.subject, other.subject) ||
    inOrder(one.id, other.id)
  );
}

function inOrder(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function errorOfGranted(granted: Exclude<Granted, { kind: 'granted' }>): ApiError {
  switch (granted.kind) {
    case 'unfit':
      return validationError(granted.complaint.field, granted.complaint.reason);
    case 'too-many': {
      const message = `An account has at most ${granted.grantsMax} of them besides those of triggers; remove some.`;
      return apiError(400, 'too_many_grants', message);
    }
    case 'refused':
      return toApiError(granted.refusal);
  }
}

function absent(side: GrantSide): ApiError {
  return apiError(404, 'not_found', `The account has no such ${side}.`);
}

function answerList(
  reply: FastifyReply,
  results: readonly object[],
  total = results.length,
): FastifyReply {
  return answer(reply, { body: { results, results_total: total } });
}

function answer(reply: FastifyReply, body: unknown, status = 200): FastifyReply {
  return sendJson(reply, status, JSON.stringify(body));
}
