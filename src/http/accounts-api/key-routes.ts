import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import type { Accounts } from '../../accounts/accounts.ts';
import type { KeyReference } from '../../accounts/api-keys.ts';
import type { ApiKey } from '../../accounts/key-document.ts';
import { DEFAULT_SCOPE } from '../../accounts/scopes.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import { apiError, errorOfRefusal, validationError } from '../json/api-error.ts';
import { bodyOrNone, sendError, sendJson, type JsonApp } from '../json/json-app.ts';
import { READING, WRITING } from '../openapi/refused.ts';
import {
  CreatedKey,
  CreateKeyRequest,
  KeyList,
  RevokedKey,
  RevokeKeyQuery,
  RevokeKeyRequest,
} from './schemas.ts';

type DescribedKey = Static<typeof KeyList>['body']['results'][number];

/** Making, listing and revoking the API keys of the caller's account. */
export function keyRoutes(app: JsonApp, accounts: Accounts): void {
  app.post(
    '/accounts/api-key',
    {
      schema: { body: CreateKeyRequest },
      config: {
        operation: {
          operationId: 'createApiKey',
          summary: 'Create an API key',
          description:
            'Answers with the key, this once. Where no credentials are configured, the first key ' +
            'ends that: from then on every request needs one.',
          tag: 'Accounts',
          answer: CreatedKey,
          refusals: WRITING,
        },
      },
    },
    async ({ account, body }, reply) => {
      const { key_name: keyName, expires_on: expiresOn, scope } = body;
      const outcome = await accounts.createKey(account, { keyName, expiresOn, scope });
      switch (outcome.kind) {
        case 'created':
          return answer(reply, {
            message: 'success',
            key: outcome.key,
            ...describe(outcome.apiKey),
          });
        case 'invalid':
          return sendError(reply, validationError(outcome.field, outcome.reason));
        case 'too-many': {
          const message = `An account has at most ${outcome.keysMax} keys; revoke some.`;
          return sendError(reply, apiError(400, 'too_many_keys', message));
        }
        case 'refused':
          return refuse(reply, outcome.refusal);
      }
    },
  );

  app.get(
    '/accounts/api-keys',
    {
      config: {
        operation: {
          operationId: 'listApiKeys',
          summary: 'List the API keys',
          tag: 'Accounts',
          answer: KeyList,
          refusals: READING,
        },
      },
    },
    async ({ account }, reply) => {
      const outcome = await accounts.keys.list(account);
      if (outcome.kind === 'refused') return refuse(reply, outcome.refusal);
      const results = outcome.keys.map(describe);
      const list: Static<typeof KeyList> = { body: { results, results_total: results.length } };
      return answer(reply, list);
    },
  );

  app.delete(
    '/accounts/api-key',
    {
      schema: { querystring: RevokeKeyQuery, body: RevokeKeyRequest },
      preValidation: bodyOrNone,
      config: {
        operation: {
          operationId: 'revokeApiKey',
          summary: 'Revoke an API key',
          description: 'By its id or by itself, in the query or in the body.',
          tag: 'Accounts',
          answer: RevokedKey,
          isBodyOptional: true,
          refusals: WRITING,
        },
      },
    },
    async ({ account, query, body }, reply) => {
      const references = [...referencesIn(query), ...referencesIn(body)];
      const [reference, another] = references;
      if (reference === undefined || another !== undefined) {
        return sendError(reply, validationError('id', 'or key must be given, one of them, once'));
      }
      const outcome = await accounts.keys.revoke(account, reference);
      switch (outcome.kind) {
        case 'revoked':
          return answer(reply, { message: 'success', id: outcome.id });
        case 'not-found':
          return sendError(reply, apiError(404, 'not_found', 'The account has no such key.'));
        case 'refused':
          return refuse(reply, outcome.refusal);
      }
    },
  );
}

function referencesIn({ id, key }: Static<typeof RevokeKeyRequest>): KeyReference[] {
  const references: KeyReference[] = [];
  if (id !== undefined) references.push({ kind: 'id', id });
  if (key !== undefined) references.push({ kind: 'key', key });
  return references;
}

function describe({ id, name, lastFour, createdAtMs, expiresAtMs, scope }: ApiKey): DescribedKey {
  return {
    id,
    name,
    last_four: lastFour,
    created: new Date(createdAtMs).toISOString(),
    expires: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
    scope: scope ?? DEFAULT_SCOPE,
  };
}

function answer(reply: FastifyReply, body: unknown): FastifyReply {
  return sendJson(reply, 200, JSON.stringify(body));
}

function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return sendError(reply, errorOfRefusal(refusal));
}
