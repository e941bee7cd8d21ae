import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { Answer } from './http/client.ts';
import { at, entriesOf, inPointer } from './members.ts';

export type Json = Readonly<Record<string, unknown>>;

export { at, entriesOf };

const ERROR_POINTER = '#/components/schemas/ErrorResponse';
const TRIGGER_ERROR_POINTER = '#/components/schemas/TriggerError';
const JSON_APIS = ['/storage/', '/accounts/', '/trigger/'];
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Holds answers against the document that the server gives of itself. */
export class OpenApiChecker {
  readonly document: unknown;
  readonly #ajv = new Ajv2020({ strict: false, formats: { 'date-time': DATE_TIME } });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #paths: readonly { readonly template: string; readonly pattern: RegExp }[];

  constructor(document: unknown) {
    this.document = document;
    this.#ajv.addSchema(Object.fromEntries(entriesOf(document)), 'document');
    this.#paths = entriesOf(at(document, 'paths')).map(([template]) => ({
      template,
      pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]*')}$`),
    }));
  }

  /** Fails unless the document has this answer to this request. */
  check(method: string, target: string, answer: Answer): void {
    const [path = ''] = target.split('?');
    const api = JSON_APIS.find((each) => path.startsWith(each)) ?? '/';
    const known = this.#paths.find(({ template, pattern }) => {
      return template.startsWith(api) && pattern.test(path);
    });
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = at(this.document, 'paths', known?.template ?? '', verb);
    expect(answer.header('x-content-type-options')).toBe('nosniff');
    if (operation === undefined || known === undefined) {
      this.#checkUnknown(method, path, answer);
      return;
    }
    const pointer = `#/paths/${inPointer(known.template)}/${verb}/responses/${answer.status}`;
    const told = at(operation, 'responses', String(answer.status));
    expect(told, `${method} ${target} may answer ${answer.status}: ${answer.text}`).toBeDefined();
    expect(answer.header('cache-control')).toBe('no-store');
    if (method === 'HEAD') {
      expect(answer.body).toHaveLength(0);
      return;
    }
    const reference = at(told, '$ref');
    const response = typeof reference === 'string' ? reference : pointer;
    this.#checkBody(`${response}/content/application~1json/schema`, answer);
  }

  /** Fails unless the schema that the pointer leads to takes the value. */
  checkValue(pointer: string, value: unknown): void {
    const validate = this.validator(pointer);
    expect(validate(value), JSON.stringify([value, validate.errors])).toBe(true);
  }

  /** Whether the document has such a body in requests of this operation. */
  takesBody(template: string, verb: string, body: unknown): boolean {
    const operation = at(this.document, 'paths', template, verb);
    if (at(operation, 'requestBody') === undefined) return true;
    const pointer = `#/paths/${inPointer(template)}/${verb}/requestBody`;
    return this.validator(`${pointer}/content/application~1json/schema`)(body);
  }

  validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer);
    if (known !== undefined) return known;
    const compiled = this.#ajv.compile({ $ref: `document${pointer}` });
    this.#validators.set(pointer, compiled);
    return compiled;
  }

  /** What is no operation of the document is refused as one would be. */
  #checkUnknown(method: string, path: string, answer: Answer): void {
    if (method === 'OPTIONS' && answer.status === 204) return;
    expect([400, 404, 405]).toContain(answer.status);
    const error = path.startsWith('/trigger/') ? TRIGGER_ERROR_POINTER : ERROR_POINTER;
    if (answer.body.length > 0) this.#checkBody(error, answer);
  }

  #checkBody(pointer: string, answer: Answer): void {
    expect(answer.header('content-type')).toBe('application/json');
    this.checkValue(pointer, answer.json);
  }
}
