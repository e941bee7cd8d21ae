import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStreamName, type StreamName } from '../../src/messages/config.ts';
import { parsePublishBody } from '../../src/messages/publish-body.ts';
import { isSubject } from '../../src/subjects/subject.ts';

const STREAM = streamName('orders');
const LIMITS = { jsonDepthMax: 5, messagesMax: 4 };

function streamName(text: string): StreamName {
  if (!isStreamName(text)) throw new Error(`${text} is no stream name`);
  return text;
}

type Read = readonly (readonly [subject: string, body: string])[] | string;

/** The messages, or what is complained of. */
function read(text: string | Buffer, limits = LIMITS): Read {
  const outcome = parsePublishBody(Buffer.from(text), STREAM, limits);
  if (!outcome.ok) return `${outcome.complaint.field} ${outcome.complaint.reason}`.trim();
  return outcome.messages.map(({ subject, body }) => [subject, body.toString()]);
}

describe('a body with one message', () => {
  it('is its subject, and the text of its body to the byte', () => {
    expect(
      read('{"stream": "orders", "subject":"orders.eu" , "body": {"b" : 1.0,\n"a":"\\u00e9"}  }'),
    ).toEqual([['orders.eu', '{"b" : 1.0,\n"a":"\\u00e9"}']]);
  });

  it.each(['null', 'true', '-0.5e+3', '"text"', '[]', '{}', '[1, 2]', '" a\\" "'])(
    'may be any JSON value: %s',
    (value) => {
      expect(read(`{"stream":"orders","subject":"a","body":${value}}`)).toEqual([['a', value]]);
    },
  );

  it('knows its members in any order and spelling, and passes over others', () => {
    expect(
      read(
        '{"subject ":1,"bod":[],"\\u0062ody":7,"x":{"body":1},"\\u0073ubject":"\\u0061.é","strea\\u006d":"\\u006frders"}',
      ),
    ).toEqual([['a.é', '7']]);
  });

  it('has the value that a repeated member has last', () => {
    expect(
      read('{"stream":"x","body":1,"subject":3,"stream":"orders","subject":"a","body":2}'),
    ).toEqual([['a', '2']]);
  });

  it.each([
    ['{"subject":"a","body":1}', 'stream must be "orders", as in the path'],
    ['{"stream":"order","subject":"a","body":1}', 'stream must be "orders", as in the path'],
    ['{"stream":null,"subject":"a","body":1}', 'stream must be "orders", as in the path'],
    ['{"stream":"orders","subject":"a"}', 'body must be there'],
    ['{}', 'stream must be "orders", as in the path'],
  ])('must name this stream and have a body: %s', (text, complaint) => {
    expect(read(text)).toBe(complaint);
  });

  it.each(['', 'a.*', '>', 'a..b', '.a', 'a b', 'a\\u0000', '\\ud800', 'a\\udc00.b'])(
    'must be on a literal subject, not "%s"',
    (subject) => {
      expect(read(`{"stream":"orders","subject":"${subject}","body":1}`)).toMatch(
        /^subject must be a subject/,
      );
    },
  );

  it.each(['1', 'null', '["a"]', '{"a":1}'])('must have a subject that is a text: %s', (value) => {
    expect(read(`{"stream":"orders","subject":${value},"body":1}`)).toMatch(/^subject must/);
  });
});

describe('a body with a batch', () => {
  it('is its messages in their order', () => {
    expect(
      read(
        '{"messages":[{"subject":"a","body":1} , {"stream":"orders","body":[2],"subject":"b"}]}',
      ),
    ).toEqual([
      ['a', '1'],
      ['b', '[2]'],
    ]);
  });

  it.each([
    ['{"messages":[]}', 'messages must hold at least one message'],
    ['{"messages":{}}', 'messages must be an array of messages'],
    ['{"messages":null}', 'messages must be an array of messages'],
    ['{"messages":[1]}', 'messages[0] must be an object'],
    ['{"messages":[{"subject":"a","body":1},{"subject":"a"}]}', 'messages[1].body must be there'],
    [
      '{"messages":[{"subject":"a","body":1,"stream":"x"}]}',
      'messages[0].stream must be "orders", as in the path',
    ],
    [
      '{"stream":"x","messages":[{"subject":"a","body":1}]}',
      'stream must be "orders", as in the path',
    ],
    [
      '{"messages":[{"subject":"a","body":1}],"body":1}',
      'messages excludes subject and body beside it',
    ],
    [
      `{"messages":[${Array(5).fill('{"subject":"a","body":1}').join()}]}`,
      'messages must hold at most 4',
    ],
  ])('is refused with what is wrong: %s', (text, complaint) => {
    expect(read(text)).toBe(complaint);
  });

  it('counts the last time that it is there', () => {
    expect(
      read('{"messages":[1,[[[[[[]]]]]]],"messages":[{"messages":3,"subject":"a","body":1}]}'),
    ).toEqual([['a', '1']]);
  });
});

describe('a body', () => {
  it('may be as deep as the limit and no deeper, in a batch as well', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    const single = (value: string): Read =>
      read(`{"stream":"orders","subject":"a","body":${value}}`);
    const batch = (value: string): Read => read(`{"messages":[{"subject":"a","body":${value}}]}`);
    for (const publish of [single, batch]) {
      expect(publish(nested(5))).toEqual([['a', nested(5)]]);
      expect(publish(nested(6))).toMatch(/^nests deeper than 5 levels at byte \d+$/);
      expect(publish(nested(100_000))).toMatch(/^nests deeper/);
    }
  });

  it.each(['', ' ', '[]', '1', '"a"', 'null', '\ufeff{}'])(
    'that is no object is refused: %j',
    (text) => {
      expect(read(text)).toBe('must be a JSON object');
    },
  );

  it('that is not UTF-8 is refused', () => {
    expect(read(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toMatch(/UTF-8/);
  });
});

/** What JSON.parse finds: the messages with their values, or undefined where it must be refused. */
function reference(text: string): unknown {
  const parsed = parse(text);
  if (!isRecord(parsed)) return undefined;
  const isBatch = Object.hasOwn(parsed, 'messages');
  if (!isBatch) return parsed['stream'] === STREAM ? messageOf(parsed, (one) => [one]) : undefined;
  const { messages } = parsed;
  if ('subject' in parsed || 'body' in parsed) return undefined;
  if ('stream' in parsed && parsed['stream'] !== STREAM) return undefined;
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > LIMITS.messagesMax) {
    return undefined;
  }
  const found = messages.map((each) =>
    isRecord(each) ? messageOf(each, (one) => one) : undefined,
  );
  return found.includes(undefined) ? undefined : found;
}

function messageOf(members: Record<string, unknown>, wrap: (message: unknown) => unknown): unknown {
  const { stream = STREAM, subject, body } = members;
  const isWell =
    stream === STREAM && typeof subject === 'string' && isSubject(subject) && body !== undefined;
  return isWell ? wrap([subject, body]) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const anySpace = fc.constantFrom('', ' ', '\n\t', '\r ');
const anyName = fc.constantFrom(
  '"stream"',
  '"subject"',
  '"body"',
  '"messages"',
  '"sub\\u006aect"',
  '"\\u006d\\u0065ssages"',
  '"x"',
  '"__proto__"',
);
const anyLeaf = fc.constantFrom(
  '"orders"',
  '"orders.eu"',
  '"\\u006frders"',
  '"a.*"',
  '"é\\n"',
  'null',
  '1.50',
  '[]',
  '{}',
  '[{"body": 1}]',
);
const anyMembers = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(anySpace, anyName, anySpace, value, anySpace), { maxLength: 4 })
    .map((all) => `{${all.map(([a, name, b, of, c]) => `${a}${name}${b}:${b}${of}${c}`).join()}}`);
const wellFormed = fc
  .tuple(anySpace, anyLeaf)
  .map(([space, value]) => `{${space}"subject":"a.b",${space}"body":${value}${space}}`);
const anyElement = fc.oneof({ weight: 3, arbitrary: wellFormed }, anyMembers(anyLeaf), anyLeaf);
const anyBatch = fc
  .tuple(fc.array(anyElement, { maxLength: 5 }), anySpace)
  .map(([elements, space]) => `[${space}${elements.join(`${space},`)}${space}]`);
const anyBody = fc.oneof(
  anyMembers(fc.oneof(anyLeaf, anyBatch)),
  anyMembers(anyLeaf).map((text) =>
    text.replace('{', '{"subject":"a","stream":"orders","body":0' + (text === '{}' ? '' : ',')),
  ),
  anyBatch.map((messages) => `{"messages":${messages}}`),
);

describe('what is read of a body', () => {
  const expectAsParsed = (text: string): void => {
    const outcome = read(text);
    const found =
      typeof outcome === 'string'
        ? undefined
        : outcome.map(([subject, body]) => [subject, parse(body)]);
    expect(found, text).toEqual(reference(text));
  };

  it('is what JSON.parse finds in it', () => {
    fc.assert(fc.property(anyBody, expectAsParsed), { numRuns: 3000, seed: 1 });
  });

  it('is what JSON.parse finds in it when a character is changed', () => {
    const anyCharacter = fc.constantFrom(...Array.from('[]{},:"\\ \n0e-+.u\u0001é'));
    const anyChange = fc.tuple(fc.nat(), anyCharacter, fc.nat(1));
    fc.assert(
      fc.property(anyBody, anyChange, (text, [place, character, removed]) => {
        const at = place % (text.length + 1);
        expectAsParsed(text.slice(0, at) + character + text.slice(at + removed));
      }),
      { numRuns: 3000, seed: 2 },
    );
  });
});
