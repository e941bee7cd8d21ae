import { createServer, type Server } from 'node:http';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { App } from './app.ts';
import { closingFields } from './direct/closing-fields.ts';
import { serveDirectly } from './direct/serve-directly.ts';
import { originForm } from './request-target.ts';
import { refuseExpectation, refuseSocket, refuseVersion } from './socket-refusal.ts';
import { cutStalledAnswers } from './stalled-answers.ts';
import { inTurn, type Handler } from './turns.ts';

/** The `node:http` server with this configuration's bounds on connections and requests. */
export function createListener(app: App, config: Config): Server {
  const handler: Handler = (request, response) => {
    request.url = originForm(request.url ?? '/');
    // Node's parser knows the request lines of 0.9 and 2.0 as well.
    if (request.httpVersionMajor === 1) app.handler(request, response);
    else refuseVersion(response);
  };
  const headersTimeoutMs = Math.min(config.headersTimeoutMs, config.requestTimeoutMs);
  const server = createServer(
    {
      maxHeaderSize: config.headerBytesMax,
      headersTimeout: headersTimeoutMs,
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
    inTurn(handler),
  );
  server.maxConnections = config.connectionsMax;
  // Their bytes are bounded; beyond a number of them node would drop the rest without a word.
  server.maxHeadersCount = 0;
  server.on('clientError', app.onClientError);
  // CONNECT never reaches the handler, and node leaves its socket without a listener for errors.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined);
    refuseSocket(new Error('CONNECT'), socket);
  });
  server.on(
    'checkContinue',
    inTurn((request, response) => {
      // A body that is too large anyway need not even be sent.
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced <= config.bodyBytesMax) response.writeContinue();
      handler(request, response);
    }),
  );
  server.on(
    'checkExpectation',
    inTurn((_request, response) => {
      refuseExpectation(response);
    }),
  );
  serveDirectly(server, app, {
    headerBytesMax: config.headerBytesMax,
    headersTimeoutMs,
    keepAliveTimeoutMs: config.keepAliveTimeoutMs,
    closingFields: closingFields(systemClock, config.keepAliveTimeoutMs),
  });
  cutStalledAnswers(server, config.requestTimeoutMs);
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
