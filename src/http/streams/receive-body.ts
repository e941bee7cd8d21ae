import type { MaybePromise } from '../../lib/maybe-promise.ts';
import type { StreamContext } from './context.ts';

/** The request's body, or undefined when the request has been refused for it. */
export function receiveBody({
  exchange,
  services,
}: Pick<StreamContext, 'exchange' | 'services'>): MaybePromise<Buffer | undefined> {
  const { contentEncoding: encoding } = exchange.headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    exchange.refuse({ code: 'content-encoding-unsupported', encoding });
    return undefined;
  }
  return exchange.body(services.limits.bodyBytesMax);
}
