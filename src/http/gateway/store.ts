import type { Gateway } from '../../delivery/gateway.ts';
import { recordOfRequest, type GatewayRequest } from '../../triggers/gateway-request.ts';
import { refuseWith } from '../json/api-error.ts';
import type { NodeExchange } from '../node-exchange.ts';
import { errorOfLanded } from './errors.ts';

/** Makes a record of the request, and answers when it is on disk. */
export async function store(
  exchange: NodeExchange,
  gateway: Gateway,
  request: GatewayRequest,
  jsonDepthMax: number,
): Promise<void> {
  const record = recordOfRequest(request, jsonDepthMax);
  if (!record.ok) {
    exchange.refuse(record.refusal);
    return;
  }
  const landed = await gateway.put(record.value);
  switch (landed.kind) {
    case 'message':
      accept(exchange, { stream: landed.stream, seq: landed.seq });
      return;
    case 'appended':
      accept(exchange, { stream: landed.stream, offset: landed.offset });
      return;
    default:
      gateway.countFailure();
      refuseWith(exchange, errorOfLanded(landed));
  }
}

function accept(exchange: NodeExchange, position: object): void {
  exchange.answerJson(202, { body: position, status_code: 202 });
}
