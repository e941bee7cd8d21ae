import { adviceOn } from './delivery/advice.ts';
import type { StateChange } from './delivery/state-log.ts';

type Write = (told: object, text: string) => void;

/** What of a logger is needed here. */
interface Log {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

interface Line {
  readonly level: keyof Log;
  readonly text: string;
}

const LINES: Readonly<Record<StateChange['state'], Line>> = {
  waiting: { level: 'warn', text: 'a trigger waits, and tries again' },
  blocked: { level: 'warn', text: 'a trigger is blocked' },
  failed: { level: 'error', text: 'a trigger has failed, and carries nothing until it is resumed' },
  active: { level: 'info', text: 'a trigger goes on' },
  completed: { level: 'info', text: 'a trigger is completed' },
};

/** Writes what becomes of triggers to the log, with what to do about it. */
export function tellOfTriggers(logger: Log): (change: StateChange) => void {
  return ({ state, ...change }) => {
    const advice = change.reason === undefined ? undefined : adviceOn(change.reason);
    const { level, text } = LINES[state];
    logger[level]({ ...change, advice }, text);
  };
}
