import type { Exchange } from '../exchange.ts';
import type { StreamRef } from '../../streams/names.ts';
import type { Services } from '../services.ts';

/** What a handler of a stream's methods works with. */
export interface StreamContext {
  readonly exchange: Exchange;
  readonly services: Services;
  readonly ref: StreamRef;
}
