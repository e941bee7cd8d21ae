import { unreachable } from './lib/assert.ts';
import { adviceOn } from './delivery/advice.ts';
import type { StateChange } from './delivery/state-log.ts';

type Write = (told: object, text: string) => void;

/** What of a logger is needed here. */
interface Log {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Writes what becomes of triggers to the log, with what to do about it. */
export function tellOfTriggers(logger: Log): (change: StateChange) => void {
  return ({ state, ...change }) => {
    const advice = change.reason === undefined ? undefined : adviceOn(change.reason);
    const told = { ...change, advice };
    switch (state) {
      case 'waiting':
        logger.warn(told, 'a trigger waits, and tries again');
        return;
      case 'blocked':
        logger.warn(told, 'a trigger is blocked');
        return;
      case 'failed':
        logger.error(told, 'a trigger has failed, and carries nothing until it is resumed');
        return;
      case 'active':
        logger.info(told, 'a trigger goes on');
        return;
      case 'completed':
        logger.info(told, 'a trigger is completed');
        return;
      default:
        unreachable(state);
    }
  };
}
