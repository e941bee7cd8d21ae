import type { MaybePromise } from '../../lib/maybe-promise.ts';
import type { Exchange } from '../exchange.ts';
import type { HttpLimits } from '../services.ts';

/** The request's body, or undefined when the request has been refused for it. */
export function receiveBody(
  exchange: Exchange,
  { bodyBytesMax }: HttpLimits,
): MaybePromise<Buffer | undefined> {
  const { contentEncoding: encoding } = exchange.headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    exchange.refuse({ code: 'content-encoding-unsupported', encoding });
    return undefined;
  }
  return exchange.body(bodyBytesMax);
}
