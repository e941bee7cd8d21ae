import { readBody } from '../body.ts';
import type { StreamContext } from './context.ts';

/** The request's body, or undefined when the request has been refused for it. */
export function receiveBody({ exchange, services }: StreamContext): Promise<Buffer | undefined> {
  const { contentEncoding: encoding, contentLength } = exchange.headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    exchange.refuse({ code: 'content-encoding-unsupported', encoding });
    return NOTHING;
  }
  return readBody(exchange.request, contentLength, services.limits.bodyBytesMax, (refusal) => {
    exchange.refuse(refusal);
  });
}

const NOTHING = Promise.resolve(undefined);
