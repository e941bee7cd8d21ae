import { CowMap } from '../lib/cow-map.ts';
import { producerRefusal } from './append.ts';
import { OCTET_STREAM, sameMediaType, type ContentType } from './content-type.ts';
import { matchesStrongly, stateTag, type TagList } from './etag.ts';
import { standing, type Head } from './head.ts';
import { START, type Position } from './offset.ts';
import { judgeProducer } from './producer.ts';
import type { Refusal } from './refusal.ts';
import type { CreateRequest } from './request.ts';
import type { Expiry, ForkOrigin, ProducerState, StreamState } from './state.ts';

/** What a PUT does. */
export type CreateDecision =
  /** A new stream, whose first record goes to `start`. */
  | { kind: 'create'; state: StreamState; start: Position }
  /** It is there with this configuration: success, and nothing changes. */
  | { kind: 'exists'; state: StreamState }
  | { kind: 'refused'; refusal: Refusal };

/** Where a fork branches off: `decideCreate` checks that it can. */
export interface ForkPoint {
  readonly sourceName: string;
  readonly source: Head | undefined;
  /** The requested offset and sub-offset, resolved. Undefined: the source's tail. */
  readonly at: Position | undefined;
}

export function decideCreate(
  head: Head | undefined,
  fork: ForkPoint | undefined,
  request: CreateRequest,
  nowMs: number,
): CreateDecision {
  const stands = standing(head, nowMs);
  const refusal = checkPreconditions(stands.kind === 'live' ? head : undefined, request);
  if (refusal !== undefined) return refuse(refusal);
  if (stands.kind === 'gone') return refuse({ code: 'path-held-by-forks' });
  if (stands.kind === 'live') {
    const difference = differs(stands.state, fork?.sourceName, request);
    if (difference !== undefined) return refuse({ code: 'stream-differs', what: difference });
    return { kind: 'exists', state: stands.state };
  }

  const producer = request.producer;
  if (producer !== undefined) {
    const verdict = judgeProducer(undefined, producer);
    if (verdict.kind === 'gap') return refuse(producerRefusal(verdict));
  }
  if (fork === undefined) {
    const type = request.contentType ?? OCTET_STREAM;
    const expiry = request.expiry ?? { kind: 'never' };
    return {
      kind: 'create',
      state: newState(request, type, expiry, undefined, nowMs),
      start: START,
    };
  }
  return decideFork(fork, request, nowMs);
}

function decideFork(fork: ForkPoint, request: CreateRequest, nowMs: number): CreateDecision {
  const { source, sourceName } = fork;
  const stands = standing(source, nowMs);
  if (source === undefined || stands.kind === 'absent') {
    return refuse({ code: 'fork-source-not-found' });
  }
  if (stands.kind === 'gone') return refuse({ code: 'fork-source-gone' });
  const parent = stands.state;
  if (
    request.contentType !== undefined &&
    !sameMediaType(request.contentType, parent.contentType)
  ) {
    return refuse({ code: 'content-type-differs', expected: parent.contentType });
  }
  const at = fork.at ?? source.tail;
  if (at > source.tail) {
    return refuse({ code: 'fork-offset-invalid', reason: "is beyond the source's tail" });
  }
  const origin: ForkOrigin = {
    source: sourceName,
    at,
    requestedAt: request.fork?.at,
    requestedSub: request.fork?.sub ?? 0,
  };
  const expiry = request.expiry ?? parent.expiry;
  const state = newState(request, parent.contentType, expiry, origin, nowMs);
  return { kind: 'create', state, start: at };
}

/** RFC 9110, "Preconditions": judged before the configurations are compared. */
function checkPreconditions(head: Head | undefined, request: CreateRequest): Refusal | undefined {
  const { ifMatch, ifNoneMatch } = request;
  const tag = head === undefined ? undefined : tagOf(head);
  if (ifMatch !== undefined && !(tag !== undefined && matchesStrongly(ifMatch, tag))) {
    return { code: 'precondition-failed', tag };
  }
  if (ifNoneMatch !== undefined && tag !== undefined && matchesNone(ifNoneMatch, tag)) {
    return { code: 'precondition-failed', tag };
  }
  return undefined;
}

function matchesNone(list: TagList, tag: string): boolean {
  return list === '*' || list.some((each) => each.tag === tag);
}

export function tagOf(head: Head): string {
  const closed = head.state.kind === 'stream' && head.state.closed;
  return stateTag(head.incarnation, head.tail, closed);
}

/** What keeps a repeated PUT from being the same one (protocol, "5.1. Create Stream"). */
function differs(
  state: StreamState,
  sourceName: string | undefined,
  request: CreateRequest,
): string | undefined {
  // A fork may leave its type to its source; any other stream has one, if only by default.
  const type = request.contentType ?? (state.fork === undefined ? OCTET_STREAM : undefined);
  if (type !== undefined && !sameMediaType(type, state.contentType)) return 'content type';
  if (request.closes !== state.closed) return 'closed state';
  if (state.fork?.source !== sourceName) return 'fork source';
  if (state.fork !== undefined && !sameForkPoint(state.fork, request)) return 'fork offset';
  const inherits = request.expiry === undefined && state.fork !== undefined;
  if (!inherits && !sameExpiry(state.expiry, request.expiry ?? { kind: 'never' })) {
    return 'time to live';
  }
  return undefined;
}

function sameForkPoint(origin: ForkOrigin, { fork }: CreateRequest): boolean {
  if (fork === undefined || fork.sub !== origin.requestedSub) return false;
  return fork.at === origin.requestedAt || (fork.sub === 0 && fork.at === origin.at);
}

function sameExpiry(one: Expiry, other: Expiry): boolean {
  switch (one.kind) {
    case 'never':
      return other.kind === 'never';
    case 'ttl':
      return other.kind === 'ttl' && other.seconds === one.seconds;
    case 'at':
      return other.kind === 'at' && other.atMs === one.atMs;
  }
}

function newState(
  request: CreateRequest,
  contentType: ContentType,
  expiry: Expiry,
  fork: ForkOrigin | undefined,
  nowMs: number,
): StreamState {
  const { producer } = request;
  const none = CowMap.empty<ProducerState>();
  return {
    kind: 'stream',
    contentType,
    createdAtMs: nowMs,
    lastWriteAtMs: nowMs,
    expiry,
    leaseUntilMs: 0,
    closed: request.closes,
    closedBy: request.closes ? producer : undefined,
    streamSeq: request.streamSeq,
    producers:
      producer === undefined
        ? none
        : none.with(producer.id, { epoch: producer.epoch, seq: 0, lastWriteAtMs: nowMs }),
    fork,
    forkCount: 0,
    softDeleted: false,
  };
}

function refuse(refusal: Refusal): CreateDecision {
  return { kind: 'refused', refusal };
}
