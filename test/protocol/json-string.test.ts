import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStringToken, stringAt } from '../../src/protocol/json-string.ts';

/** A string token, each of its characters escaped or not. */
const anyToken = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }), fc.boolean()))
  .map((parts) => `"${parts.map(([text, isEscaped]) => spell(text, isEscaped)).join('')}"`);

function spell(text: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(text).slice(1, -1);
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
    .map((code) => `\\u${code.toString(16).padStart(4, '0')}`)
    .join('');
}

describe('a string in a JSON text', () => {
  it('is what JSON.parse makes of it, wherever it stands', () => {
    fc.assert(
      fc.property(anyToken, fc.nat(9), (token, before) => {
        const bytes = Buffer.from(`${' '.repeat(before)}${token}, "x"`);
        expect(stringAt(bytes, before)).toBe(JSON.parse(token));
      }),
    );
  });

  it.each(['1', 'null', '{"a":1}', '["a"]'])('is not another value: %s', (text) => {
    expect(stringAt(Buffer.from(text), 0)).toBe(undefined);
  });
});

describe('a string token', () => {
  const says = (token: string, text: string): boolean =>
    isStringToken(Buffer.from(token), 0, Buffer.byteLength(token), text);

  it.each(['"body"', '"\\u0062ody"', '"bod\\u0079"', '"\\u0062\\u006f\\u0064\\u0079"'])(
    'says a text in any spelling: %s',
    (token) => {
      expect(says(token, 'body')).toBe(true);
    },
  );

  it.each(['"bod"', '"body2"', '"Body"', '""', '"\\\\body"', '"body\\u0032"', '"bod\\n"'])(
    'says another text: %s',
    (token) => {
      expect(says(token, 'body')).toBe(false);
    },
  );
});
