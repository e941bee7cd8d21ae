import { createServer as createHttpServer, type Server } from 'node:http';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createServer } from '../../../src/index.ts';
import { listen } from '../../../src/http/listener.ts';
import { HttpClient } from '../../support/http/client.ts';
import { onBothEngines } from '../../support/http/engines.ts';

onBothEngines('health', {}, (server) => {
  test.each([
    ['/-/healthy', 'healthy\n'],
    ['/-/ready', 'ready\n'],
  ])('%s is 200 while all is well', async (path, text) => {
    const answer = await server.get(path);
    expect([answer.status, answer.text]).toEqual([200, text]);
    expect(answer.header('cache-control')).toBe('no-store');
    const head = await server.head(path);
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test.each(['/-/healthy', '/-/ready', '/metrics'])('%s is for looking only', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await server.send(method, path);
      expect(answer.verdict).toBe('405 method-not-allowed');
      expect(answer.header('allow')).toBe('GET, HEAD');
    }
  });

  test.each(['/-/healthy?x=1', '/metrics?x=1'])('%s is asked with a query', async (path) => {
    expect((await server.get(path)).status).toBe(200);
  });

  test.each(['/-/', '/-/other', '/-/healthy/', '/-/HEALTHY'])('%s is nothing', async (path) => {
    expect([400, 404]).toContain((await server.get(path)).status);
  });
});

describe('a server that is about to stop', () => {
  test('is healthy, and not ready', async () => {
    const millrace = await createServer({ memory: true, logger: pino({ level: 'silent' }) });
    const server: Server = createHttpServer(millrace.handler);
    const port = await listen(server, 0, '127.0.0.1');
    const client = new HttpClient(() => `http://127.0.0.1:${port}`);
    expect((await client.get('/-/ready')).status).toBe(200);
    millrace.endLiveReads();
    expect((await client.get('/-/ready')).status).toBe(503);
    expect((await client.get('/-/healthy')).status).toBe(200);
    const poll = await client.get('/demo/none?offset=now&live=long-poll');
    expect(poll.status).toBe(404);
    client.close();
    await new Promise((resolve) => server.close(resolve));
    await millrace.close();
  });
});
