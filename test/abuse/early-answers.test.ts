import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection, requestBytes } from '../support/raw-http.ts';
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

const KIB = 1024;
const millrace = shareMillrace({ memory: true, bodyBytesMax: 64 * KIB });
const embedded = shareMillrace();

const PATH = '/v1/stream/early';
/** A body that reads like a request, to whoever loses track of where the body ends. */
const INNER = `DELETE ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`;
const BODY = INNER.repeat(Math.ceil((32 * KIB) / INNER.length));

beforeAll(async () => {
  await createStream(millrace.port, PATH, { body: 'kept' });
});

describe('H5: an answer that is given while the body still arrives', () => {
  it.each([
    ['400 for a header', 'POST', PATH, ['Stream-Seq:'], 400],
    ['400 for a path', 'PUT', '/v1/stream/%zz', [], 400],
    ['400 for a missing Host', 'PUT', PATH, [], 400],
    ['404 for an address', 'POST', '/a/b/c', [], 404],
    ['405 for a method', 'PATCH', PATH, [], 405],
    ['415 for a Content-Encoding', 'POST', PATH, ['Content-Encoding: gzip'], 415],
    ['200 to a GET with a body', 'GET', PATH, [], 200],
    ['200 to a HEAD with a body', 'HEAD', PATH, [], 200],
    ['204 to an OPTIONS with a body', 'OPTIONS', PATH, [], 204],
    ['412 to a DELETE with a body', 'DELETE', PATH, ['If-Match: "other"'], 412],
  ])(
    'H5: %s is followed by the right answer to the next request',
    async (name, method, target, fields, status) => {
      await unchanged(millrace.port, PATH, async () => {
        const connection = await RawConnection.open(millrace.port);
        const framed = [...fields, 'Content-Type: text/plain', `Content-Length: ${BODY.length}`];
        const hostless = name.includes('Host');
        connection.send(requestBytes({ method, target, fields: framed, hostless }));
        const early = await connection.answer(method);
        expect(early.status).toBe(status);
        connection.send(BODY);
        connection.send(requestBytes({ target: PATH }));
        expect((await connection.answer()).body.toString()).toBe('kept');
        connection.close();
      });
    },
  );

  it('H5: in chunks, it is followed by the right answer to the next request', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const fields = ['Stream-Seq:', 'Transfer-Encoding: chunked'];
      connection.send(requestBytes({ method: 'POST', target: PATH, fields }));
      expectProblem(await connection.answer(), 400, 'invalid-header');
      connection.send(`${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`);
      connection.send(requestBytes({ target: PATH }));
      expect((await connection.answer()).body.toString()).toBe('kept');
      connection.close();
    });
  });

  it('H5: 413 is followed by the right answer to the next request', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const body = BODY.repeat(4);
      const fields = ['Content-Type: text/plain', `Content-Length: ${body.length}`];
      connection.send(requestBytes({ method: 'POST', target: PATH, fields }));
      expectProblem(await connection.answer(), 413, 'body-too-large');
      connection.send(body);
      connection.send(requestBytes({ target: PATH }));
      expect((await connection.answer()).body.toString()).toBe('kept');
      connection.close();
    });
  });

  it('H5: a 413 in the middle of chunks is followed by the right answer as well', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const fields = ['Content-Type: text/plain', 'Transfer-Encoding: chunked'];
      connection.send(requestBytes({ method: 'POST', target: PATH, fields }));
      const chunk = `${BODY.length.toString(16)}\r\n${BODY}\r\n`;
      connection.send(chunk.repeat(4));
      expectProblem(await connection.answer(), 413, 'body-too-large');
      connection.send(`${chunk.repeat(4)}0\r\n\r\n`);
      connection.send(requestBytes({ target: PATH }));
      expect((await connection.answer()).body.toString()).toBe('kept');
      connection.close();
    });
  });

  it('H5: a conflict that is found behind the body leaves the connection usable', async () => {
    const path = '/v1/stream/early-closed';
    await createStream(millrace.port, path, { body: 'all', fields: ['Stream-Closed: true'] });
    await unchanged(millrace.port, path, async () => {
      const connection = await RawConnection.open(millrace.port);
      const fields = ['Content-Type: text/plain'];
      const conflict = requestBytes({ method: 'POST', target: path, fields, body: BODY });
      connection.send(conflict.subarray(0, 1000));
      connection.send(conflict.subarray(1000)).send(requestBytes({ target: path }));
      expectProblem(await connection.answer(), 409, 'stream-closed');
      expect((await connection.answer()).body.toString()).toBe('all');
      connection.close();
    });
  });
});

describe('H5: requests that are sent without waiting for answers', () => {
  it('H5: are carried out and answered in their order', async () => {
    const target = '/v1/stream/pipelined';
    const fields = ['Content-Type: text/plain'];
    const appends = Array.from({ length: 50 }, (_, index) =>
      requestBytes({ method: 'POST', target, fields, body: `${index};` }),
    );
    const connection = await RawConnection.open(millrace.port);
    connection.send(
      Buffer.concat([
        requestBytes({ method: 'PUT', target, fields }),
        ...appends,
        requestBytes({ target }),
        requestBytes({ method: 'DELETE', target }),
        requestBytes({ target }),
      ]),
    );
    expect((await connection.answer()).status).toBe(201);
    for (let count = 0; count < appends.length; count += 1) {
      expect((await connection.answer()).status).toBe(204);
    }
    const all = Array.from(appends, (_, index) => `${index};`).join('');
    expect((await connection.answer()).body.toString()).toBe(all);
    expect((await connection.answer()).status).toBe(204);
    expectProblem(await connection.answer(), 404, 'stream-not-found');
    connection.close();
  });

  it('H5: are carried out in their order on the embedded engine too', async () => {
    const target = '/demo/pipelined';
    const fields = ['Content-Type: text/plain'];
    const connection = await RawConnection.open(embedded.port);
    connection.send(
      Buffer.concat([
        requestBytes({ method: 'PUT', target, fields }),
        requestBytes({ method: 'POST', target, fields, body: 'a' }),
        requestBytes({
          method: 'POST',
          target,
          fields: [...fields, 'Stream-Closed: true'],
          body: 'b',
        }),
        requestBytes({ method: 'POST', target, fields, body: 'c' }),
        requestBytes({ target }),
      ]),
    );
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([201, 204, 204, 409]);
    expect((await connection.answer()).body.toString()).toBe('ab');
    connection.close();
  });

  it('H5: are not carried out behind one that is refused with a closed connection', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      const fields = ['Expect: nonsense'];
      connection.send(
        Buffer.concat([
          requestBytes({ target: PATH, fields }),
          requestBytes({ method: 'DELETE', target: PATH }),
        ]),
      );
      expectProblem(await connection.answer(), 417);
      expect((await connection.rest()).toString()).toBe('');
    });
  });

  it('H5: with bodies that arrived before their turn are carried out in it', async () => {
    const target = '/v1/stream/pipelined-bodies';
    await createStream(millrace.port, target);
    const fields = ['Content-Type: text/plain'];
    const body = Buffer.alloc(48 * KIB, 'x');
    const connection = await RawConnection.open(millrace.port);
    await connection.sendAll(
      Buffer.concat([
        requestBytes({ target: `${target}?offset=-1&live=long-poll` }),
        requestBytes({ method: 'POST', target, fields, body }),
        requestBytes({ target }),
      ]),
    );
    await eventually(async () => (await metric(millrace.port, 'millrace_live_readers')) > 0);
    await append(millrace.port, target, 'news');
    expect((await connection.answer()).body.toString()).toBe('news');
    expect((await connection.answer()).status).toBe(204);
    expect((await connection.answer()).body).toHaveLength(4 + body.length);
    connection.close();
  });

  it.each(['announced', 'in chunks'])(
    'H5: with a body that is too large, %s, are refused in their turn, and the next is answered',
    async (framing) => {
      await unchanged(millrace.port, PATH, async () => {
        const body = Buffer.alloc(1024 * KIB, 'x');
        const chunks = [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
        const isAnnounced = framing === 'announced';
        const large = requestBytes({
          method: 'POST',
          target: PATH,
          fields: [
            'Content-Type: text/plain',
            isAnnounced ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked',
          ],
          body: isAnnounced ? body : Buffer.concat(chunks.map((part) => Buffer.from(part))),
        });
        const read = requestBytes({ target: PATH });
        const connection = await RawConnection.open(millrace.port);
        // More than may be comes with the request before, the rest of it when it has been refused.
        connection.send(Buffer.concat([read, large.subarray(0, 100 * KIB)]));
        expect((await connection.answer()).body.toString()).toBe('kept');
        expectProblem(await connection.answer(), 413, 'body-too-large');
        connection.send(Buffer.concat([large.subarray(100 * KIB), read]));
        expect((await connection.answer()).body.toString()).toBe('kept');
        connection.close();
      });
    },
  );

  it('H5: wait for a long-poll before them', async () => {
    const target = '/v1/stream/pipelined-poll';
    await createStream(millrace.port, target);
    const connection = await RawConnection.open(millrace.port);
    connection.send(
      Buffer.concat([
        requestBytes({ target: `${target}?offset=-1&live=long-poll` }),
        requestBytes({ method: 'HEAD', target }),
      ]),
    );
    await eventually(async () => (await metric(millrace.port, 'millrace_live_readers')) > 0);
    await append(millrace.port, target, 'news');
    expect((await connection.answer()).body.toString()).toBe('news');
    const head = await connection.answer('HEAD');
    expect(head.headers.get('stream-next-offset')).toMatch(/4$/);
    connection.close();
    expect(await stateOf(millrace.port, target)).toMatchObject({ body: 'news' });
  });
});
