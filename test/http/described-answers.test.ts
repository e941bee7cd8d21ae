import { describe, expect, test } from 'vitest';
import { DURABLE_PATHS, DURABLE_SCHEMAS } from '../../src/http/openapi/durable-streams.ts';
import { mustBeDescribed, type GivenAnswer } from '../support/http/described-answers.ts';
import { serve } from '../support/http/engines.ts';
import { at, entriesOf } from '../support/openapi-checker.ts';

// Clients of these tests hold all answers of durable streams against the document. That they would
// notice, and that the server shows this document.

const PROBLEM = {
  type: 'urn:millrace:problem:stream-not-found',
  title: 'Stream not found',
  status: 404,
  detail: 'There is no stream here.',
  code: 'stream-not-found',
};

interface Given {
  readonly method?: string;
  readonly target?: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

function answer(given: Given): GivenAnswer {
  const { method = 'GET', target = '/demo/chat?offset=-1', status, headers = {}, body } = given;
  return {
    method,
    target,
    status,
    headers: new Map(Object.entries(headers)),
    body: body === undefined ? undefined : Buffer.from(body),
  };
}

const NOT_FOUND = {
  status: 404,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify(PROBLEM),
};
const STORED = {
  method: 'POST',
  target: '/v1/stream/a/b/c',
  status: 204,
  headers: { 'stream-next-offset': '1', etag: '"a"' },
};

describe('an answer that is described', () => {
  test.each<[string, Given]>([
    ['a refusal', NOT_FOUND],
    ['a refusal whose body is still to come', { ...NOT_FOUND, body: undefined }],
    ['an append', { ...STORED, body: '' }],
    ['a message of any type', { status: 200, headers: { 'content-type': 'a/b' }, body: 'x' }],
    ['a method that is not there', { method: 'PATCH', status: 405, headers: { allow: 'GET' } }],
    ['a route of the JSON APIs', { target: '/storage/streams/a', status: 599 }],
  ])('passes: %s', (_, given) => {
    expect(() => {
      mustBeDescribed(answer(given));
    }).not.toThrow();
  });
});

describe('an answer that is not described', () => {
  test.each<[string, Given, string]>([
    ['status', { ...NOT_FOUND, status: 402 }, 'status that is not described'],
    ['status of a method', { method: 'PATCH', status: 200 }, 'no answer to a method'],
    ['header that is missing', { ...STORED, headers: { etag: '"a"' } }, 'lacks stream-next-offset'],
    [
      'header of the protocol',
      { ...STORED, headers: { ...STORED.headers, 'stream-ttl': '5' } },
      'has stream-ttl',
    ],
    ['type', { ...NOT_FOUND, headers: { 'content-type': 'application/json' } }, 'of the type'],
    ['body', { ...STORED, body: 'x' }, 'has a body'],
    ['shape', { ...NOT_FOUND, body: '{"code": 5}' }, 'breaks its schema'],
    [
      'shape, at an encoded path',
      {
        target: '/stream%73/a',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{}',
      },
      'breaks its schema',
    ],
  ])('is noticed by its %s', (_, given, complaint) => {
    expect(() => {
      mustBeDescribed(answer(given));
    }).toThrow(complaint);
  });
});

describe('the document that the server shows', () => {
  const server = serve('memory');

  test('is the one that answers are held against', async () => {
    const document = (await server.get('/openapi.json')).json;
    for (const [path, operations] of entriesOf(DURABLE_PATHS)) {
      expect(at(document, 'paths', path)).toEqual(operations);
    }
    const schemas = at(document, 'components', 'schemas');
    expect(schemas).toMatchObject(DURABLE_SCHEMAS);
  });
});
