import type { HandWrittenPaths, Json, JsonObject } from './document.ts';
import { BODY, inPath, told } from './durable-parts.ts';

// What gateway triggers serve: which paths and methods there are is for their accounts to say.

/** A service may answer whatever it likes, with any status. */
const content: JsonObject = {
  'application/json': { schema: { anyOf: [{ $ref: '#/components/schemas/GatewayError' }, {}] } },
  '*/*': { schema: {} },
};
const headers = told([], ['Retry-After', 'WWW-Authenticate', 'Allow']);

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is not as it has to be, or the stream does not take it',
  401: 'No credential, or none that is good here',
  404: 'Nothing is served at this path',
  405: 'Nothing is served at this path with this method',
  409: 'The durable stream takes nothing',
  413: 'The body is too large',
  415: 'The body is encoded',
  429: 'The limit of the gateway, or one of the account',
  500: 'What is stored is damaged',
  502: 'The service cannot be reached, or failed',
  503: 'Paused, nothing that takes the request, too much under way: try again',
  504: 'The service has not answered in time',
  507: 'No space',
  508: 'Services call each other in circles',
};

const refused = Object.entries(REFUSALS).map(([status, description]): [string, Json] => [
  status,
  { description, headers, content },
]);

const responses: JsonObject = {
  202: {
    description: 'The request is a record, on disk',
    content: {
      'application/json': {
        schema: { anyOf: [{ $ref: '#/components/schemas/GatewayStored' }, {}] },
      },
      '*/*': { schema: {} },
    },
  },
  ...Object.fromEntries(refused),
  default: { description: 'What the service answers', headers, content },
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

function operationOf(method: (typeof METHODS)[number]): JsonObject {
  return {
    tags: ['Gateway Triggers'],
    operationId: `${method}AtGateway`,
    summary: 'What a gateway trigger makes of a request',
    parameters: [inPath('path', 'Of a gateway trigger: any number of segments between slashes')],
    ...(method === 'get' ? {} : { requestBody: BODY }),
    responses,
  };
}

export const GATEWAY_OPERATIONS: HandWrittenPaths = {
  '/gateway/{path}': Object.fromEntries(METHODS.map((method) => [method, operationOf(method)])),
};

export const GATEWAY_SCHEMAS: JsonObject = {
  GatewayError: {
    type: 'object',
    required: ['error', 'status_code'],
    properties: { error: { type: 'string' }, status_code: { type: 'integer' } },
  },
  GatewayStored: {
    type: 'object',
    required: ['body', 'status_code'],
    properties: {
      body: {
        type: 'object',
        required: ['stream'],
        properties: {
          stream: { type: 'string', description: 'Its name, or $DS.<bucket>.<stream>' },
          seq: { type: 'integer', minimum: 1, description: 'In a managed stream' },
          offset: { type: 'string', description: 'In a durable stream' },
        },
      },
      status_code: { type: 'integer' },
    },
  },
};
