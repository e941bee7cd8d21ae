import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { serve } from '../../support/http/engines.ts';
import { at, entriesOf } from '../../support/openapi-checker.ts';
import { REFERENCE } from './reference.ts';

describe('the OpenAPI document', () => {
  const server = serve('memory');
  const document = async (): Promise<unknown> => (await server.get('/openapi.json')).json;

  test('is valid OpenAPI', async () => {
    const validator = new Validator();
    const outcome = await validator.validate(Object.fromEntries(entriesOf(await document())));
    expect(outcome).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('has references only to what is there, and every operation once', async () => {
    const whole = await document();
    const ids: unknown[] = [];
    const visit = (value: unknown): void => {
      for (const [name, each] of entriesOf(value)) {
        if (name === '$ref') {
          const names = String(each).slice(2).split('/');
          expect(at(whole, ...names), String(each)).toBeDefined();
        }
        if (name === 'operationId') ids.push(each);
        visit(each);
      }
    };
    visit(whole);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(25);
  });

  test('has the paths that are served', async () => {
    const paths = entriesOf(at(await document(), 'paths')).map(([path]) => path);
    expect(paths.filter((path) => !path.startsWith('/accounts/'))).toEqual([
      '/storage/streams/{name}/messages',
      '/trigger/request/{subject}',
      '/storage/streams/{name}',
      '/storage/streams',
      '/storage/stream/{name}/purge',
      '/storage/streams/{name}/search-by-subject',
      '/storage/streams/{name}/messages/{seq}',
      '/trigger/stream',
      '/trigger/gateway',
      '/trigger/triggers',
      '/trigger/triggers/{trigger_type}/{topic}',
      '/trigger/triggers/{trigger_type}/{topic}/pause',
      '/trigger/triggers/{trigger_type}/{topic}/resume',
      '/trigger/services/{subject}',
      '/trigger/services',
      '/{bucket}/{stream}',
      '/v1/stream/{path}',
      '/streams/{name}',
      '/{bucket}',
      '/{bucket}/streams',
      '/gateway/{path}',
      '/-/healthy',
      '/-/ready',
      '/v1/stream/__ds/jwks.json',
      '/.well-known/jwks.json',
      '/metrics',
    ]);
  });

  test('says of each operation and each parameter of triggers what it does', async () => {
    const undescribed = entriesOf(at(await document(), 'paths'))
      .filter(([path]) => path.startsWith('/trigger/'))
      .flatMap(([path, operations]) =>
        entriesOf(operations).flatMap(([method, operation]) => {
          const parameters = entriesOf(at(operation, 'parameters')).map(([, each]) => each);
          const isMute = [operation, ...parameters].some(
            (each) => at(each, 'description') === undefined,
          );
          return isMute ? [`${method} ${path}`] : [];
        }),
      );
    expect(undescribed).toEqual([]);
  });

  test('agrees with the contract about the operation, its parameter and its body', async () => {
    const whole = await document();
    const operation = at(whole, 'paths', REFERENCE.path, 'put');
    expect(at(operation, 'operationId')).toBe(REFERENCE.operationId);
    expect(at(operation, 'tags')).toEqual([REFERENCE.tag]);
    expect(at(operation, 'summary')).toBe(REFERENCE.summary);
    expect(at(operation, 'parameters')).toEqual([{ $ref: '#/components/parameters/streamName' }]);
    const { type, ...parameter } = REFERENCE.parameter;
    const schema: unknown = expect.objectContaining({ type });
    expect(at(whole, 'components', 'parameters', 'streamName')).toMatchObject({
      ...parameter,
      schema,
    });
    const { body } = REFERENCE;
    expect(at(operation, 'requestBody', 'required')).toBe(body.required);
    const media = at(operation, 'requestBody', 'content', body.mediaType);
    expect(at(media, 'schema', '$ref')).toBe(`#/components/schemas/${body.component}`);
    expect(at(media, 'examples')).toEqual(REFERENCE.examples);
    const component = at(whole, 'components', 'schemas', body.component);
    expect(at(component, 'type')).toBe(body.type);
    expect(at(component, 'required') ?? []).toEqual(body.required_properties);
    expect(at(component, 'properties')).toMatchObject(body.properties);
    // A property that is not named is passed over, never refused.
    expect(at(component, 'additionalProperties')).toBe(undefined);
  });

  test.each(Object.entries(REFERENCE.responses))(
    'agrees with the contract about %s',
    async (status, { component, schema, example }) => {
      const whole = await document();
      const responses = at(whole, 'paths', REFERENCE.path, 'put', 'responses');
      expect(at(responses, status)).toEqual({ $ref: `#/components/responses/${component}` });
      const response = at(whole, 'components', 'responses', component);
      const media = at(response, 'content', 'application/json');
      expect(at(media, 'schema', '$ref')).toBe(`#/components/schemas/${schema}`);
      expect(at(media, 'example')).toEqual(example);
    },
  );

  test('agrees with the contract about the bodies of answers and the ways to authenticate', async () => {
    const whole = await document();
    for (const [name, { required, properties }] of Object.entries(REFERENCE.schemas)) {
      const schema = at(whole, 'components', 'schemas', name);
      expect(at(schema, 'required') ?? []).toEqual(required);
      for (const [property, type] of Object.entries(properties)) {
        expect(at(schema, 'properties', property, 'type')).toBe(type);
      }
    }
    expect(at(whole, 'components', 'securitySchemes')).toEqual(REFERENCE.securitySchemes);
    const ways = at(whole, 'security');
    for (const name of REFERENCE.security) expect(ways).toContainEqual({ [name]: [] });
  });
});

describe('the page that shows it', () => {
  const server = serve('memory');

  test('has every operation and loads nothing from anywhere', async () => {
    const page = await server.get('/docs');
    expect(page.status).toBe(200);
    expect(page.header('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.header('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|unsafe|script-src/);
    expect(page.text).not.toMatch(/<script|<link|<img|src=|https?:/);
    for (const [path] of entriesOf(at((await server.get('/openapi.json')).json, 'paths'))) {
      expect(page.text).toContain(`<code>${path}</code>`);
    }
  });

  test('and the document answer HEAD, and refuse to be written', async () => {
    for (const path of ['/docs', '/openapi.json']) {
      const head = await server.head(path);
      expect(head.status).toBe(200);
      expect(Number(head.header('content-length'))).toBeGreaterThan(1000);
      const put = await server.put(path, { body: '{}' });
      expect(put.verdict).toBe('405 method-not-allowed');
      expect(put.header('allow')).toBe('GET, HEAD, OPTIONS');
    }
  });
});
