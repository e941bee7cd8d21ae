import { describe, expect, it } from 'vitest';
import { judgeMediaType, parseJsonBody } from '../../../src/http/json/json-body.ts';

function parse(text: string | Buffer, depthMax = 8): unknown {
  const parsed = parseJsonBody(Buffer.from(text), depthMax);
  return parsed.ok ? parsed.value : `${parsed.error.status} ${parsed.error.message}`;
}

describe('a JSON body', () => {
  it('is its value', () => {
    expect(parse(' {"a": [1, "é"]} ')).toEqual({ a: [1, 'é'] });
    expect(parse('null')).toBe(null);
    expect(parse('[]')).toEqual([]);
  });

  it('is refused where it is no JSON, at the byte', () => {
    expect(parse('{"a":}')).toBe('400 The body is no valid JSON at byte 5.');
    expect(parse(Buffer.from([0x22, 0xff, 0x22]))).toMatch(/^400 .*UTF-8/);
    expect(parse('[1]')).toBe('400 The body must be an object.');
  });

  it('is refused before its depth costs anything', () => {
    const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(parse(deep(7))).toMatchObject({});
    expect(parse(deep(8))).toBe('400 The body nests deeper than 8 levels at byte 12.');
    expect(parse(deep(100_000))).toMatch(/^400 .*nests deeper/);
  });

  it('has no member that would be a prototype', () => {
    for (const name of ['__proto__', '\\u005f_proto__', '\\u005F\\u005fproto__']) {
      const value = parse(`{"${name}":{"a":1},"b":{"${name}":2}}`);
      expect(JSON.stringify(value)).toBe('{"b":{}}');
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
  });
});

describe('a media type', () => {
  it.each([undefined, 'application/json', 'APPLICATION/JSON; charset=utf-8'])(
    '%s is JSON',
    (type) => {
      expect(judgeMediaType(type)).toBe(undefined);
    },
  );

  it.each(['', 'text/json', 'application/jsonp', 'application/json,text/plain', 'json'])(
    '%s is not',
    (type) => {
      expect(judgeMediaType(type)?.status).toBe(415);
    },
  );
});
