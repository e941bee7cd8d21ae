import { parsePath } from '../protocol/address.ts';
import { isJson } from '../protocol/content-type.ts';
import type { ForkPoint } from '../protocol/create.ts';
import { position, type Position } from '../protocol/offset.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { ForkRequest } from '../protocol/request.ts';
import type { LogStore, ReadOutcome } from '../storage/port.ts';
import { streamRef } from './names.ts';
import { readStitched } from './reading.ts';
import { isStreamHead, type StreamHead } from './stream-head.ts';
import { refused, type Refused } from './transact.ts';

/**
 * Turns a requested offset and sub-offset into the position where the fork begins. What lies there
 * is durable and never changes, so it may be looked up before the commit that relies on it.
 */
export async function resolveForkPoint(
  store: LogStore,
  account: string,
  request: ForkRequest | undefined,
): Promise<{ kind: 'resolved'; point: ForkPoint } | Refused | undefined> {
  if (request === undefined) return undefined;
  const route = parsePath(request.sourcePath);
  if (route.kind !== 'stream') {
    const reason = 'is not the path of a stream';
    return refused({ code: 'invalid-header', header: 'Stream-Forked-From', reason });
  }
  const sourceName = streamRef(account, route.address).name;
  // A source in the making can be forked as soon as it is durable, and not before.
  await store.settle([sourceName]);
  const source = await store.durable(sourceName);
  if (request.at === undefined || !isStreamHead(source)) {
    return { kind: 'resolved', point: { sourceName, source, at: request.at } };
  }
  if (request.at > source.tail) {
    return refused({ code: 'fork-offset-invalid', reason: "is beyond the source's tail" });
  }
  const resolved = await resolve(store, sourceName, source, request.at, request.sub);
  if (typeof resolved !== 'number') return refused(resolved);
  return { kind: 'resolved', point: { sourceName, source, at: resolved } };
}

async function resolve(
  store: LogStore,
  name: string,
  source: StreamHead,
  at: Position,
  sub: number,
): Promise<Position | Refusal> {
  const first = await readStitched(store, name, source, at, 1);
  if (first.kind !== 'page') return unreadable(first);
  if (first.page.from !== at) {
    return { code: 'fork-offset-invalid', reason: 'is not an offset that this server answered' };
  }
  if (sub === 0) return at;
  if (isJson(source.state.contentType)) return skipMessages(store, name, source, at, sub);
  const record = first.page.to - first.page.from;
  if (sub > record) {
    const reason = `is beyond the ${record} bytes that were appended there`;
    return { code: 'fork-sub-offset-invalid', reason };
  }
  return position(at + sub);
}

/** The position behind `count` messages, each of which is a record of its own. */
async function skipMessages(
  store: LogStore,
  name: string,
  source: StreamHead,
  from: Position,
  count: number,
): Promise<Position | Refusal> {
  let at = from;
  for (let left = count; left > 0; left -= 1) {
    if (at >= source.tail) {
      const reason = `is beyond the ${count - left} messages that follow the offset`;
      return { code: 'fork-sub-offset-invalid', reason };
    }
    const next = await readStitched(store, name, source, at, 1);
    if (next.kind !== 'page') return unreadable(next);
    at = next.page.to;
  }
  return at;
}

function unreadable({ kind }: ReadOutcome): Refusal {
  return { code: kind === 'corrupt' ? 'data-corrupt' : 'fork-source-not-found' };
}
