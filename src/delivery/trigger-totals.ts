import type { TriggerState } from '../triggers/trigger-state.ts';
import { stateOf, type Kept } from './kept-triggers.ts';
import { NO_OUTCOMES, OUTCOMES, type Outcome, type Progress } from './progress.ts';

/** How many records came to each end. */
type Outcomes = Record<Outcome, number>;

type StateCounts = Record<TriggerState['kind'], number>;

/** What the triggers of each account do, and have done since the start. */
export interface TriggerActivity {
  readonly states: ReadonlyMap<string, Readonly<StateCounts>>;
  readonly records: ReadonlyMap<string, Readonly<Outcomes>>;
}

/**
 * What became of records since the server was started, by the account that has the trigger. It only
 * grows: what a trigger did stays counted when it is paused or deleted.
 */
export class TriggerTotals {
  readonly #byAccount = new Map<string, Outcomes>();

  get byAccount(): ReadonlyMap<string, Readonly<Outcomes>> {
    return this.#byAccount;
  }

  /**
   * For one route: to be told how far it has come, first of where it begins. What it goes over again
   * after a conflict is counted once.
   */
  ofRoute(account: string): (progress: Progress) => void {
    const totals = this.#byAccount.get(account) ?? { ...NO_OUTCOMES };
    this.#byAccount.set(account, totals);
    let counted: Outcomes | undefined;
    return (progress) => {
      counted ??= { ...progress };
      for (const outcome of OUTCOMES) {
        const more = progress[outcome] - counted[outcome];
        if (more <= 0) continue;
        totals[outcome] += more;
        counted[outcome] = progress[outcome];
      }
    };
  }
}

export function activityOf(triggers: readonly Kept[], totals: TriggerTotals): TriggerActivity {
  const states = new Map<string, StateCounts>();
  for (const trigger of triggers) {
    const counts = states.get(trigger.account) ?? stateless();
    counts[stateOf(trigger).kind] += 1;
    states.set(trigger.account, counts);
  }
  return { states, records: totals.byAccount };
}

function stateless(): StateCounts {
  return { active: 0, waiting: 0, blocked: 0, paused: 0, completed: 0, failed: 0 };
}
