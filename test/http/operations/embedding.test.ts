import { createServer as createHttpServer, type Server } from 'node:http';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createServer, DEFAULTS, type Millrace } from '../../../src/index.ts';
import { listen } from '../../../src/http/listener.ts';
import { HttpClient } from '../../support/http/client.ts';
import { EventStream } from '../../support/http/event-stream.ts';
import { temporaryFolder } from '../../support/millrace.ts';

const TEXT = { 'Content-Type': 'text/plain' };
const QUIET = pino({ level: 'silent' });

describe.each([false, true])('a server of one’s own around Millrace, in memory: %s', (memory) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let millrace: Millrace;
  let server: Server;
  let client: HttpClient;

  beforeEach(async () => {
    folder = await temporaryFolder();
    millrace = await createServer({ memory, dataDir: folder.path, logger: QUIET });
    server = createHttpServer((request, response) => {
      if (request.url === '/pages/of/mine') response.end('mine');
      else millrace.handler(request, response);
    });
    const port = await listen(server, 0, '127.0.0.1');
    client = new HttpClient(() => `http://127.0.0.1:${port}`);
  });

  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await millrace.close();
    await folder.remove();
  });

  test('answers for both, at the same port', async () => {
    expect((await client.get('/pages/of/mine')).text).toBe('mine');
    expect((await client.put('/demo/one', { headers: TEXT, body: 'abc' })).status).toBe(201);
    expect((await client.post('/demo/one', { headers: TEXT, body: 'def' })).status).toBe(204);
    expect((await client.get('/demo/one')).text).toBe('abcdef');
    const reader = await EventStream.open(client, '/demo/one');
    await reader.until(({ data }) => data.length === 1);
    await reader.cut();
  });

  test('is configured as the command line is, and knows all that it was not told', () => {
    expect(millrace.config).toEqual({ ...DEFAULTS, memory, dataDir: folder.path });
  });

  test('closes cleanly: readers end, its own routes go on, and Millrace’s say that it is over', async () => {
    await client.put('/demo/one', { headers: TEXT, body: 'abc' });
    const reader = await EventStream.open(client, '/demo/one');
    await reader.until(({ data }) => data.length === 1);
    const polling = client.get('/demo/one?offset=now&live=long-poll');
    await reader.until(({ controls }) => controls.length === 1);
    await millrace.close();
    await reader.ended;
    expect(reader.isComplete).toBe(true);
    expect([204, 503]).toContain((await polling).status);
    expect((await client.get('/pages/of/mine')).text).toBe('mine');
    const write = await client.post('/demo/one', { headers: TEXT, body: 'late' });
    expect([503, 404]).toContain(write.status);
    expect((await client.get('/-/ready')).status).toBe(503);
  });

  test('may be closed twice, and at once', async () => {
    await Promise.all([millrace.close(), millrace.close()]);
    await millrace.close();
  });
});

describe('several Millraces in one process', () => {
  test('have nothing to do with each other', async () => {
    const options = { memory: true, logger: QUIET };
    const both = await Promise.all([createServer(options), createServer(options)]);
    const servers = both.map(({ handler }) => createHttpServer(handler));
    const ports = await Promise.all(servers.map((server) => listen(server, 0, '127.0.0.1')));
    const clients = ports.map((port) => new HttpClient(() => `http://127.0.0.1:${port}`));
    const [one, other] = clients;
    expect((await one?.put('/demo/one', { headers: TEXT, body: 'abc' }))?.status).toBe(201);
    expect((await other?.get('/demo/one'))?.status).toBe(404);
    for (const client of clients) client.close();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await Promise.all(both.map((millrace) => millrace.close()));
  });

  test('lets go of its folder when it closes, and not before', async () => {
    const folder = await temporaryFolder();
    const options = { dataDir: folder.path, logger: QUIET };
    const first = await createServer(options);
    await expect(createServer(options)).rejects.toThrow();
    await first.close();
    const second = await createServer(options);
    await second.close();
    await folder.remove();
  });
});
