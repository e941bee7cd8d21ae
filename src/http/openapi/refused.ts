import type { TSchema } from 'typebox';
import type { ErrorForm } from '../apis.ts';
import { ErrorResponse } from '../storage-api/answers.ts';
import { TriggerError } from '../trigger-api/schemas.ts';

/** How a refusal with a status is told of. */
interface RefusedResponse {
  readonly name: string;
  readonly description: string;
  readonly schema: TSchema;
  readonly example: unknown;
}

const schema = ErrorResponse;

const TRIGGER_EXAMPLES: ReadonlyMap<number, string> = new Map([
  [400, "Invalid request: Missing required field 'name' in trigger definition"],
  [401, 'Unauthorized: Invalid or missing authentication token'],
  [500, 'Internal server error: Unable to process request at this time'],
]);

const AS_CODE: ReadonlyMap<number, RefusedResponse> = new Map([
  [
    400,
    {
      name: 'BadRequestError',
      description: 'Bad Request',
      schema,
      example: { error: 'validation_error' },
    },
  ],
  [
    401,
    {
      name: 'UnauthorizedError',
      description: 'Unauthorized',
      schema,
      example: { error: 'unauthorized' },
    },
  ],
  [
    404,
    { name: 'NotFoundError', description: 'Not Found', schema, example: { error: 'not_found' } },
  ],
  [
    413,
    {
      name: 'TooLargeError',
      description: 'Too Large',
      schema,
      example: { error: 'body_too_large' },
    },
  ],
  [
    415,
    {
      name: 'UnsupportedError',
      description: 'Not JSON, or encoded',
      schema,
      example: { error: 'unsupported_media_type' },
    },
  ],
  [
    429,
    {
      name: 'TooManyRequestsError',
      description: 'A limit of the account',
      schema,
      example: { error: 'too_many_requests' },
    },
  ],
  [
    500,
    {
      name: 'InternalServerError',
      description: 'Internal Server Error',
      schema,
      example: { error: 'internal_error' },
    },
  ],
  [
    502,
    {
      name: 'BadGatewayError',
      description: 'A service has failed',
      schema,
      example: { error: 'bad_gateway' },
    },
  ],
  [
    503,
    {
      name: 'UnavailableError',
      description: 'Try again',
      schema,
      example: { error: 'overloaded' },
    },
  ],
  [
    504,
    {
      name: 'GatewayTimeoutError',
      description: 'A service did not answer in time',
      schema,
      example: { error: 'gateway_timeout' },
    },
  ],
  [
    508,
    {
      name: 'LoopDetectedError',
      description: 'Services ask each other in circles',
      schema,
      example: { error: 'loop_detected' },
    },
  ],
  [
    507,
    {
      name: 'StorageFullError',
      description: 'No space left',
      schema,
      example: { error: 'storage_full' },
    },
  ],
]);

export const READING = [400, 401, 404, 429, 500, 503] as const;
export const WRITING = [400, 401, 404, 413, 415, 429, 500, 503, 507] as const;

/** The trigger API's (contract page, "Error"). */
const AS_KIND: ReadonlyMap<number, RefusedResponse> = new Map(
  [...AS_CODE].map(([status, { name, description }]) => {
    const example = { error: TRIGGER_EXAMPLES.get(status) ?? description, status_code: status };
    return [status, { name: `Trigger${name}`, description, schema: TriggerError, example }];
  }),
);

/** How refusals are told of by their status, in the form in which an API has them. */
export const REFUSED: Readonly<Record<ErrorForm, ReadonlyMap<number, RefusedResponse>>> = {
  code: AS_CODE,
  kind: AS_KIND,
};
