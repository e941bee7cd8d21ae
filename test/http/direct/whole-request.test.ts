import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WholeRequestParser, type WholeRequest } from '../../../src/http/direct/whole-request.ts';
import { requestBytes } from '../../support/raw-http.ts';

const HEADER_BYTES_MAX = 1024;

function parse(bytes: Buffer | string): WholeRequest | undefined {
  return new WholeRequestParser(HEADER_BYTES_MAX).parse(Buffer.from(bytes));
}

const HOST = 'Host: a\r\n';

describe('a request that comes whole is read when it', () => {
  it('is a plain append', () => {
    const body = Buffer.from([0, 13, 10, 255]);
    const fields = ['Content-Type: text/plain', 'producer-id:\t p 1 ', 'X-Other: anything'];
    const target = '/demo/a%20b?x=1&y=?';
    const request = parse(requestBytes({ method: 'POST', target, fields, body }));
    expect(request).toMatchObject({ method: 'POST', path: '/demo/a%20b', query: 'x=1&y=?' });
    expect(request?.headers).toMatchObject({
      host: 'millrace.test',
      contentType: 'text/plain',
      producerId: 'p 1',
    });
    expect(request?.body).toEqual(body);
  });

  it.each(['POST', 'GET', 'PUT', 'HEAD', 'DELETE'])('is a %s without a body', (method) => {
    expect(parse(`${method} / HTTP/1.1\r\n${HOST}\r\n`)).toMatchObject({ method, path: '/' });
  });

  it('says that the connection is to be kept', () => {
    expect(parse(`PUT / HTTP/1.1\r\n${HOST}Connection: Keep-Alive\r\n\r\n`)).toBeDefined();
  });

  it('repeats a field that is a list', () => {
    const fields = 'If-Match: "a"\r\nIf-Match: "b"\r\n';
    const request = parse(`PUT / HTTP/1.1\r\n${HOST}${fields}\r\n`);
    expect(request?.headers.ifMatch).toBe('"a", "b"');
  });
});

describe('a request is left to node when', () => {
  it.each([
    ['it is nothing', ''],
    ['its head is not all there', `POST / HTTP/1.1\r\n${HOST}`],
    ['its body is not all there', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nab`],
    ['more follows', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabcd`],
    ['a body follows that is not announced', `POST / HTTP/1.1\r\n${HOST}\r\nab`],
    ['a line end comes before it', `\r\nPOST / HTTP/1.1\r\n${HOST}\r\n`],
    ['its method is in lower case', `post / HTTP/1.1\r\n${HOST}\r\n`],
    ['its method is another', `PATCH / HTTP/1.1\r\n${HOST}\r\n`],
    ['its version is 1.0', `POST / HTTP/1.0\r\n${HOST}\r\n`],
    ['its version is 2.0', `POST / HTTP/2.0\r\n${HOST}\r\n`],
    ['its target is a whole URL', `POST http://a/ HTTP/1.1\r\n${HOST}\r\n`],
    ['its target is *', `DELETE * HTTP/1.1\r\n${HOST}\r\n`],
    ['its target holds a space', `POST /a b HTTP/1.1\r\n${HOST}\r\n`],
    ['its target holds a byte above 127', `POST /\xe4 HTTP/1.1\r\n${HOST}\r\n`],
    ['two spaces part its line', `POST  / HTTP/1.1\r\n${HOST}\r\n`],
    ['it has no Host', 'POST / HTTP/1.1\r\nX: a\r\n\r\n'],
    ['it has no field', 'POST / HTTP/1.1\r\n\r\n'],
    ['it has two Hosts', `POST / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
    [
      'it has two lengths',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\ncontent-length: 0\r\n\r\n`,
    ],
    ['its length is signed', `POST / HTTP/1.1\r\n${HOST}Content-Length: +2\r\n\r\nab`],
    ['its length is a list', `POST / HTTP/1.1\r\n${HOST}Content-Length: 2, 2\r\n\r\nab`],
    ['its length is hexadecimal', `POST / HTTP/1.1\r\n${HOST}Content-Length: 0x2\r\n\r\nab`],
    ['its length is empty', `POST / HTTP/1.1\r\n${HOST}Content-Length:\r\n\r\n`],
    ['it is chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['it is chunked in capitals', `POST / HTTP/1.1\r\n${HOST}TRANSFER-ENCODING: x\r\n\r\n`],
    ['it expects to be waited for', `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n\r\n`],
    ['it wants another protocol', `POST / HTTP/1.1\r\n${HOST}Upgrade: h2c\r\n\r\n`],
    ['it ends the connection', `POST / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
    ['it names fields of the connection', `POST / HTTP/1.1\r\n${HOST}Connection: x\r\n\r\n`],
    ['a field is folded', `POST / HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`],
    ['a space stands before a colon', `POST / HTTP/1.1\r\n${HOST}X : a\r\n\r\n`],
    ['a field has no name', `POST / HTTP/1.1\r\n${HOST}: a\r\n\r\n`],
    ['a line has no colon', `POST / HTTP/1.1\r\n${HOST}X\r\n\r\n`],
    ['a value holds a bare line feed', `POST / HTTP/1.1\r\n${HOST}X: a\nY: b\r\n\r\n`],
    ['a value holds a bare carriage return', `POST / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`],
    ['a value holds a zero', `POST / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
    ['a value holds a byte above 127', `POST / HTTP/1.1\r\n${HOST}X: \xe4\r\n\r\n`],
    ['lines end with a line feed alone', 'POST / HTTP/1.1\nHost: a\n\n'],
    ['its head is too long', `POST / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(1024)}\r\n\r\n`],
  ])('%s', (_when, text) => {
    expect(parse(Buffer.from(text, 'latin1'))).toBeUndefined();
  });

  it('it is any part of one, or one and any part of the next', () => {
    const whole = requestBytes({ method: 'POST', target: '/demo/a', body: 'body' });
    const two = Buffer.concat([whole, whole]);
    fc.assert(
      fc.property(fc.nat(two.length), fc.nat(two.length), (from, to) => {
        const isWhole =
          (from === 0 && to === whole.length) || (from === whole.length && to === two.length);
        expect(parse(two.subarray(from, to)) !== undefined).toBe(isWhole);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a client that says the same of itself with every request', () => {
  it('is understood each time', () => {
    const parser = new WholeRequestParser(HEADER_BYTES_MAX);
    for (const target of ['/demo/a', '/demo/b', '/demo/b']) {
      const request = parser.parse(requestBytes({ method: 'POST', target, body: target }));
      expect(request).toMatchObject({ path: target, headers: { host: 'millrace.test' } });
      expect(request?.body.toString()).toBe(target);
    }
  });

  it('is understood anew when it says something else', () => {
    const parser = new WholeRequestParser(HEADER_BYTES_MAX);
    const saying = (field: string): WholeRequest | undefined =>
      parser.parse(requestBytes({ method: 'PUT', target: '/', fields: [field] }));
    expect(saying('Stream-Seq: 1')?.headers.streamSeq).toBe('1');
    expect(saying('Stream-Seq: 2')?.headers.streamSeq).toBe('2');
    expect(saying('Expect: 1')).toBeUndefined();
    expect(saying('Expect: 1')).toBeUndefined();
    expect(saying('Stream-Seq: 1')?.headers.streamSeq).toBe('1');
  });
});
