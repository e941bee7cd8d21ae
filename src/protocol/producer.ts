import type { CowMap } from '../lib/cow-map.ts';
import type { ProducerState, ProducerTuple } from './state.ts';

/** What a producer's epoch and sequence mean for a stream (protocol, "Validation Logic"). */
export type ProducerVerdict =
  | { kind: 'accept' }
  | { kind: 'duplicate'; epoch: number; highestSeq: number }
  | { kind: 'fenced'; currentEpoch: number }
  | { kind: 'gap'; expected: number; received: number }
  | { kind: 'epoch-must-start-at-zero'; received: number };

export function judgeProducer(
  known: ProducerState | undefined,
  { epoch, seq }: ProducerTuple,
): ProducerVerdict {
  if (known === undefined) {
    return seq === 0 ? { kind: 'accept' } : { kind: 'gap', expected: 0, received: seq };
  }
  if (epoch < known.epoch) return { kind: 'fenced', currentEpoch: known.epoch };
  if (epoch > known.epoch) {
    return seq === 0 ? { kind: 'accept' } : { kind: 'epoch-must-start-at-zero', received: seq };
  }
  if (seq <= known.seq) return { kind: 'duplicate', epoch: known.epoch, highestSeq: known.seq };
  if (seq === known.seq + 1) return { kind: 'accept' };
  return { kind: 'gap', expected: known.seq + 1, received: seq };
}

export interface ProducerLimits {
  /** How many producers a stream remembers. */
  readonly producersMax: number;
  /** How long a producer must have been silent before another may take its place. */
  readonly producerIdleMs: number;
}

/** Whether a producer fits, and who has to go for it. */
export type ProducerRoom = { kind: 'room'; evicted: string | undefined } | { kind: 'full' };

/**
 * A full stream forgets only a producer that has been silent for `producerIdleMs`; a younger one
 * might still retry, and forgetting it would let that retry in twice.
 */
export function makeRoom(
  producers: CowMap<ProducerState>,
  id: string,
  nowMs: number,
  limits: ProducerLimits,
): ProducerRoom {
  if (producers.size < limits.producersMax || producers.get(id) !== undefined) {
    return { kind: 'room', evicted: undefined };
  }
  let idlest: string | undefined;
  let idleSinceMs = nowMs - limits.producerIdleMs;
  for (const [candidate, state] of producers.entries()) {
    if (state.lastWriteAtMs <= idleSinceMs) {
      idlest = candidate;
      idleSinceMs = state.lastWriteAtMs;
    }
  }
  return idlest === undefined ? { kind: 'full' } : { kind: 'room', evicted: idlest };
}
