import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  recordOfRequest,
  withoutParameter,
  type GatewayRequest,
} from '../../src/triggers/gateway-request.ts';

const DEPTH_MAX = 4;
const REQUEST: GatewayRequest = {
  method: 'POST',
  path: '/orders',
  query: '',
  contentType: undefined,
  body: Buffer.alloc(0),
};

function textOf(request: Partial<GatewayRequest>): string {
  const record = recordOfRequest({ ...REQUEST, ...request }, DEPTH_MAX);
  if (!record.ok) throw new Error(record.refusal.code);
  return record.value.toString();
}

function recordOf(request: Partial<GatewayRequest>): unknown {
  const value: unknown = JSON.parse(textOf(request));
  return value;
}

function codeOf(request: Partial<GatewayRequest>): string {
  const record = recordOfRequest({ ...REQUEST, ...request }, DEPTH_MAX);
  return record.ok ? 'fit' : record.refusal.code;
}

describe('the record of a request', () => {
  it('without a body says so', () => {
    expect(textOf({ method: 'GET' })).toBe(
      '{"method":"GET","path":"/orders","query":{},"content_type":null,"body":null}',
    );
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/cloudevents+json'])(
    'holds a body of %s as it was sent, to the byte',
    (contentType) => {
      const body = Buffer.from('{"big": 12345678901234567890, "1e999": [1e999]}');
      const text = textOf({ contentType, body });
      expect(text).toContain(`"content_type":"${contentType}","body":${body.toString()}}`);
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonish',
    'odd',
    undefined,
  ])('holds a text of the type %s as a string', (contentType) => {
    const record = recordOf({ contentType, body: Buffer.from('{"größe": 1}\n') });
    expect(record).toEqual({
      method: 'POST',
      path: '/orders',
      query: {},
      content_type: contentType ?? null,
      body: '{"größe": 1}\n',
    });
  });

  it('holds what is no text in base64', () => {
    const body = Buffer.from([0xff, 0, 0xfe]);
    expect(recordOf({ contentType: 'image/png', body })).toMatchObject({
      content_type: 'image/png',
      body: body.toString('base64'),
      encoding: 'base64',
    });
  });

  it('loses nothing of a body, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const body = Buffer.from(bytes);
        const record = recordOf({ body });
        if (typeof record !== 'object' || record === null || !('body' in record)) throw new Error();
        const encoding = 'encoding' in record ? 'base64' : 'utf8';
        expect(Buffer.from(String(record.body), encoding)).toEqual(body);
      }),
    );
  });

  it('has the parameters of the query by name, those that are repeated as arrays', () => {
    const query = 'a=1&b&c=x%20y+z&a=2&&a=&%C3%A4=%3D=';
    expect(recordOf({ query })).toMatchObject({
      query: { a: ['1', '2', ''], b: '', c: 'x y z', ä: '==' },
    });
  });

  it('has parameters of every name', () => {
    const text = textOf({ query: '__proto__=1&constructor=2' });
    expect(text).toContain('"query":{"__proto__":"1","constructor":"2"}');
  });

  it.each([
    [{ query: 'a=%zz' }, 'invalid-query'],
    [{ query: '%ff=1' }, 'invalid-query'],
    [{ body: Buffer.from('{"a":') }, 'invalid-json'],
    [{ body: Buffer.from('1 2') }, 'invalid-json'],
    [{ body: Buffer.from(' ') }, 'invalid-json'],
    [{ body: Buffer.from('[[[[1]]]]') }, 'json-too-deep'],
    [{ body: Buffer.from([0x22, 0xff, 0x22]) }, 'invalid-utf8'],
    [{ body: Buffer.from(' [[[1]]] \n') }, 'fit'],
  ])('there is of %j: %s', (request, code) => {
    expect(codeOf({ contentType: 'application/json', ...request })).toBe(code);
  });

  it('can be rid of a parameter that is a secret', () => {
    const query = 'a=1&access_token=x&access%5Ftoken=y&b=%zz';
    expect(withoutParameter(query, 'access_token')).toBe('a=1&b=%zz');
  });
});
