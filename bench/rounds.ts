import type { Bench } from './bench.ts';
import type { Metrics } from './load/run.ts';
import { quiet } from './system/quiet.ts';
import type { Row } from './table.ts';
import type { Comparison, Running, Target } from './targets/target.ts';

export interface Contest {
  readonly comparison: Comparison;
  /** Done once on every target that stores streams, before the first round. */
  readonly prepare: (running: Running) => Promise<unknown>;
  readonly round: (running: Running, round: number, target: Target) => Promise<Metrics>;
}

/**
 * Measures all targets once, then all of them again: what else the machine does meanwhile falls on
 * all alike. One target works at a time, the others wait.
 */
export async function interleave(bench: Bench, contest: Contest): Promise<Row[]> {
  const targets = bench.targets.filter((target) => target.comparisons.includes(contest.comparison));
  const entrants = targets.map((target) => new Entrant(bench, contest, target));
  for (const entrant of entrants) await entrant.start();
  for (let round = 0; round < bench.options.rounds; round += 1) {
    for (const entrant of entrants) {
      await quiet(entrants.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
      await entrant.run(round);
    }
  }
  for (const entrant of entrants) await entrant.stop();
  return entrants.map((entrant) => entrant.row());
}

/** A target in a contest. After its first failure it takes no further part. */
class Entrant {
  readonly #bench: Bench;
  readonly #contest: Contest;
  readonly #target: Target;
  readonly #rounds: Metrics[] = [];
  #running: Running | undefined;
  #failed = false;

  constructor(bench: Bench, contest: Contest, target: Target) {
    this.#bench = bench;
    this.#contest = contest;
    this.#target = target;
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  start(): Promise<void> {
    return this.#guard(async () => {
      this.#running = await this.#target.start(this.#bench.workspace);
      if (!this.#target.ceiling) await this.#contest.prepare(this.#running);
    });
  }

  async run(round: number): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.#failed) return;
    const { comparison } = this.#contest;
    this.#bench.progress(`${comparison}: round ${round + 1}, ${this.#target.name}`);
    await this.#guard(async () => {
      this.#rounds.push(await this.#contest.round(running, round, this.#target));
    });
  }

  stop(): Promise<void> {
    return this.#guard(async () => {
      await this.#running?.stop();
    });
  }

  /** Rounds before a failure are no result: the table must not show them as one. */
  row(): Row {
    return { target: this.#target.name, rounds: this.#failed ? [] : this.#rounds };
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      const { comparison } = this.#contest;
      this.#bench.fail({ measure: comparison, target: this.#target.name, reason });
    }
  }
}
