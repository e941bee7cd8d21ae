import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyRequest, FastifySchema } from 'fastify';
import { IsSchema, type TSchema } from 'typebox';
import { must } from '../../lib/assert.ts';
import { apiAt, APIS, type Asked } from '../apis.ts';
import type { JudgeCaller } from '../caller.ts';
import type { NodeExchange } from '../node-exchange.ts';
import { answerOtherMethod } from '../other-method.ts';
import { apiError } from './api-error.ts';
import type { DescribedRoute } from './described-route.ts';
import { createJsonApp, RequestRefused, sendError, type JsonApp } from './json-app.ts';
import { judgeMediaType, NO_JSON, parseJsonBody } from './json-body.ts';
import { RouteTable } from './route-table.ts';

export interface JsonLimits {
  readonly bodyBytesMax: number;
  readonly jsonDepthMax: number;
}

export interface JsonApisParts {
  readonly limits: JsonLimits;
  readonly judgeCaller: JudgeCaller;
  readonly onFailure: (error: unknown, exchange: NodeExchange) => void;
  /** Adds the routes that need credentials. */
  readonly routes: (app: JsonApp) => void;
  /** Adds those that everybody may read; it is told all that the others describe. */
  readonly openRoutes: (app: JsonApp, described: readonly DescribedRoute[]) => void;
  /** What is described like a route of these and served elsewhere. */
  readonly servedElsewhere: readonly DescribedRoute[];
}

/**
 * The JSON APIs, behind the one listener. What holds for every request (framing, methods, encodings,
 * bounds) is judged before the framework sees it, so that it is judged alike everywhere.
 */
export class JsonApis {
  readonly #app: JsonApp;
  readonly #parts: JsonApisParts;
  readonly #table = new RouteTable();
  readonly #described: DescribedRoute[] = [];
  readonly #exchanges = new WeakMap<IncomingMessage, NodeExchange>();

  constructor(parts: JsonApisParts) {
    this.#parts = parts;
    this.#app = createJsonApp();
    this.#collectRoutes();
    this.#takeBodies();
    this.#answerErrors();
    for (const route of parts.servedElsewhere) {
      this.#table.add(route.method, route.url);
      this.#described.push(route);
    }
    this.#app.register((app, _options, done) => {
      this.#judgeCallers(app);
      parts.routes(app);
      done();
    });
    this.#app.register((app, _options, done) => {
      parts.openRoutes(app, this.#described);
      done();
    });
  }

  /** No request may come before this. */
  async ready(): Promise<void> {
    await this.#app.ready();
  }

  /** For a request whose head has been judged. */
  handle(exchange: NodeExchange): void {
    const { method, path, headers } = exchange;
    if (!isWellEncoded(path)) {
      const reason = 'must be ASCII, other characters percent-encoded';
      exchange.refuse({ code: 'invalid-path', reason });
      return;
    }
    const methods = this.#table.methods(path);
    if (methods.length === 0) exchange.refuse({ code: 'not-found' });
    else if (!methods.includes(method)) answerOtherMethod(exchange, methods);
    else {
      const encoding = headers.contentEncoding;
      if (hasBody(method) && encoding !== undefined && encoding.toLowerCase() !== 'identity') {
        exchange.refuse({ code: 'content-encoding-unsupported', encoding });
      } else this.#route(exchange);
    }
  }

  #route(exchange: NodeExchange): void {
    const { request, response } = exchange;
    this.#exchanges.set(request, exchange);
    exchange.prepare();
    response.setHeader('Cache-Control', 'no-store');
    this.#app.routing(request, response);
  }

  #exchangeOf(request: IncomingMessage): NodeExchange {
    return must(this.#exchanges.get(request), 'a request is routed with its exchange');
  }

  #collectRoutes(): void {
    this.#app.addHook('onRoute', ({ method, url, schema, config }) => {
      for (const each of [method].flat()) {
        this.#table.add(each, url);
        const operation = config?.operation;
        if (operation === undefined || each === 'HEAD') continue;
        const schemas = schemasOf(schema);
        const body = operation.body ?? schemas.body;
        this.#described.push({ method: each, url, operation, ...schemas, body });
      }
    });
  }

  #takeBodies(): void {
    const { limits } = this.#parts;
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', async (_request: unknown, payload: IncomingMessage) => {
      const exchange = this.#exchangeOf(payload);
      const body = await exchange.body(limits.bodyBytesMax);
      if (body === undefined) throw new AnsweredAlready();
      if (body.length === 0) return undefined;
      const strange = judgeMediaType(exchange.headers.contentType);
      if (strange !== undefined) throw new RequestRefused(strange);
      const parsed = parseJsonBody(body, limits.jsonDepthMax);
      if (!parsed.ok) throw new RequestRefused(parsed.error);
      return parsed.value;
    });
  }

  #judgeCallers(app: JsonApp): void {
    app.addHook('onRequest', async (request, reply) => {
      const exchange = this.#exchangeOf(request.raw);
      const { action, resource } = askedBy(request);
      const judged = await this.#parts.judgeCaller(exchange, action, resource);
      if (judged.kind === 'refused') {
        exchange.discardBody();
        return sendError(reply, judged.error);
      }
      request.account = judged.caller.account;
      request.scopes = judged.caller.scopes;
    });
  }

  #answerErrors(): void {
    this.#app.setNotFoundHandler((request, reply) => {
      this.#exchangeOf(request.raw).refuse({ code: 'not-found' });
      reply.hijack();
    });
    this.#app.setErrorHandler<FastifyError>((error, request, reply) => {
      if (error instanceof AnsweredAlready) {
        reply.hijack();
        return;
      }
      const exchange = this.#exchangeOf(request.raw);
      exchange.discardBody();
      if (error instanceof RequestRefused) return sendError(reply, error.error);
      if (error.statusCode === 415) {
        return sendError(reply, NO_JSON);
      }
      this.#parts.onFailure(error, exchange);
      return sendError(reply, apiError(500, 'internal_error', 'The request failed here.'));
    });
  }
}

function askedBy({ method, params, routeOptions }: FastifyRequest): Asked {
  const { url: route = '' } = routeOptions;
  const api = must(apiAt(route), 'a route that needs credentials is of an API');
  const asked = must(APIS[api].asked, 'and says what it asks for');
  const isRead = method === 'GET' || method === 'HEAD';
  const values = new Map<string, unknown>(Object.entries(params ?? {}));
  const named = (...parameters: readonly string[]): string =>
    parameters.map((parameter) => values.get(parameter)).find(isText) ?? '';
  return asked({ isRead, route, named });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** The body was refused where it was read. */
class AnsweredAlready extends Error {}

function schemasOf(
  schema: FastifySchema | undefined,
): Omit<DescribedRoute, 'method' | 'url' | 'operation'> {
  return {
    params: known(schema?.params),
    querystring: known(schema?.querystring),
    headers: known(schema?.headers),
    body: known(schema?.body),
  };
}

function known(schema: unknown): TSchema | undefined {
  return IsSchema(schema) ? schema : undefined;
}

function isWellEncoded(path: string): boolean {
  if (!/^[\x21-\x7e]*$/.test(path)) return false;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function hasBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
