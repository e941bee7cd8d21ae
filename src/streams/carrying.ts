import type { Clock } from '../lib/clock.ts';
import { decideAppend } from '../protocol/append.ts';
import type { ContentType } from '../protocol/content-type.ts';
import { standing } from '../protocol/head.ts';
import type { ProducerLimits } from '../protocol/producer.ts';
import type { Records } from '../protocol/records.ts';
import type { CommitOutcome, LogStore, Op } from '../storage/port.ts';
import type { StreamRef } from './names.ts';
import type { AppendOutcome, StreamQuota } from './stream-service.ts';
import { asStreamHead } from './stream-head.ts';
import { refusalOf, refused, refusedAsCorrupt } from './transact.ts';

export interface CarryingParts {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly limits: ProducerLimits;
  readonly quota: StreamQuota | undefined;
}

/** `moved`: what goes along does not fit any more. */
export type CarryOutcome = Exclude<AppendOutcome, { kind: 'duplicate' }> | { kind: 'moved' };

/** More rounds than honest contention needs. */
const ROUNDS_MAX = 100;

/**
 * Appends what comes from within the server to a durable stream, as its own type has it, together
 * with ops on other logs: one commit, or nothing.
 */
export async function carry(
  parts: CarryingParts,
  { account, name }: StreamRef,
  recordsAs: (type: ContentType) => Records,
  alongside: readonly Op[],
): Promise<CarryOutcome> {
  const { store, clock, limits, quota } = parts;
  try {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const head = await store.latest(name);
      const stands = standing(head, clock.nowMs());
      const type = stands.kind === 'live' ? stands.state.contentType : undefined;
      const records = type === undefined ? NOTHING : recordsAs(type);
      const request = { ...PLAIN, contentType: type };
      const decision = decideAppend(head, request, records, clock.nowMs(), limits);
      if (decision.kind === 'refused') {
        if (await store.settle([name])) return refused(decision.refusal);
        continue;
      }
      if (decision.kind !== 'write' || head === undefined) return { kind: 'moved' };
      const tooMuch = quota?.refusal(account, { streams: 0, bytes: records.bytes.length });
      if (tooMuch !== undefined) return refused(tooMuch);
      const append: Op = {
        kind: 'append',
        name,
        expected: head.version,
        change: decision.change,
        records,
      };
      const outcome = await store.commit([append, ...alongside]);
      if (outcome.kind === 'stored') return appended(outcome);
      if (outcome.kind === 'refused') return refused(refusalOf(outcome.reason));
      // Whoever else appends makes it a conflict; so does what goes along, and that for good.
      if ((await store.latest(name))?.version === head.version) return { kind: 'moved' };
    }
    return refused({ code: 'overloaded' });
  } catch (error) {
    return refusedAsCorrupt(error);
  }
}

const NOTHING: Records = { bytes: Buffer.from(' '), lengths: [1] };
const PLAIN = { closes: false, streamSeq: undefined, producer: undefined, ifMatch: undefined };

function appended({ heads }: Extract<CommitOutcome, { kind: 'stored' }>): CarryOutcome {
  return { kind: 'appended', head: asStreamHead(heads[0]) };
}
