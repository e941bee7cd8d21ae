import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { spawnMillrace, type SpawnedMillrace } from '../support/millrace.ts';
import { MemoryWatch, residentBytes } from '../support/process-memory.ts';
import { exchange, RawConnection, requestBytes } from '../support/raw-http.ts';
import { createStream, expectProblem, shareMillrace, unchanged } from './support.ts';

const MIB = 1024 * 1024;
const PATH = '/v1/stream/big';
const HEAD = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n`;
const CHUNK = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);

const millrace = shareMillrace({ memory: true, bodyBytesMax: MIB });

beforeAll(async () => {
  await createStream(millrace.port, PATH, { body: 'kept' });
});

describe('H3: a header that is too large', () => {
  it.each([
    ['one field of 64 KiB', `GET ${PATH} HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`],
    ['16,384 fields', `GET ${PATH} HTTP/1.1\r\nHost: a\r\n${'a:b\r\n'.repeat(16_384)}\r\n`],
    ['a target of 64 KiB', `GET /${'x'.repeat(65_536)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [
      'a field name of 64 KiB',
      `GET ${PATH} HTTP/1.1\r\nHost: a\r\n${'x'.repeat(65_536)}: y\r\n\r\n`,
    ],
    [
      'trailers of 64 KiB',
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'x'.repeat(65_536)}`,
    ],
  ])('H3: %s is answered 431 and the connection closed', async (_case, bytes) => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      expectProblem(await connection.send(bytes).answer(), 431, 'headers-too-large');
      await connection.ended;
    });
  });

  it('H3: chunk extensions without end are answered 413 and the connection closed', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      connection.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(65_536)}`);
      expectProblem(await connection.answer(), 413, 'chunk-extensions-too-large');
      await connection.ended;
    });
  });

  it('H3: no field is lost among thousands that fit', async () => {
    const fields = [...Array.from({ length: 2500 }, () => 'a:'), 'Stream-TTL: nonsense'];
    const answer = await exchange(millrace.port, { method: 'PUT', target: '/v1/stream/x', fields });
    expectProblem(answer, 400, 'invalid-header');
  });
});

describe('H3: a body that is too large', () => {
  it('H3: by its announcement is answered 413 before any of it is sent', async () => {
    await unchanged(millrace.port, PATH, async () => {
      const connection = await RawConnection.open(millrace.port);
      connection.send(`${HEAD}Content-Length: 1000000000000\r\n\r\n`);
      expectProblem(await connection.answer(), 413, 'body-too-large');
      connection.close();
    });
  });

  it('H3: on a PUT is answered 413 and creates nothing', async () => {
    const target = '/v1/stream/big-new';
    const body = Buffer.alloc(MIB + 1);
    expectProblem(await exchange(millrace.port, { method: 'PUT', target, body }), 413);
    expect((await exchange(millrace.port, { target })).status).toBe(404);
  });

  it('H3: by one byte is refused, whole and in chunks, and exactly full is taken', async () => {
    await createStream(millrace.port, '/v1/stream/full', { body: Buffer.alloc(MIB, 'x') });
    await unchanged(millrace.port, PATH, async () => {
      const fields = ['Content-Type: text/plain'];
      const body = Buffer.alloc(MIB + 1, 'x');
      const whole = await exchange(millrace.port, { method: 'POST', target: PATH, fields, body });
      expectProblem(whole, 413, 'body-too-large');
      const inChunks = await exchange(millrace.port, {
        method: 'POST',
        target: PATH,
        fields: [...fields, 'Transfer-Encoding: chunked'],
        body: Buffer.concat([Buffer.from('100001\r\n'), body, Buffer.from('\r\n0\r\n\r\n')]),
      });
      expectProblem(inChunks, 413, 'body-too-large');
    });
  });

  it('H3: is answered 413 to a client that reads only after it has sent everything', async () => {
    const response = await fetch(`http://127.0.0.1:${millrace.port}${PATH}`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: Buffer.alloc(8 * MIB, 'x'),
    });
    expect(response.status).toBe(413);
    await response.body?.cancel();
  });
});

describe('H3: a body without end', () => {
  let server: SpawnedMillrace;
  beforeAll(async () => {
    server = await spawnMillrace(['--memory', '--body-bytes-max', String(MIB)]);
    await createStream(server.port, PATH, { body: 'kept' });
  });
  afterAll(() => server.kill('SIGTERM'));

  /** Sends chunks until the server has had enough or that much is sent, and says how much it was. */
  async function pourInto(connection: RawConnection, bytesMax: number): Promise<number> {
    let sent = 0;
    while (connection.socket.writable && sent < bytesMax) {
      await connection.sendAll(CHUNK);
      sent += CHUNK.length;
    }
    return sent;
  }

  it('H3: is answered 413, then cut off, and memory stays flat', async () => {
    const residentBefore = await residentBytes(server.pid);
    const watch = new MemoryWatch(server.pid);
    await unchanged(server.port, PATH, async () => {
      const connections = await Promise.all(
        Array.from({ length: 4 }, () => RawConnection.open(server.port)),
      );
      await Promise.all(
        connections.map(async (connection) => {
          connection.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
          const answered = connection.answer();
          const sent = await pourInto(connection, 256 * MIB);
          expectProblem(await answered, 413, 'body-too-large');
          expect(sent).toBeLessThan(128 * MIB);
          await connection.ended;
        }),
      );
    });
    expect((await watch.stop()) - residentBefore).toBeLessThan(100 * MIB);
  });

  it.each(['/storage/streams/no%20name/messages', '/storage/streams', '/trigger/stream'])(
    'H3: on a request to %s that is refused is cut off as well',
    async (target) => {
      const connection = await RawConnection.open(server.port);
      const fields = ['Transfer-Encoding: chunked'];
      connection.send(requestBytes({ method: 'POST', target, fields }));
      const answered = connection.answer();
      expect(await pourInto(connection, 256 * MIB)).toBeLessThan(128 * MIB);
      expect([400, 413]).toContain((await answered).status);
      await connection.ended;
    },
  );

  it('H3: on a request whose body nobody wants is dropped, and memory stays flat', async () => {
    const residentBefore = await residentBytes(server.pid);
    const watch = new MemoryWatch(server.pid);
    const connection = await RawConnection.open(server.port);
    const target = '/-/healthy';
    connection.send(requestBytes({ target, fields: ['Transfer-Encoding: chunked'] }));
    expect((await connection.answer()).status).toBe(200);
    await pourInto(connection, 256 * MIB);
    connection.close();
    expect((await watch.stop()) - residentBefore).toBeLessThan(100 * MIB);
  });

  it('H3: in chunks of a byte each costs memory for its bytes, not for its chunks', async () => {
    const path = '/v1/stream/crumbs';
    await createStream(server.port, path);
    const residentBefore = await residentBytes(server.pid);
    const watch = new MemoryWatch(server.pid);
    const connection = await RawConnection.open(server.port);
    connection.send(`${HEAD.replace(PATH, path)}Transfer-Encoding: chunked\r\n\r\n`);
    const crumbs = Buffer.from('1\r\na\r\n1\r\nb\r\n'.repeat(4096));
    for (let sent = 0; sent < MIB; sent += 8192) await connection.sendAll(crumbs);
    connection.send('0\r\n\r\n');
    expect((await connection.answer()).status).toBe(204);
    connection.close();
    expect((await watch.stop()) - residentBefore).toBeLessThan(100 * MIB);
    const { body } = await exchange(server.port, { target: path });
    expect(body.toString() === 'ab'.repeat(MIB / 2)).toBe(true);
  });

  it('H3: in chunks of changing sizes arrives as it was sent', async () => {
    const path = '/v1/stream/pieces';
    await createStream(server.port, path);
    const sizes = [1, 2, 1023, 1024, 1025, 3, 70_000, 5, 5, 65_536, 1000, 1000, 1];
    const pieces = sizes.map((size, index) => Buffer.alloc(size, `${index}.`));
    const connection = await RawConnection.open(server.port);
    connection.send(`${HEAD.replace(PATH, path)}Transfer-Encoding: chunked\r\n\r\n`);
    for (const piece of [...pieces, ...pieces]) {
      const size = piece.length.toString(16);
      await connection.sendAll(
        Buffer.concat([Buffer.from(`${size}\r\n`), piece, Buffer.from('\r\n')]),
      );
    }
    connection.send('0\r\n\r\n');
    expect((await connection.answer()).status).toBe(204);
    connection.close();
    const { body } = await exchange(server.port, { target: path });
    expect(body.equals(Buffer.concat([...pieces, ...pieces]))).toBe(true);
  });
});

describe('H3: paths that are long and many', () => {
  it('H3: are not remembered', async () => {
    const server = await spawnMillrace(['--memory']);
    onTestFinished(() => server.kill('SIGKILL').then(() => undefined));
    const connection = await RawConnection.open(server.port);
    const ask = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        const name = `${index}-${count}-${'a'.repeat(900)}`;
        const target =
          index % 2 === 0
            ? `/v1/stream/${'a'.repeat(12_000)}${name}`
            : `/v1/stream/${name}?${'a'.repeat(12_000)}`;
        connection.send(requestBytes({ target }));
        expect((await connection.answer()).status).toBeGreaterThanOrEqual(400);
      }
    };
    await ask(500);
    const residentBefore = await residentBytes(server.pid);
    await ask(8000);
    connection.close();
    expect((await residentBytes(server.pid)) - residentBefore).toBeLessThan(50 * MIB);
  });
});
