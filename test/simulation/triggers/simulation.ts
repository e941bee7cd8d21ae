import type { TriggersWorld } from '../../../src/delivery/open-triggers.ts';
import { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import { Random } from '../../support/random.ts';
import type { Fault } from '../calls.ts';
import { Machine, type Crash } from '../machine.ts';
import { planFaults, profileOf, settingsOf, type Profile } from '../profile.ts';
import type { Report } from '../simulation.ts';
import { SimulatedTime, withoutIntervals } from '../timers.ts';
import { expect, Violation } from '../violation.ts';
import { TriggerLife } from './life.ts';
import type { StreamSpec } from './names.ts';
import { TriggerOracle } from './oracle.ts';
import { checkPlaces, rest } from './rest.ts';
import { Standings } from './standing.ts';
import { TriggerWorkload } from './workload.ts';

/** A way to break what triggers run on, to see the simulator notice. */
export type TriggerMutation = (world: TriggersWorld) => TriggersWorld;

const unchanged: TriggerMutation = (world) => world;

/** Runs the history that a seed determines: triggers that carry, in lives that end in crashes. */
export async function simulateTriggers(seed: number, mutate = unchanged): Promise<Report> {
  const simulation = new TriggerSimulation(seed, mutate);
  let violation: unknown;
  try {
    await withoutIntervals(() => simulation.time.governs(() => simulation.run()));
  } catch (error) {
    violation = error;
  }
  return { seed, lines: simulation.lines, counts: simulation.counts, violation };
}

type Ending = 'close' | Crash;

class TriggerSimulation {
  readonly lines: string[] = [];
  readonly counts = new Map<string, number>();
  readonly time = new SimulatedTime();
  readonly #mutate: TriggerMutation;
  readonly #random: Random;
  readonly #engineRandom: Random;
  readonly #serviceRandom: Random;
  readonly #profile: Profile;
  readonly #machine: Machine;
  readonly #standings = new Standings();
  readonly #oracle = new TriggerOracle(this.#standings);
  readonly #workload: TriggerWorkload;
  /** What lives that ended may have deleted. */
  #dropping: ReadonlySet<StreamSpec> = new Set();
  readonly #trace = (line: string): void => {
    this.lines.push(line.replaceAll('\0', '/'));
  };
  readonly #count = (what: string): void => {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  };

  constructor(seed: number, mutate: TriggerMutation) {
    this.#mutate = mutate;
    this.#random = new Random(seed);
    this.#engineRandom = this.#random.fork();
    this.#serviceRandom = this.#random.fork();
    // What a weaker mode loses is the engine's affair, and the triggers' streams lose it together.
    this.#profile = { ...profileOf(this.#random), fsync: { kind: 'always' } };
    this.#machine = new Machine(this.#random.fork(), this.#trace);
    this.#workload = new TriggerWorkload(this.#random.fork(), this.#standings);
    this.#trace(JSON.stringify(this.#profile));
  }

  async run(): Promise<void> {
    for (let left = this.#profile.lives; left > 0; left -= 1) {
      const faults = planFaults(this.#profile, this.#random);
      const life = await this.#open(faults, this.#random.chance(0.2) ? 1 / 15 : 0);
      if (life === undefined) continue;
      const ticks = this.#random.below(this.#random.chance(0.35) ? 40 : 400);
      for (let left = ticks; left > 0; left -= 1) await life.tick();
      await this.#end(life);
    }
    await this.#rest();
  }

  /** Starts a process. Undefined when it did not come to serve. */
  async #open(faults: Fault[], crashChance: number): Promise<TriggerLife | undefined> {
    const process = this.#machine.start(faults);
    const settings = settingsOf(this.#profile, this.#random);
    this.#trace(`open ${JSON.stringify(settings)} ${JSON.stringify(faults)}`);
    const life = new TriggerLife({
      process,
      oracle: this.#oracle,
      standings: this.#standings,
      workload: this.#workload,
      time: this.time,
      random: this.#random,
      serviceRandom: this.#serviceRandom,
      mutate: this.#mutate,
      trace: this.#trace,
      count: this.#count,
    });
    const { files, index } = process;
    const opening = EmbeddedEngine.open(
      {
        files,
        index,
        random: () => this.#engineRandom.next(),
        events: {
          onFailure: (error) => {
            life.onFailure(error);
          },
          onCheckpointFailure: () => undefined,
          onGroup: () => undefined,
          onCheckpoint: () => undefined,
        },
        onClosed: () => Promise.resolve(),
      },
      settings,
    );
    try {
      const engine = await life.drive(opening, () => this.#random.chance(crashChance));
      if (engine !== undefined) {
        this.#count('starts');
        const mayBeDropped = (spec: StreamSpec): boolean => this.#dropping.has(spec);
        await life.drive(life.begin(engine, mayBeDropped), () => false);
        this.#dropping = new Set();
        return life;
      }
      this.#count('crashes while starting');
      this.#crash(life, this.#random.chance(0.5) ? 'kill' : 'power-loss');
    } catch (error) {
      if (error instanceof Violation || process.calls.struck.length === 0) throw error;
      this.#count('failures to start');
      this.#crash(life, 'kill');
    }
    return undefined;
  }

  async #end(life: TriggerLife): Promise<void> {
    if (life.hasFailed) this.#count('engine failures');
    const ending = this.#random.weighted<Ending>([
      [6, 'power-loss'],
      [6, 'kill'],
      [2, 'close'],
    ]);
    if (ending === 'close') {
      await this.#close(life);
      return;
    }
    this.#count(ending);
    this.#crash(life, ending);
  }

  #crash(life: TriggerLife, kind: Crash): void {
    this.#trace(kind);
    life.end();
    this.#dropping = new Set([...this.#dropping, ...life.dropping]);
    this.#machine.crash(life.process, kind);
  }

  async #close(life: TriggerLife): Promise<void> {
    this.#trace('close');
    await life.drive(life.close(), () => false);
    this.#count('clean closes');
    life.end();
    this.#dropping = new Set([...this.#dropping, ...life.dropping]);
    life.process.calls.die();
  }

  /** With nothing going wrong any more, everything arrives that should. */
  async #rest(): Promise<void> {
    const life = await this.#open([], 0);
    expect(life !== undefined, () => 'the engine did not start');
    await rest(life, {
      oracle: this.#oracle,
      standings: this.#standings,
      workload: this.#workload,
      time: this.time,
      count: this.#count,
    });
    await this.#close(life);
    const again = await this.#open([], 0);
    expect(again !== undefined, () => 'the engine did not start');
    await checkPlaces(again);
    await this.#close(again);
  }
}
