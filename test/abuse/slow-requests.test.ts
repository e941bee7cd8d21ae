import { describe, expect, it } from 'vitest';
import { exchange, RawConnection } from '../support/raw-http.ts';
import {
  createStream,
  eventually,
  expectProblem,
  metric,
  shareMillrace,
  unchanged,
} from './support.ts';

const millrace = shareMillrace({ memory: true, headersTimeoutMs: 600, requestTimeoutMs: 1000 });

const PATH = '/v1/stream/slow';
const HEAD = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n`;

/** Sends one byte after the other, for ever, and stops when the server says or does something. */
async function trickle(connection: RawConnection, bytes: string): Promise<void> {
  let isOver = false;
  for (const event of ['data', 'end', 'close'] as const) {
    connection.socket.once(event, () => {
      isOver = true;
    });
  }
  for (let sent = 0; !isOver; sent += 1) {
    connection.send(bytes.charAt(sent % bytes.length));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function postsCounted(): Promise<number> {
  return metric(millrace.port, 'millrace_http_request_seconds_count', 'method="POST"');
}

describe('H1: a client that sends its headers slowly', () => {
  it('H1: is answered 408 and cut off', async () => {
    const connection = await RawConnection.open(millrace.port);
    connection.send('GET /v1/stream/slow HTTP/1.1\r\nHost: a\r\nX: ');
    await trickle(connection, 'x');
    expectProblem(await connection.answer(), 408, 'request-timeout');
    await connection.ended;
  });

  it('H1: is cut off as well when it sends the request line byte by byte', async () => {
    const connection = await RawConnection.open(millrace.port);
    connection.send('GET /');
    await trickle(connection, 'a');
    expectProblem(await connection.answer(), 408, 'request-timeout');
    await connection.ended;
  });

  it('H1: keeps nobody else from being answered', async () => {
    const slow = await Promise.all(
      Array.from({ length: 50 }, () => RawConnection.open(millrace.port)),
    );
    for (const connection of slow) connection.send('GET / HTTP/1.1\r\nHost: ');
    expect((await exchange(millrace.port, { target: '/-/healthy' })).status).toBe(200);
    await Promise.all(slow.map((connection) => connection.ended));
  });

  it('H1: is cut off when it sends nothing at all', async () => {
    const connection = await RawConnection.open(millrace.port);
    await connection.ended;
  });
});

describe('H2: a body that does not arrive whole', () => {
  it('H2: too slowly sent is answered 408, and what comes later completes nothing', async () => {
    await createStream(millrace.port, PATH, { body: 'kept' });
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      connection.send(`${HEAD}Content-Length: 10000\r\n\r\n`);
      await trickle(connection, 'x');
      expectProblem(await connection.answer(), 408, 'request-timeout');
      // The rest and more: a server that still reads would take the request for complete.
      connection.send('y'.repeat(10_000));
      await connection.ended;
    });
  });

  it('H2: too slowly sent in chunks is answered 408, and a last chunk completes nothing', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      connection.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      await trickle(connection, '1\r\nx\r\n');
      expectProblem(await connection.answer(), 408, 'request-timeout');
      connection.send('1\r\ny\r\n0\r\n\r\n0\r\n\r\n');
      await connection.ended;
    });
  });

  it.each([
    ['shorter than its Content-Length', `${HEAD}Content-Length: 10\r\n\r\nabc`],
    ['without its last chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`],
    ['broken off inside a chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nabc`],
    ['broken off before its final line end', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`],
  ])('H2: %s appends nothing when the client stops sending', async (_case, bytes) => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      connection.send(bytes).endSending();
      expectProblem(await connection.answer(), 400);
      await connection.ended;
    });
  });

  it.each([
    ['shorter than its Content-Length', `${HEAD}Content-Length: 10\r\n\r\nabc`],
    ['without its last chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`],
  ])('H2: %s appends nothing when the connection is reset', async (_case, bytes) => {
    await unchanged(millrace.port, PATH, async () => {
      const before = await postsCounted();
      const connection = await RawConnection.open(millrace.port);
      await connection.sendAll(Buffer.from(bytes));
      connection.reset();
      await eventually(async () => (await postsCounted()) > before);
    });
  });

  it('H2: of a PUT creates nothing', async () => {
    const connection = await RawConnection.open(millrace.port);
    connection
      .send('PUT /v1/stream/half HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
      .endSending();
    expectProblem(await connection.answer(), 400);
    expect((await exchange(millrace.port, { target: '/v1/stream/half' })).status).toBe(404);
  });
});
