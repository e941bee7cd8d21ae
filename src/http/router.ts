import {
  deleteBucket,
  getBucket,
  listStreams,
  putBucket,
  type BucketContext,
} from './buckets/buckets.ts';
import { APIS, isApiName } from './apis.ts';
import type { JudgeCaller } from './caller.ts';
import type { DirectExchange } from './direct/direct-exchange.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayEndpoint } from './gateway/gateway-endpoint.ts';
import { judgeFraming, judgeHead } from './framing.ts';
import { renderRefusalIn } from './json/api-error.ts';
import type { JsonApis } from './json/json-apis.ts';
import type { NodeExchange } from './node-exchange.ts';
import type { Operations } from './operations.ts';
import { answerOtherMethod } from './other-method.ts';
import type { Services } from './services.ts';
import { publish } from './storage-api/publish.ts';
import type { Action } from '../accounts/scopes.ts';
import type { Caller } from '../accounts/caller.ts';
import type { Gate } from './gate.ts';
import { getManaged } from './managed-streams/get.ts';
import { headManaged } from './managed-streams/head.ts';
import type { ManagedStreamContext } from './managed-streams/context.ts';
import { postManaged } from './managed-streams/post.ts';
import { bucketResource, managedResource } from './resource.ts';
import type { Target } from './targets.ts';
import { request, requestedSubject } from './trigger-api/request.ts';
import type { NodeStreamContext, StreamContext } from './streams/context.ts';
import { get, getDirectly } from './streams/get.ts';
import { head } from './streams/head.ts';
import { post } from './streams/post.ts';
import { put } from './streams/put.ts';
import { remove } from './streams/remove.ts';

type Handler<Context> = (context: Context) => Promise<void>;
type Methods<Context> = Readonly<Record<string, Handler<Context>>>;

/** Whose answers are whole at once. */
const DIRECT_METHODS: Methods<StreamContext> = {
  HEAD: head,
  POST: post,
  PUT: put,
  DELETE: remove,
};

const STREAM_METHODS: Methods<NodeStreamContext> = { GET: get, ...DIRECT_METHODS };

// Node leaves the body out of an answer to HEAD.
const BUCKET_METHODS: Methods<BucketContext> = {
  GET: getBucket,
  HEAD: getBucket,
  PUT: putBucket,
  DELETE: deleteBucket,
};

const BUCKET_STREAMS_METHODS: Methods<BucketContext> = { GET: listStreams, HEAD: listStreams };

const MANAGED_METHODS: Methods<ManagedStreamContext> = {
  GET: getManaged,
  HEAD: headManaged,
  POST: postManaged,
};

/** Which route a request took: the label of its metrics. */
export type RouteLabel = Exclude<Target['kind'], 'refused'> | 'messages' | 'operations' | 'none';

export interface RouterParts {
  readonly services: Services;
  readonly operations: Operations;
  readonly json: JsonApis;
  readonly gateway: GatewayEndpoint;
  readonly gate: Gate;
  readonly judgeCaller: JudgeCaller;
}

/** Sends a request to what its path addresses, if whoever sent it may do that. */
export class Router {
  readonly #services: Services;
  readonly #operations: Operations;
  readonly #json: JsonApis;
  readonly #gateway: GatewayEndpoint;
  readonly #gate: Gate;
  readonly #judgeCaller: JudgeCaller;

  constructor({ services, operations, json, gateway, gate, judgeCaller }: RouterParts) {
    this.#services = services;
    this.#operations = operations;
    this.#json = json;
    this.#gateway = gateway;
    this.#gate = gate;
    this.#judgeCaller = judgeCaller;
  }

  label(target: Target, path: string): RouteLabel {
    if (target.kind === 'storage') return target.messagesOf === undefined ? 'storage' : 'messages';
    if (target.kind !== 'refused') return target.kind;
    return this.#operations.serves(path) ? 'operations' : 'none';
  }

  handle(exchange: NodeExchange, target: Target): Promise<void> {
    const services = this.#services;
    const { kind } = target;
    if (isApiName(kind)) exchange.renderRefusal = renderRefusalIn(APIS[kind].errorForm);
    const unclear = judgeFraming(exchange) ?? judgeHead(exchange);
    if (unclear !== undefined) {
      exchange.refuse(unclear);
      return DONE;
    }
    switch (target.kind) {
      case 'storage': {
        const publishing = this.#publish(exchange, target);
        if (publishing !== undefined) return publishing;
        this.#json.handle(exchange);
        return DONE;
      }
      case 'triggers': {
        const requesting = this.#request(exchange);
        if (requesting !== undefined) return requesting;
        this.#json.handle(exchange);
        return DONE;
      }
      case 'accounts':
      case 'document':
        this.#json.handle(exchange);
        return DONE;
      case 'gateway':
        return this.#gateway.handle(exchange, target.path);
      case 'refused':
        if (this.#operations.serves(exchange.path)) return this.#operations.handle(exchange);
        exchange.refuse(target.refusal);
        return DONE;
      case 'stream':
        return this.#dispatch(STREAM_METHODS, exchange, target.resource, (caller) => {
          return { exchange, services, caller, ref: target.refOf(caller.account) };
        });
      case 'managed': {
        const { name } = target;
        return this.#dispatch(MANAGED_METHODS, exchange, managedResource(name), (caller) => {
          return { exchange, services, caller, name };
        });
      }
      case 'bucket':
      case 'bucket-streams': {
        const { bucket } = target;
        const methods = target.kind === 'bucket' ? BUCKET_METHODS : BUCKET_STREAMS_METHODS;
        return this.#dispatch(methods, exchange, bucketResource(bucket), ({ account }) => {
          return { exchange, services, account, bucket };
        });
      }
    }
  }

  /** Undefined when it publishes nothing. */
  #publish(
    exchange: Exchange,
    { messagesOf }: Extract<Target, { kind: 'storage' }>,
  ): Promise<void> | undefined {
    const { managed, limits } = this.#services;
    const isPublishing = messagesOf !== undefined && exchange.method === 'POST';
    if (!isPublishing) return undefined;
    const judgeCaller = this.#judgeCaller;
    return publish({ exchange, managed, limits, judgeCaller, name: messagesOf });
  }

  /** Undefined when it asks no service. */
  #request(exchange: NodeExchange): Promise<void> | undefined {
    const subject = exchange.method === 'POST' ? requestedSubject(exchange.path) : undefined;
    if (subject === undefined) return undefined;
    const { relay, live, limits } = this.#services;
    return request({ exchange, relay, live, limits, judgeCaller: this.#judgeCaller, subject });
  }

  /** Undefined when the request is none whose answer is whole at once. */
  handleDirectly(exchange: DirectExchange, target: Target): Promise<void> | undefined {
    const { method } = exchange;
    if (target.kind === 'storage') {
      exchange.renderRefusal = renderRefusalIn(APIS.storage.errorForm);
    } else if (target.kind !== 'stream') return undefined;
    const unclear = judgeHead(exchange);
    if (unclear !== undefined) {
      exchange.refuse(unclear);
      return DONE;
    }
    if (target.kind === 'storage') return this.#publish(exchange, target);
    // Asked once who it is: a live read's answer is for node anyway.
    if (method === 'GET' && exchange.query.includes('live=')) return undefined;
    const services = this.#services;
    return this.#gate.enter(exchange, actionOf(method), target.resource, (caller) => {
      const context = { exchange, services, caller, ref: target.refOf(caller.account) };
      return DIRECT_METHODS[method]?.(context) ?? getDirectly(context);
    });
  }

  #dispatch<Context>(
    methods: Methods<Context>,
    exchange: NodeExchange,
    resource: string,
    contextOf: (caller: Caller) => Context,
  ): Promise<void> {
    const { method } = exchange;
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (handler !== undefined) {
      return this.#gate.enter(exchange, actionOf(method), resource, (caller) =>
        handler(contextOf(caller)),
      );
    }
    answerOtherMethod(exchange, Object.keys(methods));
    return DONE;
  }
}

const DONE = Promise.resolve();

function actionOf(method: string): Action {
  return method === 'GET' || method === 'HEAD' ? 'streams:read' : 'streams:write';
}
