import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../support/raw-http.ts';
import {
  append,
  createStream,
  eventually,
  expectProblem,
  metric,
  shareMillrace,
  stateOf,
  unchanged,
} from './support.ts';

const millrace = shareMillrace({ memory: true });

const PATH = '/v1/stream/smuggled';
const START = `POST ${PATH} HTTP/1.1\r\n`;
const HOST = 'Host: a\r\n';
const TYPE = 'Content-Type: text/plain\r\n';
const HEAD = START + HOST + TYPE;
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
/** What a second parser could take for a request of its own. */
const INNER = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nX`;

beforeAll(async () => {
  await createStream(millrace.port, PATH, { body: 'kept' });
});

/** The one answer that these bytes get, after which the connection is closed. */
async function expectRefusedAndClosed(bytes: string): Promise<void> {
  await unchanged(millrace.port, PATH, async () => {
    const connection = await RawConnection.open(millrace.port);
    expectProblem(await connection.send(bytes).answer(), 400);
    expect((await connection.rest()).toString()).toBe('');
  });
}

describe('H4: a request whose end two parsers could see in two places', () => {
  it.each([
    ['Content-Length and Transfer-Encoding', `Content-Length: 6\r\nTransfer-Encoding: chunked`],
    ['Transfer-Encoding and Content-Length', `Transfer-Encoding: chunked\r\nContent-Length: 6`],
    ['two different Content-Lengths', `Content-Length: 6\r\nContent-Length: 0`],
    ['the same Content-Length twice', `Content-Length: 6\r\nContent-Length: 6`],
    ['a list of Content-Lengths', `Content-Length: 6, 6`],
    ['a signed Content-Length', `Content-Length: +6`],
    ['a negative Content-Length', `Content-Length: -6`],
    ['a hexadecimal Content-Length', `Content-Length: 0x6`],
    ['a fractional Content-Length', `Content-Length: 6.0`],
    ['a Content-Length with a digit separator', `Content-Length: 6_0`],
    ['an empty Content-Length', `Content-Length:`],
    ['a Content-Length beyond 64 bits', `Content-Length: 18446744073709551622`],
    ['a Content-Length after white space', `Content-Length : 6`],
    ['a Content-Length behind a vertical tab', `Content-Length: \x0b6`],
    ['a Transfer-Encoding that ends in gzip', `Transfer-Encoding: chunked, gzip`],
    ['a Transfer-Encoding of gzip', `Transfer-Encoding: gzip`],
    ['a Transfer-Encoding of gzip and chunked', `Transfer-Encoding: gzip, chunked`],
    ['a Transfer-Encoding of identity', `Transfer-Encoding: identity`],
    ['a Transfer-Encoding of identity and chunked', `Transfer-Encoding: identity, chunked`],
    ['a Transfer-Encoding of chunked twice', `Transfer-Encoding: chunked, chunked`],
    [
      'Transfer-Encodings in two fields',
      `Transfer-Encoding: identity\r\nTransfer-Encoding: chunked`,
    ],
    [
      'Transfer-Encodings in two fields, swapped',
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: x`,
    ],
    ['a Transfer-Encoding with a parameter', `Transfer-Encoding: chunked;q=1`],
    ['a Transfer-Encoding in quotes', `Transfer-Encoding: "chunked"`],
    ['an unknown Transfer-Encoding', `Transfer-Encoding: xchunked`],
    ['an empty Transfer-Encoding', `Transfer-Encoding:`],
    ['a Transfer-Encoding behind a vertical tab', `Transfer-Encoding: \x0bchunked`],
    ['a Transfer-Encoding after white space', `Transfer-Encoding : chunked`],
    ['a Transfer-Encoding on a folded line', `Transfer-Encoding:\r\n chunked`],
  ])('H4: with %s is refused', async (_case, fields) => {
    await expectRefusedAndClosed(`${HEAD}${fields}\r\n\r\n1\r\nx\r\n0\r\n\r\n${INNER}`);
  });

  it('H4: with a Transfer-Encoding in HTTP/1.0 is refused', async () => {
    await expectRefusedAndClosed(CHUNKED.replace('HTTP/1.1', 'HTTP/1.0') + '1\r\nx\r\n0\r\n\r\n');
  });

  it('H4: is refused in the same way when the body comes later', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      connection.send(`${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`);
      expectProblem(await connection.answer(), 400, 'invalid-header');
      connection.send(`0\r\n\r\n${INNER}`);
      expect((await connection.rest()).toString()).toBe('');
    });
  });
});

describe('H4: a chunk that is no chunk', () => {
  it.each([
    ['a size that is no number', 'g\r\nx\r\n0\r\n\r\n'],
    ['a negative size', '-1\r\nx\r\n0\r\n\r\n'],
    ['a signed size', '+1\r\nx\r\n0\r\n\r\n'],
    ['a size with a prefix', '0x1\r\nx\r\n0\r\n\r\n'],
    ['white space before the size', ' 1\r\nx\r\n0\r\n\r\n'],
    ['white space behind the size', '1 \r\nx\r\n0\r\n\r\n'],
    ['an empty size', '\r\nx\r\n0\r\n\r\n'],
    ['a size beyond 64 bits', '10000000000000001\r\nx\r\n0\r\n\r\n'],
    ['more data than its size', '1\r\nxx\r\n0\r\n\r\n'],
    ['no line end behind its data', '1\r\nx0\r\n\r\n'],
    ['a bare LF behind the size', '1\nx\r\n0\r\n\r\n'],
    ['a bare CR behind the size', '1\rx\r\n0\r\n\r\n'],
    ['a bare LF behind the data', '1\r\nx\n0\r\n\r\n'],
    ['a bare LF behind an extension', '1;a\nx\r\n0\r\n\r\n'],
    ['a bare LF at the end', '1\r\nx\r\n0\n\n'],
    ['a trailer that is no field', '1\r\nx\r\n0\r\nnonsense\r\n\r\n'],
    ['a trailer that frames', '1\r\nx\r\n0\r\nContent-Length: 9\r\n\r\n'],
  ])('H4: having %s is refused, and nothing of the body appended', async (_case, chunks) => {
    await expectRefusedAndClosed(`${CHUNKED}${chunks}${INNER}`);
  });

  it('H4: is refused in the same way when good chunks came before', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      await connection.sendAll(Buffer.from(`${CHUNKED}1\r\nx\r\n1\r\ny\r\n`));
      connection.send('zz\r\n');
      expectProblem(await connection.answer(), 400, 'malformed-request');
      await connection.ended;
    });
  });
});

describe('H4: a header that two parsers could read in two ways', () => {
  const BODY = 'Content-Length: 1\r\n\r\nx';
  it.each([
    ['bare LFs throughout', (HEAD + BODY).replaceAll('\r', '')],
    ['a bare LF behind the request line', `POST ${PATH} HTTP/1.1\n${HOST}${TYPE}${BODY}`],
    ['a bare LF behind a field', `${START}Host: a\n${TYPE}${BODY}`],
    ['a bare LF at the end', `${HEAD}Content-Length: 1\r\n\nx`],
    ['a bare CR behind a field', `${START}Host: a\r${TYPE}${BODY}`],
    ['a bare CR inside a value', `${HEAD}X: a\rb\r\n${BODY}`],
    ['a folded line', `${HEAD}X: a\r\n b\r\n${BODY}`],
    ['a line folded by a tab', `${HEAD}X: a\r\n\tb\r\n${BODY}`],
    ['a folded first line', `${START} ${HOST}${TYPE}${BODY}`],
    ['white space before the colon', `${START}Host : a\r\n${TYPE}${BODY}`],
    ['a line without a colon', `${HEAD}nonsense\r\n${BODY}`],
    ['a field without a name', `${HEAD}: x\r\n${BODY}`],
    ['a name with a space', `${HEAD}X Y: z\r\n${BODY}`],
    ['a name beyond ASCII', `${HEAD}\xe9: z\r\n${BODY}`],
    ['a zero byte in a value', `${HEAD}X: a\0b\r\n${BODY}`],
    ['a zero byte in a name', `${HEAD}X\0Y: z\r\n${BODY}`],
    ['a space inside the target', `POST ${PATH} x HTTP/1.1\r\n${HOST}${TYPE}${BODY}`],
    ['tabs in the request line', `POST\t${PATH}\tHTTP/1.1\r\n${HOST}${TYPE}${BODY}`],
  ])('H4: with %s is refused', async (_case, bytes) => {
    await expectRefusedAndClosed(bytes);
  });
});

describe('H4: what follows a good request', () => {
  it('H4: being none, leaves that request its own answer', async () => {
    await createStream(millrace.port, '/v1/stream/followed');
    const connection = await RawConnection.open(millrace.port);
    const good = INNER.replace(PATH, '/v1/stream/followed');
    connection.send(`${good}nonsense\r\n\r\n`);
    expect((await connection.answer()).status).toBe(204);
    expectProblem(await connection.answer(), 400, 'malformed-request');
    expect((await connection.rest()).toString()).toBe('');
    expect(await stateOf(millrace.port, '/v1/stream/followed')).toMatchObject({ body: 'X' });
  });

  it('H4: being none, leaves several requests their own answers', async () => {
    const connection = await RawConnection.open(millrace.port);
    const read = `GET ${PATH} HTTP/1.1\r\n${HOST}\r\n`;
    connection.send(`${read}${read}${read}\x00`);
    for (let count = 0; count < 3; count += 1) {
      expect((await connection.answer()).body.toString()).toBe('kept');
    }
    expectProblem(await connection.answer(), 400, 'malformed-request');
    await connection.ended;
  });

  it('H4: being none, never gets into the middle of a live answer', async () => {
    const connection = await RawConnection.open(millrace.port);
    connection.send(`GET ${PATH}?offset=-1&live=sse HTTP/1.1\r\n${HOST}\r\n`);
    expect((await connection.head()).headers.get('content-type')).toBe('text/event-stream');
    connection.send('nonsense\r\n\r\n');
    expect((await connection.rest()).toString()).not.toContain('HTTP/1.1');
  });

  it('H4: after a waiting long-poll is judged once that has its answer', async () => {
    const path = '/v1/stream/polled';
    await createStream(millrace.port, path);
    const connection = await RawConnection.open(millrace.port);
    connection.send(`GET ${path}?offset=-1&live=long-poll HTTP/1.1\r\n${HOST}\r\nnonsense\r\n\r\n`);
    await eventually(async () => (await metric(millrace.port, 'millrace_live_readers')) > 0);
    await append(millrace.port, path, 'news');
    expect((await connection.answer()).body.toString()).toBe('news');
    expectProblem(await connection.answer(), 400, 'malformed-request');
    await connection.ended;
  });
});
