import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { CorsPolicy } from './cors.ts';
import { Exchange } from './exchange.ts';
import type { Metrics } from './metrics.ts';
import { Operations, type Health } from './operations.ts';
import { Router } from './router.ts';
import type { Services } from './services.ts';
import { refuseSocket } from './socket-refusal.ts';
import { Targets } from './targets.ts';

export interface AppParts {
  readonly services: Services;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Empty: any origin. */
  readonly corsOrigins: readonly string[];
  readonly health: () => Health;
}

/** Everything between `node:http` and the handlers. */
export interface App {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Answers what is no HTTP request, or not in time, and cuts it off. */
  readonly onClientError: (error: Error, socket: Duplex) => void;
}

export function createApp({ services, metrics, logger, corsOrigins, health }: AppParts): App {
  const cors: CorsPolicy =
    corsOrigins.length === 0 ? { kind: 'any' } : { kind: 'list', origins: new Set(corsOrigins) };
  const targets = new Targets();
  const router = new Router(services, new Operations(health, metrics.registry));

  return {
    handler(request, response) {
      const begunMs = performance.now();
      const exchange = new Exchange(request, response, cors);
      const target = targets.find(exchange.path);
      const label = router.label(target, exchange.path);
      const observe = metrics.requests(label, exchange.method);
      response.on('close', () => {
        observe(response.statusCode, (performance.now() - begunMs) / 1000);
      });
      router.handle(exchange, target).catch((error: unknown) => {
        logger.error({ err: error, method: exchange.method, route: label }, 'a request failed');
        exchange.refuse({ code: 'storage-failed' });
      });
    },

    onClientError(error, socket) {
      refuseSocket(error, socket);
    },
  };
}
