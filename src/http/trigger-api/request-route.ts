import { Type } from 'typebox';
import type { DescribedRoute } from '../json/described-route.ts';
import { ServiceParams } from './service-schemas.ts';

/** `request.ts` serves it. */
export const REQUEST_ROUTE: DescribedRoute = {
  method: 'POST',
  url: '/trigger/request/:subject',
  params: ServiceParams,
  querystring: Type.Object({
    page: Type.Optional(
      Type.String({
        description: 'From the Link header of an answer in pages (response_type Chunked).',
      }),
    ),
  }),
  body: Type.Unknown(),
  operation: {
    operationId: 'requestService',
    summary: 'Ask what answers on a subject',
    description:
      'A trigger from service to service answers by its service, and a registered service by itself. ' +
      'Status, type and body of the answer are handed on.',
    tag: 'Services',
    isOfAnyType: true,
    isBodyOptional: true,
    answer: Type.Unknown(),
    refusals: [400, 401, 404, 413, 415, 429, 500, 502, 503, 504, 508],
  },
};
