import type { Gateway } from '../../delivery/gateway.ts';
import type { GatewayService } from '../../delivery/gateway-service.ts';
import type { GatewaysAt } from '../../delivery/kept-gateways.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import type { ServiceDirectory } from '../../services/service.ts';
import { GATEWAY_METHODS, type GatewayMethod } from '../../triggers/gateway.ts';
import type { GatewayPath } from '../../triggers/gateway-path.ts';
import { withoutParameter, type GatewayRequest } from '../../triggers/gateway-request.ts';
import { errorOf } from '../caller.ts';
import type { Gate } from '../gate.ts';
import { errorOfRefusal, refuseWith, type ApiError } from '../json/api-error.ts';
import type { NodeExchange } from '../node-exchange.ts';
import type { HttpLimits } from '../services.ts';
import { answerOtherMethod } from '../other-method.ts';
import { targetResource } from '../resource.ts';
import { receiveBody } from '../streams/receive-body.ts';
import { overLimit, PAUSED, unfitHead } from './errors.ts';
import { relay } from './relay.ts';
import { store } from './store.ts';

export interface GatewayParts {
  readonly gateways: GatewayService;
  readonly directory: ServiceDirectory;
  readonly gate: Gate;
  readonly limits: HttpLimits;
  /** Milliseconds that never step back. */
  readonly monotonicMs: () => number;
}

/** `/gateway{path}`: requests become records, or are relayed to a service, as a gateway trigger says. */
export class GatewayEndpoint {
  readonly #parts: GatewayParts;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  async handle(exchange: NodeExchange, path: GatewayPath | undefined): Promise<void> {
    const there = path === undefined ? undefined : this.#parts.gateways.at(path);
    if (path === undefined || there === undefined) {
      exchange.refuse(NOT_FOUND);
      return;
    }
    const gateway = gatewayOf(there, exchange.method);
    if (gateway === undefined) answerOtherMethod(exchange, methodsAt(there));
    else await this.#enter(exchange, gateway, path);
  }

  /** Nothing of the body is read before it is clear that it is wanted. */
  async #enter(exchange: NodeExchange, gateway: Gateway, path: GatewayPath): Promise<void> {
    const unwanted = (await this.#judge(exchange, gateway)) ?? unfitHead(exchange);
    if (unwanted !== undefined) {
      refuseWith(exchange, unwanted);
      return;
    }
    const body = await receiveBody(exchange, this.#parts.limits);
    if (body === undefined) return;
    // The body may have taken its time.
    if (gateway.isDeleted) exchange.refuse(NOT_FOUND);
    else if (gateway.isPaused) refuseWith(exchange, PAUSED);
    else {
      const { method, headers } = exchange;
      const query = this.#queryOf(exchange, gateway);
      const contentType = headers.contentType;
      await this.#carryOut(exchange, gateway, { method, path, query, contentType, body });
    }
  }

  /** Why the request is not let in; those who must not make it do not use up the gateway's limit. */
  async #judge(exchange: NodeExchange, gateway: Gateway): Promise<ApiError | undefined> {
    const { gate, monotonicMs } = this.#parts;
    const { account, definition } = gateway;
    const { isPublic, limit, to } = definition;
    if (!isPublic) {
      const identified = await gate.judge(exchange, 'streams:write', targetResource(to), account);
      if (!identified.ok) return errorOf(identified.refusal);
    }
    if (gateway.isPaused) return PAUSED;
    const waitMs = gateway.admit(monotonicMs());
    if (waitMs > 0 && limit !== undefined) return overLimit(limit, waitMs);
    const tooMany = isPublic ? gate.admitAnyone(account) : undefined;
    return tooMany && errorOfRefusal(tooMany);
  }

  /** A credential that came in the query is none of the service's business, nor of any reader's. */
  #queryOf({ query }: NodeExchange, { definition }: Gateway): string {
    const isCredential = !definition.isPublic && this.#parts.gate.takesAccessToken;
    return isCredential ? withoutParameter(query, 'access_token') : query;
  }

  #carryOut(exchange: NodeExchange, gateway: Gateway, request: GatewayRequest): Promise<void> {
    const { directory, limits } = this.#parts;
    const { account, definition } = gateway;
    const { kind, pattern } = definition.to;
    const service = kind === 'managed' ? directory.find(account, pattern) : undefined;
    return service === undefined
      ? store(exchange, gateway, request, limits.jsonDepthMax)
      : relay(exchange, gateway, request, service);
  }
}

const NOT_FOUND: Refusal = { code: 'not-found' };

function gatewayOf(there: GatewaysAt, method: string): Gateway | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  const known: GatewayMethod | undefined = GATEWAY_METHODS.find((each) => each === asked);
  return known && there.get(known);
}

function methodsAt(there: GatewaysAt): readonly string[] {
  return [...there.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}
