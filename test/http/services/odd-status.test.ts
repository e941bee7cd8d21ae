import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { freshName } from '../../support/http/engines.ts';
import { onTriggerEngines } from '../../support/http/trigger-api.ts';

onTriggerEngines(
  'a service that answers with no status of HTTP',
  (api) => {
    test.each([0, 99, 600, 999])('%i', async (status) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          const digits = String(status).padStart(3, '0');
          socket.end(`HTTP/1.1 ${digits} X\r\nContent-Length: 2\r\n\r\nhi`);
        });
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const subject = `odd.${freshName()}`;
      const url = `http://127.0.0.1:${port}/`;
      expect((await api.ask('PUT', `/trigger/services/${subject}`, { url })).status).toBe(201);
      const answer = await api.storage.served.post(`/trigger/request/${subject}`, {
        headers: {},
        body: '1',
      });
      expect([answer.status, answer.text]).toEqual([502, expect.stringContaining('not http')]);
    });
  },
  { servicesAllowLoopback: true },
);
