import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventEncoding,
  isContentType,
  isJson,
  mediaType,
  OCTET_STREAM,
  sameMediaType,
} from '../../src/protocol/content-type.ts';
import { contentType } from '../support/states.ts';
import { within } from '../support/within.ts';

// RFC 9110, "Media Type" and "Parameters".
const WELL_FORMED = [
  'text/plain',
  'TEXT/Plain',
  'application/json',
  'application/vnd.api+json',
  'a/b',
  "!#$%&'*+-.^_`|~/!#$%&'*+-.^_`|~09azAZ",
  'text/plain;charset=utf-8',
  'text/plain; charset=utf-8',
  'text/plain \t; \tcharset=utf-8',
  'text/plain;charset="utf-8"',
  'text/plain;a=""',
  'text/plain;a="b\\"c\\\\d"',
  'text/plain;a="b;c,d/e=f"',
  'text/plain;a="\t "',
  'text/plain;a=b;c=d',
  'text/plain;',
  'text/plain;;;a=b',
  'text/plain; ; a=b ;',
  'multipart/form-data; boundary="=_x"',
];

const MALFORMED = [
  '',
  ' ',
  'text',
  'text/',
  '/plain',
  'text/plain/x',
  'text /plain',
  'text/ plain',
  ' text/plain',
  'text/plain,text/html',
  'text/plain; charset',
  'text/plain; charset=',
  'text/plain; charset= utf-8',
  'text/plain; charset =utf-8',
  'text/plain charset=utf-8',
  'text/plain;a="',
  'text/plain;a="b"c',
  'text/plain;a="b\\"',
  'text/plain;a=b c=d',
  'text/plain\r\nX-Other: 1',
  'text/plain;a="b\nc"',
  'text/plain;a="b\u0000c"',
  'text/plain;a="é"',
  'téxt/plain',
  'text/(plain)',
];

describe('a content type', () => {
  it.each(WELL_FORMED)('is well formed: %j', (text) => {
    expect(isContentType(text)).toBe(true);
  });

  it.each(MALFORMED)('is malformed: %j', (text) => {
    expect(isContentType(text)).toBe(false);
  });

  it('is at most 256 bytes long', () => {
    expect(isContentType(`text/${'x'.repeat(251)}`)).toBe(true);
    expect(isContentType(`text/${'x'.repeat(252)}`)).toBe(false);
  });

  it('of any parameters is well formed', () => {
    const token = fc
      .array(fc.constantFrom(...Array.from("!#$%&'*+-.^_`|~09azAZ")), {
        minLength: 1,
        maxLength: 6,
      })
      .map((characters) => characters.join(''));
    const quoted = fc
      .array(fc.constantFrom('a', ' ', '\t', '/', ';', '=', '\\"', '\\\\', '\\a'), { maxLength: 6 })
      .map((parts) => `"${parts.join('')}"`);
    const space = fc.constantFrom('', ' ', '\t', '  ');
    const parameter = fc
      .tuple(space, space, fc.option(fc.tuple(token, fc.oneof(token, quoted))))
      .map(([before, after, pair]) => `${before};${after}${pair?.join('=') ?? ''}`);
    fc.assert(
      fc.property(token, token, fc.array(parameter, { maxLength: 5 }), (type, sub, parameters) => {
        expect(isContentType(`${type}/${sub}${parameters.join('')}`)).toBe(true);
      }),
    );
  });

  // Each white space could belong to the semicolon before or behind it. A pattern that tries both
  // takes two to the power of their number of steps, and a request stops the server for good.
  it.each([
    `a/b${'; '.repeat(120)}x`,
    `a/b${' ;'.repeat(120)}x`,
    `a/b${' ; '.repeat(80)}x`,
    `a/b${' '.repeat(250)}x`,
    `a/b;a="${'\\\\'.repeat(120)}`,
    `a/b${';a=b'.repeat(60)} x`,
    'a'.repeat(256),
  ])('is judged without trying every reading of it: %j', (text) => {
    expect(within(10_000, () => isContentType(text))).toBe(false);
  });
});

describe('the media type of a content type', () => {
  it.each([
    { type: 'text/plain', media: 'text/plain' },
    { type: 'Text/PLAIN', media: 'text/plain' },
    { type: 'text/plain;charset=utf-8', media: 'text/plain' },
    { type: 'text/plain \t; charset=utf-8', media: 'text/plain' },
    { type: 'text/plain;', media: 'text/plain' },
  ])('of $type is $media', ({ type, media }) => {
    expect(mediaType(contentType(type))).toBe(media);
    expect(sameMediaType(contentType(type), contentType(media))).toBe(true);
    expect(sameMediaType(contentType(type), OCTET_STREAM)).toBe(false);
  });
});

describe('a stream', () => {
  it.each([
    { type: 'application/json', json: true, encoding: 'json' },
    { type: 'Application/JSON; charset=utf-8', json: true, encoding: 'json' },
    { type: 'application/json;', json: true, encoding: 'json' },
    { type: 'application/ndjson', json: false, encoding: 'base64' },
    { type: 'application/vnd.api+json', json: false, encoding: 'base64' },
    { type: 'application/jsonl', json: false, encoding: 'base64' },
    { type: 'text/json', json: false, encoding: 'text' },
    { type: 'text/plain', json: false, encoding: 'text' },
    { type: 'TEXT/event-stream', json: false, encoding: 'text' },
    { type: 'application/octet-stream', json: false, encoding: 'base64' },
    { type: 'image/png; x="text/plain"', json: false, encoding: 'base64' },
    { type: 'textual/thing', json: false, encoding: 'base64' },
  ])('of $type is JSON: $json, and goes over SSE as $encoding', ({ type, json, encoding }) => {
    expect(isJson(contentType(type))).toBe(json);
    expect(eventEncoding(contentType(type))).toBe(encoding);
  });
});
