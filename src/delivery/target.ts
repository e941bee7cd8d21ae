import type { NewMessage } from '../messages/config.ts';
import type { Op } from '../storage/port.ts';
import type { Verdict } from './verdict.ts';

/** Where a trigger's records go. */
export interface TargetStream {
  /** All of the records, in their order, and the ops, in one commit; or nothing of it. */
  deliver(records: readonly NewMessage[], moves: readonly Op[]): Promise<Verdict>;
}
