import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { DURABLE_PATHS, DURABLE_SCHEMAS } from '../../../src/http/openapi/durable-streams.ts';
import { at, entriesOf, inPointer } from '../members.ts';

// Every answer that a client of these tests gets from durable streams, buckets and operations is
// held against what `/openapi.json` says of them. It is shown elsewhere that the document says this.

export interface GivenAnswer {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Undefined: it is still to come. */
  readonly body: Buffer | undefined;
}

/** The server has given an answer that its document does not know. */
export class UndescribedAnswer extends Error {
  override name = 'UndescribedAnswer';

  constructor({ method, target, status, body }: GivenAnswer, what: string) {
    super(`${method} ${target} ${status}: ${what}; ${body?.toString().slice(0, 500) ?? ''}`);
  }
}

/** Throws unless the document has this answer. What is described elsewhere is passed over. */
export function mustBeDescribed(answer: GivenAnswer): void {
  const fault = faultOf(answer);
  if (fault !== undefined) throw new UndescribedAnswer(answer, fault);
}

/** Routes of the JSON APIs, which another checker knows, and what is no document of JSON. */
const ELSEWHERE = /^\/(?:(?:storage|accounts|trigger)\/|openapi\.json$|docs$)/;

const TEMPLATES = Object.keys(DURABLE_PATHS)
  .map((template) => ({ template, pattern: patternOf(template) }))
  // What names more of the path stands before what would take any.
  .sort((one, other) => parameters(one.template) - parameters(other.template));

function patternOf(template: string): RegExp {
  const pattern = template.replaceAll('{path}', '[^]+').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`);
}

function parameters(template: string): number {
  return template.split('{').length;
}

/** What the document does not know of it. */
export function faultOf(answer: GivenAnswer): string | undefined {
  const { method, target, status } = answer;
  const path = decoded(target.split('?', 1)[0] ?? '');
  const template = TEMPLATES.find(({ pattern }) => pattern.test(path))?.template;
  if (template === undefined || ELSEWHERE.test(path)) return undefined;
  const operations = at(DURABLE_PATHS, template);
  const verb = method.toLowerCase();
  const isReadAsGet = method === 'HEAD' && at(operations, verb) === undefined;
  const known = isReadAsGet ? 'get' : verb;
  if (at(operations, known) === undefined) return faultOfUnknown(answer);
  const responses = at(operations, known, 'responses');
  const isTold = at(responses, String(status)) !== undefined;
  const key = isTold ? String(status) : 'default';
  const response = at(responses, key);
  if (response === undefined) return 'has a status that is not described';
  const fault = faultOfHeaders(answer, response);
  if (fault !== undefined || method === 'HEAD') return fault;
  const pointer = `#/paths/${inPointer(template)}/${known}/responses/${key}`;
  return faultOfBody(answer, response, pointer);
}

/** Encoded or not, a path is the same; what is no encoding stays as it is. */
function decoded(path: string): string {
  const segments = path.split('/').map((segment) => {
    try {
      return decodeURIComponent(segment).replaceAll('/', '%2F');
    } catch {
      return segment;
    }
  });
  return segments.join('/');
}

/** A method that the address does not have. */
function faultOfUnknown({ method, status, headers }: GivenAnswer): string | undefined {
  const isPreflight = method === 'OPTIONS' && status === 204;
  if (isPreflight || [400, 404, 501].includes(status)) return undefined;
  if (status !== 405) return 'is no answer to a method that is not described';
  return headers.has('allow') ? undefined : 'does not say which methods there are';
}

const DESCRIBED_HEADER =
  /^(?:stream|producer)-|^(?:etag|location|retry-after|www-authenticate|allow)$/;

function faultOfHeaders({ headers }: GivenAnswer, response: unknown): string | undefined {
  const described = new Map(
    entriesOf(at(response, 'headers')).map(([name, each]) => [name.toLowerCase(), each]),
  );
  for (const [name, header] of described) {
    if (at(header, 'required') === true && !headers.has(name)) return `lacks ${name}`;
  }
  const extra = [...headers.keys()].find((name) => {
    return DESCRIBED_HEADER.test(name) && !described.has(name);
  });
  return extra === undefined ? undefined : `has ${extra}, which is not described`;
}

function faultOfBody(
  { headers, body }: GivenAnswer,
  response: unknown,
  pointer: string,
): string | undefined {
  const content = at(response, 'content');
  if (content === undefined) {
    return body === undefined || body.length === 0 ? undefined : 'has a body';
  }
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  const media = [type, '*/*'].find((each) => at(content, each) !== undefined);
  if (media === undefined) return `is of the type "${type}"`;
  const isJson = /^application\/(?:[a-z]+\+)?json$/.test(media);
  const isAny = entriesOf(at(content, media, 'schema')).length === 0;
  if (body === undefined || !isJson || isAny) return undefined;
  const validate = validator(`${pointer}/content/${inPointer(media)}/schema`);
  const value: unknown = JSON.parse(body.toString());
  return validate(value) ? undefined : `breaks its schema: ${JSON.stringify(validate.errors)}`;
}

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
ajv.addSchema({ paths: DURABLE_PATHS, components: { schemas: DURABLE_SCHEMAS } }, 'durable');

function validator(pointer: string): ValidateFunction {
  const reference = `durable${pointer}`;
  return ajv.getSchema(reference) ?? ajv.compile({ $id: reference, $ref: reference });
}
