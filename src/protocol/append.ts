import { sameMediaType } from './content-type.ts';
import { matchesStrongly, stateTag } from './etag.ts';
import { standing, type Head } from './head.ts';
import type { Position } from './offset.ts';
import { judgeProducer, makeRoom, type ProducerLimits } from './producer.ts';
import type { Records } from './records.ts';
import type { Refusal } from './refusal.ts';
import type { WriteRequest } from './request.ts';
import type { ProducerTuple, StreamChange, StreamState } from './state.ts';

/** What a POST does to a stream, or why it does nothing. */
export type AppendDecision =
  | { kind: 'write'; change: StreamChange }
  /** A retry of what a producer did before: success, and nothing changes. */
  | { kind: 'duplicate'; epoch: number; highestSeq: number; tail: Position; closed: boolean }
  /** Closing what is closed already: success, and nothing changes. */
  | { kind: 'closed-already'; tail: Position }
  | { kind: 'refused'; refusal: Refusal };

/**
 * The checks stand in the order in which they win (protocol, "Error Precedence"): closed, content
 * type, producer, precondition, sequence. A producer's retry is answered before the precondition
 * and the sequence, which its first attempt has already moved.
 */
export function decideAppend(
  head: Head | undefined,
  request: WriteRequest,
  records: Records,
  nowMs: number,
  limits: ProducerLimits,
): AppendDecision {
  const stands = standing(head, nowMs);
  if (head === undefined || stands.kind === 'absent') return refuse({ code: 'stream-not-found' });
  if (stands.kind === 'gone') return refuse({ code: 'stream-gone' });
  const { state } = stands;
  const isEmpty = records.lengths.length === 0;

  if (state.closed) return decideOnClosed(state, head.tail, request, isEmpty);
  if (isEmpty && !request.closes) return refuse({ code: 'empty-append' });
  if (!isEmpty) {
    if (request.contentType === undefined) return refuse({ code: 'content-type-missing' });
    if (!sameMediaType(request.contentType, state.contentType)) {
      return refuse({ code: 'content-type-differs', expected: state.contentType });
    }
  }

  const { producer, streamSeq, closes } = request;
  let evicted: string | undefined;
  if (producer !== undefined) {
    const verdict = judgeProducer(state.producers.get(producer.id), producer);
    if (verdict.kind === 'duplicate') {
      const { epoch, highestSeq } = verdict;
      return { kind: 'duplicate', epoch, highestSeq, tail: head.tail, closed: false };
    }
    if (verdict.kind !== 'accept') return refuse(producerRefusal(verdict));
    const room = makeRoom(state.producers, producer.id, nowMs, limits);
    if (room.kind === 'full') {
      return refuse({ code: 'too-many-producers', producersMax: limits.producersMax });
    }
    evicted = room.evicted;
  }
  if (request.ifMatch !== undefined) {
    const tag = stateTag(head.incarnation, head.tail, state.closed);
    if (!matchesStrongly(request.ifMatch, tag)) return refuse({ code: 'precondition-failed', tag });
  }
  if (streamSeq !== undefined && state.streamSeq !== undefined && streamSeq <= state.streamSeq) {
    return refuse({ code: 'stream-seq-regressed', last: state.streamSeq });
  }
  return {
    kind: 'write',
    change: { kind: 'written', atMs: nowMs, streamSeq, producer, evicted, closes },
  };
}

/** On a closed stream only the request that closed it, and a bare close, succeed again. */
function decideOnClosed(
  state: StreamState,
  tail: Position,
  request: WriteRequest,
  isEmpty: boolean,
): AppendDecision {
  const { producer, closes } = request;
  if (producer !== undefined && isSameTuple(state.closedBy, producer)) {
    return {
      kind: 'duplicate',
      epoch: producer.epoch,
      highestSeq: producer.seq,
      tail,
      closed: true,
    };
  }
  if (isEmpty && closes) return { kind: 'closed-already', tail };
  return refuse({ code: 'stream-closed', tail });
}

function isSameTuple(one: ProducerTuple | undefined, other: ProducerTuple): boolean {
  return one?.id === other.id && one.epoch === other.epoch && one.seq === other.seq;
}

export function producerRefusal(
  verdict: Exclude<ReturnType<typeof judgeProducer>, { kind: 'accept' | 'duplicate' }>,
): Refusal {
  switch (verdict.kind) {
    case 'fenced':
      return { code: 'producer-fenced', currentEpoch: verdict.currentEpoch };
    case 'gap':
      return { code: 'producer-gap', expected: verdict.expected, received: verdict.received };
    case 'epoch-must-start-at-zero':
      return { code: 'producer-epoch-must-start-at-zero', received: verdict.received };
  }
}

function refuse(refusal: Refusal): AppendDecision {
  return { kind: 'refused', refusal };
}
