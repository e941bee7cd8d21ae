import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { exchange, type Answer } from '../support/raw-http.ts';
import { SseReader } from '../support/sse-reader.ts';
import {
  createStream,
  expectProblem,
  shareMillrace,
  stateOf,
  unchanged,
  named,
} from './support.ts';

const millrace = shareMillrace({ memory: true });

const PATH = '/v1/stream/json';
const FIELDS = ['Content-Type: application/json'];

beforeAll(async () => {
  await createStream(millrace.port, PATH, { type: 'application/json', body: '["kept"]' });
});

function post(body: string | Buffer, target = PATH): Promise<Answer> {
  return exchange(millrace.port, { method: 'POST', target, fields: FIELDS, body });
}

/** The bomb's answer, while somebody else is answered too. */
async function postAmidOthers(body: string | Buffer): Promise<Answer> {
  const bomb = post(body);
  const others = Array.from({ length: 5 }, () => exchange(millrace.port, { target: PATH }));
  for (const other of await Promise.all(others)) expect(other.status).toBe(200);
  return bomb;
}

let count = 0;
async function newStream(): Promise<string> {
  count += 1;
  const path = `/v1/stream/json-${count}`;
  await createStream(millrace.port, path, { type: 'application/json' });
  return path;
}

describe('H10: JSON that is too much', () => {
  const deep = 100_000;
  it.each([
    ['arrays 100,000 deep', '['.repeat(deep) + ']'.repeat(deep), 400, 'json-too-deep'],
    ['arrays 100,000 deep without an end', '['.repeat(deep), 400, 'json-too-deep'],
    ['objects 100,000 deep', '{"a":'.repeat(deep) + '1' + '}'.repeat(deep), 400, 'json-too-deep'],
    ['a deep array in a shallow object', `{"a":${'['.repeat(deep)}`, 400, 'json-too-deep'],
    ['arrays and objects 8 million deep', '[{"a":'.repeat(1_300_000), 400, 'json-too-deep'],
    ['1,000,000 messages', `[${'1,'.repeat(999_999)}1]`, 413, 'too-many-messages'],
    ['1,000,000 empty messages', `[${'[],'.repeat(999_999)}{}]`, 413, 'too-many-messages'],
    ['16 MiB of white space and nothing else', ' '.repeat(16 * 1024 * 1024), 400, 'invalid-json'],
    ['an array of commas', `[${','.repeat(1_000_000)}]`, 400, 'invalid-json'],
    ['an endless string', `"${'\\\\'.repeat(1_000_000)}`, 400, 'invalid-json'],
    ['an endless number', '1'.repeat(1_000_000) + 'e', 400, 'invalid-json'],
  ])('H10: being %s is refused', async (_case, body, status, code) => {
    await unchanged(millrace.port, PATH, async () => {
      expectProblem(await postAmidOthers(body), status, code);
    });
    const target = `${PATH}-new`;
    const answer = await exchange(millrace.port, { method: 'PUT', target, fields: FIELDS, body });
    expectProblem(answer, status, code);
    expect((await exchange(millrace.port, { target })).status).toBe(404);
  });
});

describe('H10: JSON that is none', () => {
  it.each([
    '{',
    '}',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a"}',
    '{"a":}',
    '{1:1}',
    '01',
    '+1',
    '.5',
    '5.',
    '1e',
    '0x10',
    'NaN',
    'Infinity',
    '-',
    'undefined',
    'True',
    'nul',
    '"a',
    '"\n"',
    '"\t"',
    '"\0"',
    '"\\x41"',
    '"\\u12"',
    '"\\ud8"',
    '// x\n1',
    '/* x */ 1',
    '1 2',
    '[1] [2]',
    '[1]\n[2]',
    '{"a":1}{"b":2}',
    '[1}',
    '{"a":[}',
    '\u00a01',
    '\ufeff1',
    '\v1',
    '1\0',
    '__proto__',
  ])('H10: %j is refused', async (body) => {
    await unchanged(millrace.port, PATH, async () => {
      expectProblem(await post(body), 400, 'invalid-json');
    });
  });

  it.each(named(['[]', ' [ ] ', '[\r\n]']))(
    'H10: %s holds nothing to append',
    async (_name, body) => {
      await unchanged(millrace.port, PATH, async () => {
        expectProblem(await post(body), 400, 'empty-append');
      });
    },
  );
});

describe('H10: JSON that is odd but JSON', () => {
  const wide = `[${'1,'.repeat(999_999)}1]`;
  const big = '9'.repeat(100_000);
  it.each([
    ['a number of 100,000 digits', big, `[${big}]`],
    ['a number beyond any', '1e99999', '[1e99999]'],
    ['a number with many zeros', '-0.000e+0000', '[-0.000e+0000]'],
    ['a message of 1,000,000 elements', `[${wide}]`, `[${wide}]`],
    ['keys that repeat', '{"a":1,"a":2,"a":3}', '[{"a":1,"a":2,"a":3}]'],
    ['a key of every prototype', '{"__proto__":{"x":1}}', '[{"__proto__":{"x":1}}]'],
    [
      'a constructor',
      '{"constructor":{"prototype":{"x":1}}}',
      '[{"constructor":{"prototype":{"x":1}}}]',
    ],
    ['a lone surrogate', '"\\ud800"', '["\\ud800"]'],
    ['surrogates the wrong way round', '"\\udc00\\ud800"', '["\\udc00\\ud800"]'],
    ['an escaped zero byte', '"\\u0000"', '["\\u0000"]'],
    ['an escaped slash', '"\\/"', '["\\/"]'],
    ['separators of lines', '"\u2028\u2029"', '["\u2028\u2029"]'],
    ['a DEL', '"\u007f"', '["\u007f"]'],
    ['white space everywhere', ' [ {\t"a" :\r\n1 } , 2 ]\n', '[{\t"a" :\r\n1 },2]'],
    ['empty keys', '{"":{"":""}}', '[{"":{"":""}}]'],
    [
      'as deep as may be',
      `${'['.repeat(127)}1${']'.repeat(127)}`,
      `${'['.repeat(127)}1${']'.repeat(127)}`,
    ],
  ])('H10: with %s is kept as it was sent', async (_case, body, kept) => {
    const path = await newStream();
    expect((await post(body, path)).status).toBe(204);
    const read = await exchange(millrace.port, { target: path });
    expect(read.body.toString() === kept).toBe(true);
    const reader = await SseReader.open(millrace.port, path);
    await reader.untilUpToDate();
    expect(reader.text === withLf(kept)).toBe(true);
    reader.close();
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  it('H10: of as many messages as may be is taken and read back', async () => {
    const path = await newStream();
    const body = `[${Array.from({ length: 65_536 }, (_, index) => index).join(',')}]`;
    expect((await postAmidOthersTo(path, body)).status).toBe(204);
    expect(await stateOf(millrace.port, path)).toMatchObject({ body });
  });
});

function withLf(text: string): string {
  return text.replaceAll(/\r\n|\r/g, '\n');
}

async function postAmidOthersTo(path: string, body: string): Promise<Answer> {
  const [answer] = await Promise.all([
    post(body, path),
    exchange(millrace.port, { target: '/-/healthy' }),
  ]);
  return answer;
}

describe('H11: a compressed body', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  it.each(
    named([
      'gzip',
      'GZIP',
      'x-gzip',
      'deflate',
      'br',
      'zstd',
      'compress',
      'gzip, gzip',
      'identity, gzip',
      'nonsense',
      '',
    ]),
  )('H11: with Content-Encoding %s is refused', async (_name, encoding) => {
    const fields = [...FIELDS, `Content-Encoding: ${encoding}`];
    await unchanged(millrace.port, PATH, async () => {
      const answer = await exchange(millrace.port, {
        method: 'POST',
        target: PATH,
        fields,
        body: bomb,
      });
      expectProblem(answer, 415, 'content-encoding-unsupported');
    });
    const target = `${PATH}-new`;
    const answer = await exchange(millrace.port, { method: 'PUT', target, fields, body: bomb });
    expectProblem(answer, 415);
    expect((await exchange(millrace.port, { target })).status).toBe(404);
  });

  it('H11: without Content-Encoding is bytes like any other', async () => {
    const path = '/v1/stream/bytes';
    await createStream(millrace.port, path, { type: 'application/gzip', body: bomb });
    expect((await exchange(millrace.port, { target: path })).body.equals(bomb)).toBe(true);
  });

  it('H11: with Content-Encoding identity is as it is', async () => {
    const path = await newStream();
    const fields = [...FIELDS, 'Content-Encoding: identity'];
    const body = '1';
    const answer = await exchange(millrace.port, { method: 'POST', target: path, fields, body });
    expect(answer.status).toBe(204);
  });
});
