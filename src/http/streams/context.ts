import type { Caller } from '../../accounts/caller.ts';
import type { StreamRef } from '../../streams/names.ts';
import type { DirectExchange } from '../direct/direct-exchange.ts';
import type { Exchange } from '../exchange.ts';
import type { NodeExchange } from '../node-exchange.ts';
import type { Services } from '../services.ts';

/** What a handler of a stream's methods works with. */
export interface StreamContext {
  readonly exchange: Exchange;
  readonly services: Services;
  /** Who asks; they may do what the method does. */
  readonly caller: Caller;
  readonly ref: StreamRef;
}

/** The same where the answer may be a stream. */
export interface NodeStreamContext extends StreamContext {
  readonly exchange: NodeExchange;
}

/** The same where the answer may have to be left to node. */
export interface DirectStreamContext extends StreamContext {
  readonly exchange: DirectExchange;
}
