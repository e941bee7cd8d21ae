import {
  deleteBucket,
  getBucket,
  listStreams,
  putBucket,
  type BucketContext,
} from './buckets/buckets.ts';
import { preflightHeaders } from './cors.ts';
import type { DirectExchange } from './direct/direct-exchange.ts';
import type { Exchange } from './exchange.ts';
import { judgeFraming, judgeHead } from './framing.ts';
import { renderApiError } from './json/api-error.ts';
import type { JsonApis } from './json/json-apis.ts';
import type { NodeExchange } from './node-exchange.ts';
import type { Operations } from './operations.ts';
import type { Services } from './services.ts';
import { publish } from './storage-api/publish.ts';
import { ACCOUNT, type Target } from './targets.ts';
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

/** Which route a request took: the label of its metrics. */
export type RouteLabel =
  | 'stream'
  | 'bucket'
  | 'bucket-streams'
  | 'storage'
  | 'messages'
  | 'document'
  | 'operations'
  | 'none';

/** Sends a request to what its path addresses. */
export class Router {
  readonly #services: Services;
  readonly #operations: Operations;
  readonly #json: JsonApis;

  constructor(services: Services, operations: Operations, json: JsonApis) {
    this.#services = services;
    this.#operations = operations;
    this.#json = json;
  }

  label(target: Target, path: string): RouteLabel {
    if (target.kind === 'storage') return target.messagesOf === undefined ? 'storage' : 'messages';
    if (target.kind !== 'refused') return target.kind;
    return this.#operations.serves(path) ? 'operations' : 'none';
  }

  handle(exchange: NodeExchange, target: Target): Promise<void> {
    const services = this.#services;
    const account = ACCOUNT;
    if (target.kind === 'storage') exchange.renderRefusal = renderApiError;
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
      case 'document':
        this.#json.handle(exchange);
        return DONE;
      case 'refused':
        if (this.#operations.serves(exchange.path)) return this.#operations.handle(exchange);
        exchange.refuse(target.refusal);
        return DONE;
      case 'stream':
        return dispatch(STREAM_METHODS, { exchange, services, ref: target.ref });
      case 'bucket':
        return dispatch(BUCKET_METHODS, { exchange, services, account, bucket: target.bucket });
      case 'bucket-streams': {
        const { bucket } = target;
        return dispatch(BUCKET_STREAMS_METHODS, { exchange, services, account, bucket });
      }
    }
  }

  /** Undefined when it publishes nothing. */
  #publish(
    exchange: Exchange,
    { messagesOf }: Extract<Target, { kind: 'storage' }>,
  ): Promise<void> | undefined {
    const { managed, limits, judgeCaller } = this.#services;
    const isPublishing = messagesOf !== undefined && exchange.method === 'POST';
    if (!isPublishing) return undefined;
    return publish({ exchange, managed, limits, judgeCaller, name: messagesOf });
  }

  /** Undefined when the request is none whose answer is whole at once. */
  handleDirectly(exchange: DirectExchange, target: Target): Promise<void> | undefined {
    if (target.kind === 'storage') exchange.renderRefusal = renderApiError;
    else if (target.kind !== 'stream') return undefined;
    const unclear = judgeHead(exchange);
    if (unclear !== undefined) {
      exchange.refuse(unclear);
      return DONE;
    }
    if (target.kind === 'storage') return this.#publish(exchange, target);
    const context = { exchange, services: this.#services, ref: target.ref };
    return exchange.method === 'GET'
      ? getDirectly(context)
      : DIRECT_METHODS[exchange.method]?.(context);
  }
}

const DONE = Promise.resolve();

function dispatch<Context extends { readonly exchange: Exchange }>(
  methods: Methods<Context>,
  context: Context,
): Promise<void> {
  const { exchange } = context;
  const handler = Object.hasOwn(methods, exchange.method) ? methods[exchange.method] : undefined;
  if (handler !== undefined) return handler(context);
  const allow = [...Object.keys(methods), 'OPTIONS'].join(', ');
  if (exchange.method === 'OPTIONS') {
    exchange.answer(204, ['Allow', allow, ...preflightHeaders(allow)]);
  } else {
    exchange.refuse({ code: 'method-not-allowed', allow });
  }
  return DONE;
}
