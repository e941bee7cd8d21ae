import type { Caller } from '../../accounts/caller.ts';
import { isStreamName, type StreamName } from '../../messages/config.ts';
import { position, type Position } from '../../protocol/offset.ts';
import type { ManagedHead } from '../../storage/message-port.ts';
import type { NodeExchange } from '../node-exchange.ts';
import type { Services } from '../services.ts';
import { NO_MANAGED_STREAM } from './refusal.ts';

// A managed stream as a durable one: a stream of JSON whose offsets are sequences. The offset of a
// message is that of the one before it, so what is read next has a sequence above it.

/** What a handler of a managed stream's methods works with. */
export interface ManagedStreamContext {
  readonly exchange: NodeExchange;
  readonly services: Services;
  readonly caller: Caller;
  /** As the path has it, decoded. */
  readonly name: string;
}

export interface FoundManaged {
  readonly name: StreamName;
  readonly head: ManagedHead;
}

/** The caller's stream, or undefined when the request has been refused for want of it. */
export function findManaged(context: ManagedStreamContext): FoundManaged | undefined {
  const { exchange, services, caller, name } = context;
  const head = isStreamName(name) ? services.managed.get(caller.account, name) : undefined;
  if (isStreamName(name) && head !== undefined) return { name, head };
  exchange.refuse(NO_MANAGED_STREAM);
  return undefined;
}

/** From where all that the stream still has can be read. */
export function startOf({ firstSeq }: ManagedHead): Position {
  return position(firstSeq - 1);
}

export function tailOf({ lastSeq }: ManagedHead): Position {
  return position(lastSeq);
}

/** Changes with every message that comes. */
export function tagOf({
  incarnation,
  lastSeq,
}: Pick<ManagedHead, 'incarnation' | 'lastSeq'>): string {
  return `"${incarnation}.${lastSeq}"`;
}
