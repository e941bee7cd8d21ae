import type { HandWrittenPaths, JsonObject } from './document.ts';
import { JWKS_PATHS } from '../jwks-routes.ts';
import { GUARDED, UNREADABLE, refusals, text, told } from './durable-parts.ts';

// What operators and their programs ask a server.

const operation = (operationId: string, summary: string, responses: JsonObject): JsonObject => ({
  tags: ['Operations'],
  operationId,
  summary,
  responses: { ...UNREADABLE, ...responses },
});
const open = { security: [{}] };

const keySet = (index: number): JsonObject => ({
  ...operation(
    index === 0 ? 'signingKeys' : 'signingKeysAlias',
    'The keys that calls of services are signed with',
    {
      200: {
        description: 'A set of public keys (RFC 7517)',
        headers: told(['Cache-Control']),
        content: { 'application/jwk-set+json': { schema: { type: 'object' } } },
      },
    },
  ),
  ...open,
});

export const OPERATIONS_PATHS: HandWrittenPaths = {
  '/-/healthy': {
    get: {
      ...operation('healthy', 'Whether storing works', {
        200: text('It does'),
        503: text('It has failed'),
      }),
      ...open,
    },
  },
  '/-/ready': {
    get: {
      ...operation('ready', 'Whether requests should be sent here', {
        200: text('They should'),
        503: text('They should not'),
      }),
      ...open,
    },
  },
  ...Object.fromEntries(JWKS_PATHS.map((path, index) => [path, { get: keySet(index) }])),
  '/metrics': {
    get: operation('metrics', "The server's numbers, for Prometheus", {
      200: text('The numbers'),
      ...GUARDED,
      ...refusals({ 429: 'A limit of the account', 503: 'Try again' }),
    }),
  },
};
