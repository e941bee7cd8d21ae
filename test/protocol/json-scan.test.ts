import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanJson, type JsonScan } from '../../src/protocol/json-scan.ts';
import { isWellFormed, messagesIn, parseJson } from '../support/text.ts';

const DEEP = 1_000_000;
const MANY = 1_000_000;

function scan(text: string, depthMax = DEEP, messagesMax = MANY): JsonScan {
  return scanJson(Buffer.from(text), depthMax, messagesMax);
}

/** The messages of a text, as text, or undefined when it is refused. */
function messagesOf(text: string): string[] | undefined {
  const bytes = Buffer.from(text);
  const outcome = scanJson(bytes, DEEP, MANY);
  if (outcome.kind !== 'valid') return undefined;
  return outcome.messages.map(({ from, to }) => bytes.toString('utf8', from, to));
}

/** What JSON.parse makes of the text, flattened by one level. */
function reference(text: string): readonly unknown[] | undefined {
  const parsed = parseJson(text);
  return parsed && messagesIn(parsed.value);
}

function expectSameVerdict(text: string): void {
  const expected = reference(text);
  const messages = messagesOf(text);
  expect(messages?.map((message) => parseJson(message)?.value)).toEqual(expected);
}

/** Texts of JSON with white space wherever it may stand, and numbers in all their spellings. */
const anySpace = fc
  .array(fc.constantFrom(' ', '\n', '\r', '\t'), { maxLength: 2 })
  .map((characters) => characters.join(''));
const anyNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.nat().map((number) => String(number + 1)),
    ),
    fc.option(fc.nat(9999).map((digits) => `.0${digits}`)),
    fc.option(
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(30))
        .map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));
const anyString = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 3, unit: 'binary' }).map((text) => JSON.stringify(text).slice(1, -1)),
      fc.constantFrom(
        '\\"',
        '\\\\',
        '\\/',
        '\\b',
        '\\f',
        '\\n',
        '\\r',
        '\\t',
        '\\u00e9',
        '\\uD800',
      ),
      fc.constantFrom('\u007f', '\u2028', 'é', '😀'),
    ),
    { maxLength: 4 },
  )
  .map((parts) => `"${parts.join('')}"`);
const { anyValue } = fc.letrec<{ anyValue: string; anyArray: string; anyObject: string }>(
  (tie) => ({
    anyValue: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom('null', 'true', 'false'),
      anyNumber,
      anyString,
      tie('anyArray'),
      tie('anyObject'),
    ),
    anyArray: fc
      .tuple(anySpace, fc.array(spaced(tie('anyValue')), { maxLength: 5 }))
      .map(([space, values]) => `[${space}${values.join(',')}]`),
    anyObject: fc
      .tuple(
        anySpace,
        fc.array(fc.tuple(spaced(anyString), spaced(tie('anyValue'))), { maxLength: 4 }),
      )
      .map(([space, entries]) => `{${space}${entries.map((entry) => entry.join(':')).join(',')}}`),
  }),
);
function spaced(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(anySpace, text, anySpace).map((parts) => parts.join(''));
}
const anyText = spaced(anyValue);

describe('the JSON scanner', () => {
  it('accepts what JSON.parse accepts, and flattens it by one level', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(reference(text)).not.toBe(undefined);
        expectSameVerdict(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the verdict of JSON.parse on texts with a character changed', () => {
    const anyChange = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('delete', 'insert', 'replace', 'cut', 'repeat'),
      character: fc.constantFrom(
        ...Array.from('[]{},:"\\ \n\t0123456789-+.eEtrufalsn/bx\u0001é\u00a0\ufeff'),
      ),
    });
    fc.assert(
      fc.property(anyText, fc.array(anyChange, { minLength: 1, maxLength: 3 }), (text, changes) => {
        let changed = text;
        for (const { at, kind, character } of changes) {
          const place = at % (changed.length + 1);
          const [before, after] = [changed.slice(0, place), changed.slice(place)];
          if (kind === 'delete') changed = before + after.slice(1);
          else if (kind === 'insert') changed = before + character + after;
          else if (kind === 'replace') changed = before + character + after.slice(1);
          else if (kind === 'cut') changed = before;
          else changed = before + after + after;
        }
        // What would not survive UTF-8 is refused before the scanner sees it.
        fc.pre(isWellFormed(changed));
        expectSameVerdict(changed);
      }),
      { numRuns: 5000 },
    );
  });

  it('gives the verdict of JSON.parse on every short text of its alphabet', () => {
    const alphabet = Array.from('[]{},:"\\u0-1.e t');
    let texts = [''];
    for (let length = 0; length < 4; length += 1) {
      texts = texts.flatMap((text) => alphabet.map((character) => text + character));
      for (const text of texts) {
        const isSame = (reference(text) === undefined) === (messagesOf(text) === undefined);
        if (!isSame) expect.fail(`differs from JSON.parse on ${JSON.stringify(text)}`);
      }
    }
  });

  it('gives the verdict of JSON.parse on every character wherever it might stand', () => {
    const places = ['@', '"@"', '"\\@"', '"\\u@000"', '"\\u000@"', '[@]', '[1@2]', '{@"a":1}'];
    for (const place of [...places, '-@', '1@', '0@', '1.@', '1e@', '1e+@', 't@ue', '@[]', '[]@']) {
      for (let code = 0; code < 128; code += 1) {
        expectSameVerdict(place.replace('@', () => String.fromCharCode(code)));
      }
    }
  });

  it.each([
    { text: '{"event": "created"}', messages: ['{"event": "created"}'] },
    { text: '[{"a":1}, {"a":2}]', messages: ['{"a":1}', '{"a":2}'] },
    { text: '[[1,2], [3,4]]', messages: ['[1,2]', '[3,4]'] },
    { text: '[[[1,2,3]]]', messages: ['[[1,2,3]]'] },
    { text: '[]', messages: [] },
    { text: ' [ ] ', messages: [] },
    { text: '[[]]', messages: ['[]'] },
    { text: ' 1 ', messages: ['1'] },
    { text: '[ 1.50 ,\n{ "a" : [ ] } ]', messages: ['1.50', '{ "a" : [ ] }'] },
    { text: '"[1,2]"', messages: ['"[1,2]"'] },
    { text: '{"a":1,"a":2}', messages: ['{"a":1,"a":2}'] },
    { text: '12345678901234567890.10', messages: ['12345678901234567890.10'] },
  ])('keeps each message of $text to the byte', ({ text, messages }) => {
    expect(messagesOf(text)).toEqual(messages);
  });

  it.each([
    { text: '', at: 0 },
    { text: '  ', at: 2 },
    { text: '[1,]', at: 3 },
    { text: '[1 2]', at: 3 },
    { text: '[1', at: 2 },
    { text: '1 2', at: 2 },
    { text: '{"a" 1}', at: 1 },
    { text: '{"a":1,}', at: 7 },
    { text: '[01]', at: 2 },
    { text: 'nul', at: 0 },
    { text: '\ufeff1', at: 0 },
    { text: '[1]\u0000', at: 3 },
  ])('says at which byte $text is wrong', ({ text, at }) => {
    expect(scan(text)).toEqual({ kind: 'invalid', at });
  });

  it('finds no end in bytes behind the text, for it never looks there', () => {
    const whole = Buffer.from('[1,2]');
    for (let length = 0; length < whole.length; length += 1) {
      expect(scanJson(whole.subarray(0, length), DEEP, MANY).kind).toBe('invalid');
    }
  });
});

describe('the depth of JSON', () => {
  /** Of the text: a parsed value would lack what stood under a name that was given twice. */
  function depthOf(text: string): number {
    let depth = 0;
    let deepest = 0;
    for (const [bracket] of text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
      depth += bracket === '[' || bracket === '{' ? 1 : -1;
      deepest = Math.max(deepest, depth);
    }
    return deepest;
  }

  it('is bounded exactly', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 6 }), (text, depthMax) => {
        const isTooDeep = depthOf(text) > depthMax;
        expect(scan(text, depthMax).kind).toBe(isTooDeep ? 'too-deep' : 'valid');
      }),
    );
  });

  it.each([
    { text: '[[[1]]]', at: 2 },
    { text: '{"a":{"b":{}}}', at: 10 },
    { text: '[{"a":[1]}]', at: 6 },
    { text: '[1,[[2]]]', at: 4 },
    { text: '{"a":[[]],"a":[]}', at: 6 },
  ])('of $text is exceeded at byte $at', ({ text, at }) => {
    expect(scan(text, 2)).toEqual({ kind: 'too-deep', at });
    expect(scan(text, 3).kind).toBe('valid');
  });

  it('beyond any stack is scanned all the same', () => {
    const depth = 500_000;
    const text = '['.repeat(depth) + ']'.repeat(depth);
    expect(scan(text, depth).kind).toBe('valid');
    expect(scan(text, depth - 1).kind).toBe('too-deep');
    expect(scan('{"a":'.repeat(depth), depth).kind).toBe('invalid');
  });
});

describe('the messages of an array', () => {
  it('are as many as allowed and no more', () => {
    expect(scan('[1,2,3]', DEEP, 3)).toMatchObject({ kind: 'valid' });
    expect(scan('[1,2,3]', DEEP, 2)).toEqual({ kind: 'too-many' });
  });

  it('are not counted inside a message', () => {
    expect(scan('[[1,2,3],[4,5,6]]', DEEP, 2).kind).toBe('valid');
    expect(scan('{"a":[1,2,3]}', DEEP, 1).kind).toBe('valid');
  });
});
