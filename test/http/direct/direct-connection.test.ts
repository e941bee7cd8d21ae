import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:http';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { App } from '../../../src/http/app.ts';
import { createListener, listen } from '../../../src/http/listener.ts';
import { createServer, type MillraceOptions } from '../../../src/index.ts';
import { startMillrace, type RunningMillrace } from '../../support/millrace.ts';
import {
  exchange,
  RawConnection,
  requestBytes,
  type Answer,
  type RawRequest,
} from '../../support/raw-http.ts';

async function start(options: MillraceOptions = {}): Promise<RunningMillrace> {
  const millrace = await startMillrace({ memory: true, ...options });
  onTestFinished(() => millrace.close());
  return millrace;
}

async function connect({ port }: RunningMillrace): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  onTestFinished(() => {
    connection.close();
  });
  return connection;
}

async function ask(connection: RawConnection, request: RawRequest): Promise<Answer> {
  return connection.send(requestBytes(request)).answer(request.method);
}

interface HeldMillrace {
  readonly port: number;
  readonly server: Server;
  /** Resolves when a request has been begun that is answered directly. */
  readonly served: Promise<unknown>;
  /** Lets the answers go that are held until then. */
  readonly release: () => void;
}

async function startHeld(): Promise<HeldMillrace> {
  const millrace = await createServer({ memory: true, logger: pino({ level: 'silent' }) });
  const events = new EventEmitter();
  const released = once(events, 'released');
  const app: App = {
    ...millrace.app,
    serveDirectly: (request, { send, decline }) => {
      events.emit('served');
      return millrace.app.serveDirectly(request, {
        send: (answer, onEnd) => {
          void released.then(() => {
            send(answer, onEnd);
          });
        },
        decline,
      });
    },
  };
  const server = createListener(app, millrace.config);
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await millrace.close();
  });
  return {
    port: await listen(server, 0, '127.0.0.1'),
    server,
    served: once(events, 'served'),
    release: () => events.emit('released'),
  };
}

const TEXT = 'Content-Type: text/plain';
const create: RawRequest = { method: 'PUT', target: '/demo/s', fields: [TEXT], body: 'a' };
const append: RawRequest = { method: 'POST', target: '/demo/s', fields: [TEXT], body: 'b' };
const read: RawRequest = { target: '/demo/s' };

/** Asks for trailers, which is harmless, and which only node's parser is asked to understand. */
function byNode(request: RawRequest): RawRequest {
  return { ...request, fields: [...(request.fields ?? []), 'TE: trailers'] };
}

/** Fields that say when an answer was given, or of which of the streams that had the name. */
const OF_ITS_OWN: ReadonlySet<string> = new Set(['date', 'etag', 'stream-cursor']);

/** What of an answer does not differ from server to server, nor from moment to moment. */
function essence({ status, headers, body }: Answer): unknown {
  const fields = [...headers].map(([name, value]) => [name, OF_ITS_OWN.has(name) ? '' : value]);
  return { status, fields, body: body.toString() };
}

const conversation: readonly RawRequest[] = [
  create,
  create,
  append,
  { ...append, body: '' },
  { ...append, fields: ['Content-Type: text/html'] },
  { ...append, fields: [TEXT, 'Origin: https://page.test'] },
  { ...append, fields: [TEXT, 'Producer-Id: p', 'Producer-Epoch: 0', 'Producer-Seq: 0'] },
  { ...append, fields: [TEXT, 'Producer-Id: p', 'Producer-Epoch: 0', 'Producer-Seq: 0'] },
  { ...append, fields: [TEXT, 'Producer-Id: p', 'Producer-Epoch: 0', 'Producer-Seq: 9'] },
  { ...append, fields: [TEXT, 'Content-Encoding: gzip'] },
  { ...append, fields: [TEXT, 'Stream-Seq: 1', 'Stream-Seq: 2'] },
  { ...append, fields: [TEXT, 'If-Match: "other"'] },
  { ...append, body: 'x'.repeat(2000) },
  { ...append, target: '/demo/none' },
  { ...append, target: '/none/s' },
  { ...append, target: '/demo/%zz' },
  { ...append, target: '/demo/s#fragment' },
  { ...append, target: '/-/healthy' },
  { ...append, fields: [TEXT, 'Host: a'] },
  { ...append, fields: [TEXT, 'Host: <'], hostless: true },
  { ...append, hostless: true },
  { method: 'HEAD', target: '/demo/s' },
  { target: '/demo/s' },
  { target: '/demo/s?offset=-1' },
  { target: '/demo/s?offset=now' },
  { target: '/demo/s?offset=0000000000000000_0000000000000001' },
  { target: '/demo/s?offset=0000000000000000_0000000000000009' },
  { target: '/demo/s?offset=x' },
  { target: '/demo/s?offset=now&live=long-poll' },
  { target: '/demo/s?live=nothing' },
  { target: '/demo/none?offset=-1' },
  { target: '/demo/s', fields: ['Origin: https://page.test'] },
  { method: 'PUT', target: '/demo/j', fields: ['Content-Type: application/json'], body: '[1, 2]' },
  { target: '/demo/j' },
  { method: 'HEAD', target: '/demo/none' },
  { method: 'PUT', target: '/more' },
  { method: 'DELETE', target: '/more' },
  { ...append, fields: [TEXT, 'Stream-Closed: true'] },
  append,
  { method: 'DELETE', target: '/demo/s' },
  { method: 'DELETE', target: '/demo/s' },
];

describe('a request that comes whole', () => {
  it('is answered as it would be by way of node', async () => {
    const options = { bodyBytesMax: 1000, longPollTimeoutMs: 50 };
    const [direct, node] = [await start(options), await start(options)];
    for (const request of conversation) {
      const answered = essence(await ask(await connect(direct), request));
      expect({ request, answered }).toEqual({
        request,
        answered: essence(await ask(await connect(node), byNode(request))),
      });
    }
  });

  it('is followed by any number of others', async () => {
    const connection = await connect(await start());
    await ask(connection, create);
    for (let count = 0; count < 100; count += 1) {
      expect((await ask(connection, append)).status).toBe(204);
    }
    expect((await ask(connection, read)).body.toString()).toBe(`a${'b'.repeat(100)}`);
  });
});

describe('a read', () => {
  it('that says what it knows is told when nothing has changed', async () => {
    const connection = await connect(await start());
    await ask(connection, create);
    const { headers } = await ask(connection, read);
    const tag = headers.get('etag') ?? '';
    const again = await ask(connection, { ...read, fields: [`If-None-Match: ${tag}`] });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await ask(connection, read)).body.toString()).toBe('a');
  });

  it('of much at once is answered whole, and the connection goes on', async () => {
    const connection = await connect(await start({ memory: false }));
    await ask(connection, create);
    const body = 'x'.repeat(500_000);
    for (let count = 0; count < 10; count += 1) await ask(connection, { ...append, body });
    const all = `a${body.repeat(10)}`;
    for (let count = 0; count < 2; count += 1) {
      const answer = await ask(connection, { target: '/demo/s?offset=-1' });
      expect(answer.body.toString() === all).toBe(true);
    }
    expect((await ask(connection, append)).status).toBe(204);
  });

  it.each([
    [
      'has ended its half of the connection',
      (connection: RawConnection) => {
        connection.endSending();
      },
    ],
    [
      'is gone',
      (connection: RawConnection) => {
        connection.reset();
      },
    ],
  ])('of much, whose client %s meanwhile, does the server no harm', async (_what, leave) => {
    const millrace = await start({ memory: false });
    const connection = await connect(millrace);
    await ask(connection, create);
    await ask(connection, { ...append, body: 'x'.repeat(2_000_000) });
    for (let count = 0; count < 20; count += 1) {
      const reader = await connect(millrace);
      await reader.sendAll(requestBytes(read));
      leave(reader);
      await reader.ended;
    }
    expect((await ask(await connect(millrace), create)).status).toBe(200);
  });
});

describe('node takes a connection over', () => {
  it('with its first request', async () => {
    const millrace = await start();
    const connection = await connect(millrace);
    expect((await ask(connection, { target: '/-/healthy' })).status).toBe(200);
    expect((await ask(connection, create)).status).toBe(201);
  });

  it('in between, and for good', async () => {
    const connection = await connect(await start());
    await ask(connection, create);
    await ask(connection, append);
    expect((await ask(connection, { target: '/demo' })).status).toBe(200);
    await ask(connection, append);
    expect((await ask(connection, read)).body.toString()).toBe('abb');
  });

  it('with a request that comes in pieces', async () => {
    const connection = await connect(await start());
    await ask(connection, create);
    const bytes = requestBytes({ ...append, body: 'in pieces' });
    for (let at = 0; at < bytes.length; at += 10) {
      await connection.sendAll(bytes.subarray(at, at + 10));
    }
    expect((await connection.answer('POST')).status).toBe(204);
    expect((await ask(connection, read)).body.toString()).toBe('ain pieces');
  });

  it('with a body of many reads', async () => {
    const connection = await connect(await start());
    await ask(connection, create);
    const body = 'x'.repeat(1_000_000);
    expect((await ask(connection, { ...append, body })).status).toBe(204);
    expect((await ask(connection, read)).body.toString()).toBe(`a${body}`);
  });

  it('with requests that come at once, and answers them in their order', async () => {
    const connection = await connect(await start({ memory: false }));
    const bodies = Array.from({ length: 50 }, (_, index) => `${index},`);
    const appends = bodies.map((body) => requestBytes({ ...append, body }));
    await ask(connection, create);
    connection.send(Buffer.concat([...appends, requestBytes(read)]));
    for (const body of bodies) {
      expect({ body, status: (await connection.answer('POST')).status }).toEqual({
        body,
        status: 204,
      });
    }
    expect((await connection.answer()).body.toString()).toBe(`a${bodies.join('')}`);
  });

  it('with what comes while a request is carried out', async () => {
    const { port, served, release } = await startHeld();
    const connection = await RawConnection.open(port);
    await connection.sendAll(requestBytes(create));
    await served;
    await connection.sendAll(requestBytes(append));
    // The server answers others meanwhile, so it has seen the second request too.
    for (const path of ['/-/healthy', '/-/ready']) {
      expect((await exchange(port, { target: path })).status).toBe(200);
    }
    release();
    expect((await connection.answer('PUT')).status).toBe(201);
    expect((await connection.answer('POST')).status).toBe(204);
    expect((await ask(connection, read)).body.toString()).toBe('ab');
    connection.close();
  });
});

describe('a connection ends', () => {
  it('with the answer that is under way when the server stops', async () => {
    const { port, server, served, release } = await startHeld();
    const connection = await RawConnection.open(port);
    connection.send(requestBytes(create));
    await served;
    const closed = new Promise((resolve) => server.close(resolve));
    release();
    const { status, headers } = await connection.answer('PUT');
    expect([status, headers.get('connection')]).toEqual([201, 'close']);
    await connection.ended;
    await closed;
  });

  it('when its client ends it, with the answer that it still waits for', async () => {
    const connection = await connect(await start({ memory: false }));
    connection.send(requestBytes(create));
    connection.endSending();
    expect((await connection.answer('PUT')).status).toBe(201);
    await connection.ended;
  });

  it('when it has been silent for too long before its first request', async () => {
    const connection = await connect(await start({ headersTimeoutMs: 50 }));
    await connection.ended;
  });

  it('when it has been silent for too long after one', async () => {
    const connection = await connect(await start({ keepAliveTimeoutMs: 50 }));
    expect((await ask(connection, create)).headers.get('connection')).toBe('keep-alive');
    await connection.ended;
  });

  it('by way of node when a request does not come to its end in time', async () => {
    const connection = await connect(await start({ requestTimeoutMs: 50, headersTimeoutMs: 50 }));
    connection.send(requestBytes(append).subarray(0, 20));
    expect((await connection.answer('POST')).status).toBe(408);
    await connection.ended;
  });
});
