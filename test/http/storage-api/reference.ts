// What the contract of `PUT /storage/streams/{name}` says of it, held against what the server says.

export const REFERENCE = {
  path: '/storage/streams/{name}',
  operationId: 'createOrUpdateStream',
  tag: 'Streams',
  summary: 'Create or update a stream',
  parameter: { name: 'name', in: 'path', required: true, type: 'string' },
  body: {
    required: true,
    mediaType: 'application/json',
    component: 'UpdateStreamRequest',
    type: 'object',
    required_properties: [],
    properties: {
      description: { type: 'string', description: 'Updated description of the stream' },
      max_msgs: {
        type: 'integer',
        description: 'Updated maximum number of messages',
        minimum: 1,
      },
      max_bytes: { type: 'integer', description: 'Updated maximum size in bytes', minimum: 1 },
      max_msg_size: {
        type: 'integer',
        description: 'Updated maximum message size in bytes',
        minimum: 1,
      },
    },
  },
  examples: {
    update_description: {
      summary: 'Update stream description',
      value: { description: 'Updated description for the user events stream' },
    },
    update_limits: {
      summary: 'Update stream limits',
      value: { max_msgs: 2000000, max_bytes: 209715200, max_msg_size: 131072 },
    },
    full_update: {
      summary: 'Full stream configuration update',
      value: {
        description: 'High-capacity event stream',
        max_msgs: 10000000,
        max_bytes: 1073741824,
        max_msg_size: 262144,
      },
    },
  },
  responses: {
    '200': {
      component: 'SuccessResponse',
      schema: 'SuccessMessage',
      example: { message: 'success' },
    },
    '400': {
      component: 'BadRequestError',
      schema: 'ErrorResponse',
      example: { error: 'validation_error' },
    },
    '401': {
      component: 'UnauthorizedError',
      schema: 'ErrorResponse',
      example: { error: 'unauthorized' },
    },
    '404': {
      component: 'NotFoundError',
      schema: 'ErrorResponse',
      example: { error: 'not_found' },
    },
    '500': {
      component: 'InternalServerError',
      schema: 'ErrorResponse',
      example: { error: 'internal_error' },
    },
  },
  schemas: {
    SuccessMessage: { required: [], properties: { message: 'string' } },
    ErrorResponse: { required: ['error'], properties: { error: 'string' } },
  },
  security: ['bearerAuth', 'apiKeyAuth'],
  securitySchemes: {
    bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    apiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
  },
} as const;
