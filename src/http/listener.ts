import { createServer, type Server } from 'node:http';
import type { Config } from '../config/config.ts';
import type { App } from './app.ts';
import { refuseSocket } from './socket-refusal.ts';

/** The `node:http` server with this configuration's bounds on connections and requests. */
export function createListener(app: App, config: Config): Server {
  const server = createServer(
    {
      maxHeaderSize: config.headerBytesMax,
      headersTimeout: Math.min(config.headersTimeoutMs, config.requestTimeoutMs),
      requestTimeout: config.requestTimeoutMs,
      keepAliveTimeout: config.keepAliveTimeoutMs,
      // How often node looks for requests that are late.
      connectionsCheckingInterval: Math.min(1000, config.headersTimeoutMs),
      // Its refusal would lack our headers; the handler checks for Host itself.
      requireHostHeader: false,
      noDelay: true,
      keepAlive: true,
      insecureHTTPParser: false,
      highWaterMark: 64 * 1024,
    },
    app.handler,
  );
  server.maxConnections = config.connectionsMax;
  server.on('clientError', app.onClientError);
  // CONNECT never reaches the handler.
  server.on('connect', (_request, socket) => {
    refuseSocket(new Error('CONNECT'), socket);
  });
  return server;
}

/** Listens and answers with the port, which may have been chosen by the system. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
