import type { NewMessage } from '../messages/config.ts';
import type { Op } from '../storage/port.ts';
import type { Verdict } from './verdict.ts';

/** Where the first of the records came from. */
export interface Origin {
  readonly source: string;
  /** Which of the streams that have had the name. */
  readonly incarnation: string;
  /** Where it lies there: a sequence, or a position. */
  readonly at: number;
  /** How many attempts this makes, from 1. */
  readonly attempt: number;
}

/** Where a trigger's records go. */
export interface TargetStream {
  /** All of the records, in their order, and the ops, in one commit; or nothing of it. */
  deliver(records: readonly NewMessage[], moves: readonly Op[], origin: Origin): Promise<Verdict>;
}
