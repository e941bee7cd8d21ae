import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  fastify,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyTypeProvider,
  type RawServerDefault,
} from 'fastify';
import { IsSchema, type Static, type TSchema } from 'typebox';
import type { Scopes } from '../../accounts/scopes.ts';
import { errorBodyAt, validationError, type ApiError } from './api-error.ts';
import type { Operation } from './described-route.ts';
import { bodyValidator, textValidator } from './validation.ts';

/** Types what handlers get by the schemas of their route. */
interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: unknown;
}

export type JsonApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation;
  }
  interface FastifyRequest {
    /** Whose streams are meant; known to every handler. */
    account: string;
    /** What the caller may do, where more than the route itself is meant. */
    scopes: Scopes;
  }
}

/** Thrown where the framework lets nothing else through. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly error: ApiError;

  constructor(error: ApiError) {
    super(error.message);
    this.error = error;
  }
}

// Paths are bounded by the size of a request's head.
const PARAM_LENGTH_MAX = 1 << 20;

/** The framework with everything set that makes it answer as the rest of the server does. */
export function createJsonApp(): JsonApp {
  const app = fastify({
    logger: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX, querystringParser: readQuery },
  }).withTypeProvider<SchemaTypes>();
  app.setValidatorCompiler(({ schema, httpPart }) => {
    if (!IsSchema(schema)) throw new Error('invariant broken: a route has a schema of its own');
    const validate = httpPart === 'body' ? bodyValidator(schema) : textValidator(schema);
    return (value: unknown) => {
      const validated = validate(value);
      if (validated.ok) return { value: validated.value };
      const { field, reason } = validated.complaint;
      return { error: new RequestRefused(validationError(field, reason)) };
    };
  });
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.decorateRequest('account', '');
  app.decorateRequest('scopes');
  return app;
}

/** A request without a body asks for no more than one with an empty object. */
export function bodyOrNone(request: FastifyRequest, _reply: unknown, done: () => void): void {
  // A body that says null is another thing than none.
  if (request.body === undefined) request.body = {};
  done();
}

/** A value that is repeated or wrongly encoded is none that a schema takes. */
function readQuery(query: string): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (name === null) continue;
    const value = decode(equals < 0 ? '' : part.slice(equals + 1));
    values.set(name, values.has(name) ? null : value);
  }
  return Object.fromEntries(values);
}

function decode(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  for (let index = 0; index + 1 < error.headers.length; index += 2) {
    reply.header(error.headers[index] ?? '', error.headers[index + 1] ?? '');
  }
  return sendJson(reply, error.status, errorBodyAt(reply.request.url, error));
}

/** Sends a text that is JSON. */
export function sendJson(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('Content-Type', 'application/json').serializer(same).send(text);
}

function same(text: unknown): string {
  return String(text);
}
