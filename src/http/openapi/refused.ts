import type { TSchema } from 'typebox';
import { ErrorResponse } from '../storage-api/answers.ts';

/** How an answer with this status is told of. */
interface RefusedResponse {
  readonly name: string;
  readonly description: string;
  readonly schema: TSchema;
  readonly example: string;
}

const schema = ErrorResponse;

/** Refusals of the storage API by their status. */
export const REFUSED: ReadonlyMap<number, RefusedResponse> = new Map([
  [
    400,
    { name: 'BadRequestError', description: 'Bad Request', schema, example: 'validation_error' },
  ],
  [
    401,
    { name: 'UnauthorizedError', description: 'Unauthorized', schema, example: 'unauthorized' },
  ],
  [404, { name: 'NotFoundError', description: 'Not Found', schema, example: 'not_found' }],
  [413, { name: 'TooLargeError', description: 'Too Large', schema, example: 'body_too_large' }],
  [
    415,
    {
      name: 'UnsupportedError',
      description: 'Not JSON, or encoded',
      schema,
      example: 'unsupported_media_type',
    },
  ],
  [
    429,
    {
      name: 'TooManyRequestsError',
      description: 'A limit of the account',
      schema,
      example: 'too_many_requests',
    },
  ],
  [
    500,
    {
      name: 'InternalServerError',
      description: 'Internal Server Error',
      schema,
      example: 'internal_error',
    },
  ],
  [503, { name: 'UnavailableError', description: 'Try again', schema, example: 'overloaded' }],
  [
    507,
    { name: 'StorageFullError', description: 'No space left', schema, example: 'storage_full' },
  ],
]);

export const READING = [400, 401, 404, 429, 500, 503] as const;
export const WRITING = [400, 401, 404, 413, 415, 429, 500, 503, 507] as const;
