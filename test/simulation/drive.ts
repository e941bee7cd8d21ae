import { Violation } from './violation.ts';

/** More turns than the slowest call takes. */
export const IDLE_TURNS_MAX = 1000;

/** What moves a life on. */
export interface Steps {
  /** Lets all that is due happen. */
  turn(): Promise<void>;
  /** Moves one call on. False when none is on its way. */
  step(): Promise<boolean>;
}

/** Until the promise is settled or the simulation stops looking. */
export async function drive<T>(
  life: Steps,
  promise: Promise<T>,
  isInterrupted: () => boolean,
): Promise<T | undefined> {
  const state: { settled?: PromiseSettledResult<T> } = {};
  promise.then(
    (value) => (state.settled = { status: 'fulfilled', value }),
    (reason: unknown) => (state.settled = { status: 'rejected', reason }),
  );
  await life.turn();
  let idleTurns = 0;
  while (state.settled === undefined) {
    if (isInterrupted()) return undefined;
    idleTurns = (await life.step()) ? 0 : idleTurns + 1;
    if (idleTurns > IDLE_TURNS_MAX) throw new Violation('something waits for ever');
  }
  if (state.settled.status === 'rejected') throw asError(state.settled.reason);
  return state.settled.value;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
