import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Accounts } from '../accounts/accounts.ts';
import { apiAt } from './apis.ts';
import type { CorsPolicy } from './cors.ts';
import { DirectExchange, type DirectAnswers } from './direct/direct-exchange.ts';
import type { WholeRequest } from './direct/whole-request.ts';
import type { Exchange } from './exchange.ts';
import { JsonApis, type JsonApisParts } from './json/json-apis.ts';
import { GatewayEndpoint } from './gateway/gateway-endpoint.ts';
import type { Metrics } from './metrics.ts';
import { NodeExchange } from './node-exchange.ts';
import { Operations, type Health } from './operations.ts';
import { Router, type RouteLabel } from './router.ts';
import type { Services } from './services.ts';
import { grantRoutes } from './accounts-api/grant-routes.ts';
import { keyRoutes } from './accounts-api/key-routes.ts';
import { jwksRoutes } from './jwks-routes.ts';
import { openApiRoutes } from './openapi/routes.ts';
import { messageRoutes, PUBLISH_ROUTE } from './storage-api/message-routes.ts';
import { streamRoutes } from './storage-api/stream-routes.ts';
import { REQUEST_ROUTE } from './trigger-api/request-route.ts';
import { serviceRoutes } from './trigger-api/service-routes.ts';
import { triggerRoutes } from './trigger-api/routes.ts';
import { refuseSocket } from './socket-refusal.ts';
import { judgeAt, type JudgeCaller } from './caller.ts';
import { Gate } from './gate.ts';
import { Targets } from './targets.ts';

/** How credentials may be shown, and where they are asked for. */
export interface AccessSettings {
  /** A token may also be the parameter `access_token` of the query. */
  readonly accessTokenInQuery: boolean;
  /** `/metrics` asks for no credentials. */
  readonly openMetrics: boolean;
}

export interface AppParts {
  readonly services: Services;
  readonly accounts: Accounts;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly access: AccessSettings;
  /** Empty: any origin. */
  readonly corsOrigins: readonly string[];
  readonly health: () => Health;
}

/** Everything between the connections and the handlers. */
export interface App {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Carries a request out that needs nothing of `node:http`; false when it is no such request. */
  readonly serveDirectly: (request: WholeRequest, answers: DirectAnswers) => boolean;
  /** Answers what is no HTTP request, or not in time, and cuts it off. */
  readonly onClientError: (error: Error, socket: Duplex) => void;
}

export async function createApp(parts: AppParts): Promise<App> {
  const { services, accounts, metrics, logger, access, corsOrigins, health } = parts;
  const cors: CorsPolicy =
    corsOrigins.length === 0 ? { kind: 'any' } : { kind: 'list', origins: new Set(corsOrigins) };
  const targets = new Targets();
  const gate = new Gate(accounts, access.accessTokenInQuery);
  const judgeCaller = judgeAt(gate);
  const json = jsonApis(services, accounts, judgeCaller, (error, { method, path }) => {
    const route: RouteLabel = apiAt(path) ?? 'document';
    logger.error({ err: error, method, route }, 'a request failed');
  });
  await json.ready();
  const operations = new Operations(
    health,
    metrics.registry,
    access.openMetrics ? undefined : gate,
  );
  const gateway = new GatewayEndpoint({ ...services, gate, monotonicMs: () => performance.now() });
  const router = new Router({ services, operations, json, gateway, gate, judgeCaller });

  const whenFailed = (exchange: Exchange, route: string) => (error: unknown) => {
    logger.error({ err: error, method: exchange.method, route }, 'a request failed');
    exchange.refuse({ code: 'storage-failed' });
  };

  /** Counts an answer when there is one. Damage is answered like anything else, but it is an alarm. */
  const observer = (route: RouteLabel, method: string, path: string) => {
    const begunMs = performance.now();
    const observe = metrics.requests(route, method);
    return (status: number): void => {
      observe(status, (performance.now() - begunMs) / 1000);
      if (status === 500) logger.error({ method, path }, 'stored data is damaged');
    };
  };

  return {
    handler(request, response) {
      const exchange = new NodeExchange(request, response, cors);
      const target = targets.find(exchange.path);
      const label = router.label(target, exchange.path);
      const observe = observer(label, exchange.method, exchange.path);
      response.on('close', () => {
        observe(response.statusCode);
      });
      router.handle(exchange, target).catch(whenFailed(exchange, label));
    },

    serveDirectly(request, answers) {
      const target = targets.find(request.path);
      const label = router.label(target, request.path);
      const observe = observer(label, request.method, request.path);
      const exchange = new DirectExchange(request, cors, answers, observe);
      const handling = router.handleDirectly(exchange, target);
      handling?.catch(whenFailed(exchange, label));
      return handling !== undefined;
    },

    onClientError(error, socket) {
      refuseSocket(error, socket);
    },
  };
}

function jsonApis(
  services: Services,
  accounts: Accounts,
  judgeCaller: JudgeCaller,
  onFailure: JsonApisParts['onFailure'],
): JsonApis {
  const { managed, triggers, gateways, registry, jwks, limits } = services;
  const nowMs = (): number => performance.now();
  return new JsonApis({
    limits,
    judgeCaller,
    onFailure,
    servedElsewhere: [PUBLISH_ROUTE, REQUEST_ROUTE],
    routes: (app) => {
      streamRoutes(app, { managed, nowMs });
      messageRoutes(app, { managed, nowMs });
      keyRoutes(app, accounts);
      grantRoutes(app, triggers.grants);
      triggerRoutes(app, { triggers, gateways }, accounts);
      serviceRoutes(app, registry);
    },
    openRoutes: (app, described) => {
      openApiRoutes(app, described);
      jwksRoutes(app, jwks);
    },
  });
}
