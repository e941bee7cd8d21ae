import { allows } from '../../accounts/scopes.ts';
import { parsePath } from '../../protocol/address.ts';
import { formatOffset } from '../../protocol/offset.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import { parseCreate, type ForkRequest } from '../../protocol/request.ts';
import type { StreamHead } from '../../streams/stream-head.ts';
import { tagOf } from '../../protocol/create.ts';
import { resourceOf } from '../resource.ts';
import type { StreamContext } from './context.ts';
import { receiveBody } from './receive-body.ts';

/** `PUT`: creates a stream, or ensures that it is there (protocol, "5.1. Create Stream"). */
export async function put(context: StreamContext): Promise<void> {
  const { exchange, services, ref } = context;
  const parsed = parseCreate(exchange.headers);
  if (!parsed.ok) {
    exchange.refuse(parsed.refusal);
    return;
  }
  const forbidden = judgeSource(context, parsed.value.fork);
  if (forbidden !== undefined) {
    exchange.refuse(forbidden);
    return;
  }
  const received = await receiveBody(exchange, services.limits);
  if (received === undefined) return;
  const outcome = await services.streams.create(ref, parsed.value, received);
  switch (outcome.kind) {
    case 'refused':
      exchange.refuse(outcome.refusal);
      return;
    case 'created': {
      const { producer } = parsed.value;
      const headers = describe(context, outcome.head);
      if (producer !== undefined) {
        headers.push('Producer-Epoch', String(producer.epoch), 'Producer-Seq', '0');
      }
      exchange.answerWith(201, headers, '');
      return;
    }
    case 'exists':
      exchange.answerWith(200, describe(context, outcome.head), '');
      return;
  }
}

/** A fork shows what its source holds: whoever makes one must be allowed to read that. */
function judgeSource(
  { caller }: StreamContext,
  fork: ForkRequest | undefined,
): Refusal | undefined {
  const route = fork === undefined ? undefined : parsePath(fork.sourcePath);
  // What is no path of a stream is refused as that, further on.
  if (route?.kind !== 'stream') return undefined;
  if (allows(caller.scopes, 'streams:read', resourceOf(route.address))) return undefined;
  return { code: 'forbidden', scope: 'streams:read' };
}

function describe({ exchange }: StreamContext, head: StreamHead): string[] {
  const headers = [
    'Location',
    locationOf(exchange.headers.host, exchange.path, exchange.isEncrypted),
    'Content-Type',
    head.state.contentType,
    'Stream-Next-Offset',
    formatOffset(head.tail),
    'ETag',
    tagOf(head),
  ];
  if (head.state.closed) headers.push('Stream-Closed', 'true');
  return headers;
}

// RFC 3986, "Host", as far as a Location may repeat what a client claims.
const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** The request's own path is ASCII and decoded well, or there would be no stream to describe. */
function locationOf(host: string | undefined, path: string, isEncrypted: boolean): string {
  if (host === undefined || !HOST.test(host)) return path;
  return `${isEncrypted ? 'https' : 'http'}://${host}${path}`;
}
