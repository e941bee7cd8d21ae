import type { Gateway } from '../../delivery/gateway.ts';
import { isContentType } from '../../protocol/content-type.ts';
import type { Answered } from '../../services/answer.ts';
import type { Headers } from '../../services/hop.ts';
import type { Service } from '../../services/service.ts';
import type { GatewayRequest } from '../../triggers/gateway-request.ts';
import { HOPS_HEADER, nextHops } from '../../triggers/hops.ts';
import { present } from '../../triggers/present.ts';
import { traceHeaders } from '../../triggers/trace-context.ts';
import { refuseWith } from '../json/api-error.ts';
import { headerOf, type NodeExchange } from '../node-exchange.ts';
import { errorOfHops } from '../hops.ts';
import { errorOfFailure } from '../service-failure.ts';

/** Asks the service what the gateway was asked, and answers as it does. */
export async function relay(
  exchange: NodeExchange,
  gateway: Gateway,
  request: GatewayRequest,
  service: Service,
): Promise<void> {
  const hops = nextHops(headerOf(exchange, HOPS_HEADER));
  if (hops.kind !== 'next') {
    refuseWith(exchange, errorOfHops(hops));
    return;
  }
  const leaving = new AbortController();
  exchange.response.on('close', () => {
    leaving.abort();
  });
  const answer = await service.ask({
    body: request.body,
    headers: { ...headersOf(exchange, request), [HOPS_HEADER]: hops.value },
    page: undefined,
    timeoutMs: gateway.definition.timeoutMs,
    signal: leaving.signal,
  });
  if (answer.kind === 'answered') {
    respond(exchange, answer);
    return;
  }
  // Who has left does not say that the service would have failed.
  if (!leaving.signal.aborted) gateway.countFailure();
  refuseWith(exchange, errorOfFailure(answer));
}

function headersOf(
  exchange: NodeExchange,
  { method, path, query, contentType }: GatewayRequest,
): Headers {
  return {
    ...present({ 'Content-Type': contentType }),
    'Gateway-Method': method,
    'Gateway-Path': path,
    'Gateway-Query': query,
    ...traceHeaders(headerOf(exchange, 'traceparent'), headerOf(exchange, 'tracestate')),
  };
}

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function respond(exchange: NodeExchange, { status, headers, body }: Answered): void {
  const type = headers.get('content-type');
  const isType = type !== undefined && isContentType(type);
  const told = [...(isType ? ['Content-Type', type] : []), 'Cache-Control', 'no-store'];
  if (NO_BODY.has(status)) exchange.answer(status, told);
  else exchange.answerWith(status, told, body);
}
