import { must } from '../../lib/assert.ts';
import { errorFormAt, type ErrorForm } from '../apis.ts';
import type { DescribedRoute } from '../json/described-route.ts';
import { REFUSED } from './refused.ts';

/** A piece of an OpenAPI document: JSON. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Paths that are described by hand. */
export type HandWrittenPaths = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

const JSON_TYPE = 'application/json';
const ANY_TYPE = '*/*';

/** The OpenAPI document of all that the server serves. */
export function openApiDocument(
  routes: readonly DescribedRoute[],
  byHand: { readonly paths: HandWrittenPaths; readonly schemas: JsonObject },
): JsonObject {
  const components = new Components();
  const paths = new Map<string, Map<string, Json>>();
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    const operations = paths.get(path) ?? new Map<string, Json>();
    operations.set(route.method.toLowerCase(), operationOf(route, components));
    paths.set(path, operations);
  }
  const generated = [...paths].map(([path, operations]): [string, Json] => [
    path,
    Object.fromEntries(operations),
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      description:
        'Durable HTTP streams, managed streams with subjects and limits, and triggers that carry one to another.',
      version: '1.0.0',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // The last one: a server without credentials asks for none.
    security: [{ bearerAuth: [] }, { apiKeyAuth: [] }, {}],
    tags: [
      { name: 'Streams', description: 'Managed streams: the storage API' },
      { name: 'Accounts', description: 'Credentials of an account' },
      { name: 'Stream Triggers', description: 'What arrives here goes there, exactly once' },
      { name: 'Services', description: 'What answers on a subject' },
      {
        name: 'Gateway Triggers',
        description: 'HTTP endpoints that streams and services stand behind',
      },
      { name: 'Messages', description: 'Messages of managed streams' },
      { name: 'Durable streams', description: 'Append-only logs, and the buckets they are in' },
      { name: 'Operations', description: 'Health, metrics and documents' },
    ],
    paths: { ...Object.fromEntries(generated), ...byHand.paths },
    components: {
      parameters: components.parameters,
      schemas: { ...components.schemas, ...byHand.schemas },
      responses: components.responses,
      securitySchemes: {
        bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
  };
}

/** What operations share, by name; a schema with an id becomes one of them. */
class Components {
  readonly parameters: Record<string, Json> = {};
  readonly schemas: Record<string, Json> = {};
  readonly responses: Record<string, Json> = {};

  schema(value: unknown): Json {
    if (Array.isArray(value)) return value.map((each: unknown) => this.schema(each));
    if (typeof value !== 'object' || value === null) return asJson(value);
    const entries = Object.entries(value).filter(
      ([name]) => !name.startsWith('~') && name !== '$id',
    );
    const plain = Object.fromEntries(entries.map(([name, each]) => [name, this.schema(each)]));
    const id = '$id' in value ? value.$id : undefined;
    if (typeof id !== 'string') return plain;
    this.schemas[id] = plain;
    return { $ref: `#/components/schemas/${id}` };
  }

  parameter(name: string, parameter: Json): Json {
    this.parameters[name] = parameter;
    return { $ref: `#/components/parameters/${name}` };
  }

  response(name: string, response: Json): Json {
    this.responses[name] = response;
    return { $ref: `#/components/responses/${name}` };
  }
}

function asJson(value: unknown): Json {
  const isScalar = typeof value === 'string' || typeof value === 'number';
  if (isScalar || typeof value === 'boolean') return value;
  return null;
}

function operationOf(route: DescribedRoute, components: Components): JsonObject {
  const { operation, body } = route;
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.querystring, components),
    ...parametersOf('header', route.headers, components),
  ];
  return {
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    operationId: operation.operationId,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBodyOf(route, components) }),
    responses: responsesOf(route, components),
  };
}

function requestBodyOf({ operation, body }: DescribedRoute, components: Components): JsonObject {
  const { examples, isBodyOptional = false, isOfAnyType = false } = operation;
  const media = {
    schema: components.schema(body),
    ...(examples === undefined ? {} : { examples: components.schema(examples) }),
  };
  return { required: !isBodyOptional, content: { [isOfAnyType ? ANY_TYPE : JSON_TYPE]: media } };
}

function responsesOf({ url, operation }: DescribedRoute, components: Components): JsonObject {
  const { answer, answerExample, otherSuccess, successStatus = 200 } = operation;
  const media = {
    schema: components.schema(answer),
    ...(answerExample === undefined ? {} : { example: components.schema(answerExample) }),
  };
  const success: JsonObject = { description: 'Success', content: { [JSON_TYPE]: media } };
  const ok =
    answerExample === undefined ? success : components.response('SuccessResponse', success);
  const other = otherSuccess === undefined ? {} : { [otherSuccess]: ok };
  const successes: JsonObject =
    operation.isOfAnyType === true
      ? { default: { description: 'What the service answers', content: { [ANY_TYPE]: media } } }
      : { [successStatus]: ok, ...other };
  const refused = operation.refusals.map((status): [number, Json] => [
    status,
    refusalOf(status, errorFormAt(url), components),
  ]);
  return { ...successes, ...Object.fromEntries(refused) };
}

function refusalOf(status: number, form: ErrorForm, components: Components): Json {
  const refused = must(REFUSED[form].get(status), 'every status that is answered with is told of');
  const { name, description, schema, example } = refused;
  const media = { schema: components.schema(schema), example: components.schema(example) };
  return components.response(name, { description, content: { [JSON_TYPE]: media } });
}

function parametersOf(
  place: 'path' | 'query' | 'header',
  schema: unknown,
  components: Components,
): Json[] {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return [];
  const { properties } = schema;
  if (typeof properties !== 'object' || properties === null) return [];
  const required: unknown = 'required' in schema ? schema.required : undefined;
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  const entries: [string, unknown][] = Object.entries(properties);
  return entries.map(([name, each]) => {
    const { description = '', ...rest } = objectOf(components.schema(each));
    const isList = rest['type'] === 'array';
    const parameter = {
      name,
      in: place,
      description,
      required: isRequired(name),
      ...(isList ? { style: 'form', explode: false } : {}),
      schema: rest,
    };
    return place === 'path' && name === 'name'
      ? components.parameter('streamName', parameter)
      : parameter;
  });
}

export function objectOf(json: Json): JsonObject {
  return typeof json === 'object' && json !== null && !isArray(json) ? json : {};
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
