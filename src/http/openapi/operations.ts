import type { HandWrittenPaths, JsonObject } from './document.ts';
import { GUARDED, UNREADABLE, refusals, text } from './durable-parts.ts';

// What operators and their programs ask a server.

const operation = (operationId: string, summary: string, responses: JsonObject): JsonObject => ({
  tags: ['Operations'],
  operationId,
  summary,
  responses: { ...UNREADABLE, ...responses },
});
const open = { security: [{}] };

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
  '/metrics': {
    get: operation('metrics', "The server's numbers, for Prometheus", {
      200: text('The numbers'),
      ...GUARDED,
      ...refusals({ 429: 'A limit of the account', 503: 'Try again' }),
    }),
  },
};
