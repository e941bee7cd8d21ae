import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/assert.ts';
import { parsePointer, POINTER_LENGTH_MAX, valueAt } from '../../src/triggers/json-pointer.ts';
import { anyLetter } from '../support/letters.ts';

function find(pointer: string, value: unknown): unknown {
  return valueAt(must(parsePointer(pointer), pointer), value);
}

/** Every part of a value, with the pointer to it. */
function partsOf(value: unknown, pointer = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[pointer, value]];
  const parts = Object.entries(value).flatMap(([name, part]) =>
    partsOf(part, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
  return [[pointer, value], ...parts];
}

// The examples of RFC 6901, section 5.
const DOCUMENT: unknown = JSON.parse(
  '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}',
);

describe('a JSON Pointer', () => {
  it.each([
    ['', DOCUMENT],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%j finds what the standard says', (pointer, value) => {
    expect(find(pointer, DOCUMENT)).toEqual(value);
  });

  it.each(['a', ' /a', '~', '/~', '/~2', '/a~', '/a/~x', 'a/b', 7, null, undefined, ['/a']])(
    'is not %j',
    (text) => {
      expect(parsePointer(text)).toBe(undefined);
    },
  );

  it('is at most so long', () => {
    expect(parsePointer(`/${'a'.repeat(POINTER_LENGTH_MAX - 1)}`)).toBeDefined();
    expect(parsePointer(`/${'a'.repeat(POINTER_LENGTH_MAX)}`)).toBe(undefined);
  });

  it('reads ~01 as ~1, which is no slash', () => {
    expect(find('/~01', { '~1': 1, '/': 2 })).toBe(1);
  });

  it.each([
    '/foo/2',
    '/foo/-',
    '/foo/00',
    '/foo/-1',
    '/foo/1e0',
    '/foo/ 0',
    '/foo/length',
    '/foo/map',
    '/foo/0/0',
    '/foo/0/length',
    '/foo/99999999999999999999',
    '/bar',
    '/foo/0/x/y',
    '/__proto__',
    '/__proto__/toString',
    '/constructor',
    '/constructor/prototype',
    '/toString',
    '/foo/__proto__',
    '/foo/constructor',
  ])('%j finds nothing', (pointer) => {
    expect(find(pointer, DOCUMENT)).toBe(undefined);
  });

  it('finds a member named __proto__ that was sent', () => {
    expect(find('/__proto__/a', JSON.parse('{"__proto__":{"a":1}}'))).toBe(1);
  });

  it('finds each part of any JSON where it stands, and a null as such', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: anyLetter }), (value) => {
        for (const [pointer, part] of partsOf(value)) {
          if (parsePointer(pointer) !== undefined) expect(find(pointer, value)).toBe(part);
        }
      }),
    );
    expect(find('/a', { a: null })).toBe(null);
  });

  it('never throws, whatever it is and points into', () => {
    const anyToken = fc.constantFrom('a', '0', '', '__proto__', 'length', 'constructor', '~0');
    const anyPointer = fc
      .array(anyToken)
      .map((tokens) => tokens.map((each) => `/${each}`).join(''));
    fc.assert(
      fc.property(fc.oneof(fc.string(), anyPointer), fc.jsonValue(), (text, value) => {
        const pointer = parsePointer(text);
        if (pointer !== undefined) valueAt(pointer, value);
      }),
    );
  });
});
