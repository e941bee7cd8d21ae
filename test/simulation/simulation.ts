import { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import type { Files } from '../../src/storage/embedded/files.ts';
import type { Index } from '../../src/storage/embedded/index/index.ts';
import { Random } from '../support/random.ts';
import type { Fault } from './calls.ts';
import type { EngineUnderTest } from './engine-under-test.ts';
import { History } from './history.ts';
import { Life } from './life.ts';
import { Machine, type Crash } from './machine.ts';
import { Oracle } from './oracle.ts';
import { ManagedWorkload } from './managed/workload.ts';
import { planFaults, profileOf, settingsOf, type Profile } from './profile.ts';
import { checkStructure } from './structure.ts';
import { withoutIntervals } from './timers.ts';
import { expect, Violation } from './violation.ts';
import { Workload } from './workload.ts';

/** A way to break the engine from outside, to see the simulator notice. */
export interface Mutation {
  files?(files: Files): Files;
  index?(index: Index): Index;
  engine?(engine: EmbeddedEngine): EngineUnderTest;
}

export interface Report {
  readonly seed: number;
  /** All that happened, a line an event. */
  readonly lines: readonly string[];
  /** How often things happened. */
  readonly counts: ReadonlyMap<string, number>;
  readonly violation: unknown;
}

/** Runs the history that a seed determines. */
export async function simulate(seed: number, mutation: Mutation = {}): Promise<Report> {
  const simulation = new Simulation(seed, mutation);
  let violation: unknown;
  try {
    await withoutIntervals(() => simulation.run());
  } catch (error) {
    violation = error;
  }
  return { seed, lines: simulation.lines, counts: simulation.counts, violation };
}

type Ending = 'close' | Crash | 'kill-and-power-loss';

class Simulation {
  readonly lines: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #mutation: Mutation;
  readonly #random: Random;
  readonly #engineRandom: Random;
  readonly #profile: Profile;
  readonly #machine: Machine;
  readonly #history = new History();
  readonly #oracle: Oracle;
  readonly #workload: Workload;
  readonly #managedWorkload: ManagedWorkload;
  readonly #trace = (line: string): void => {
    // Names of managed streams have a zero byte in them.
    this.lines.push(line.replaceAll('\0', '/'));
  };
  readonly #count = (what: string): void => {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  };

  constructor(seed: number, mutation: Mutation) {
    this.#mutation = mutation;
    this.#random = new Random(seed);
    this.#engineRandom = this.#random.fork();
    this.#profile = profileOf(this.#random);
    this.#machine = new Machine(this.#random.fork(), this.#trace);
    this.#oracle = new Oracle(this.#history, this.#random.fork());
    this.#workload = new Workload(this.#random.fork(), this.#profile);
    this.#managedWorkload = new ManagedWorkload(this.#random.fork());
    this.#trace(JSON.stringify(this.#profile));
  }

  async run(): Promise<void> {
    for (let left = this.#profile.lives; left > 0; left -= 1) {
      const faults = planFaults(this.#profile, this.#random);
      const life = await this.#open(faults, this.#random.chance(0.3) ? 1 / 15 : 0);
      if (life === undefined) continue;
      const ticks = this.#random.below(this.#random.chance(0.35) ? 20 : 200);
      for (let left = ticks; left > 0; left -= 1) await life.tick();
      if (life.hasFailed) await this.#afterFailure(life);
      await this.#end(life);
    }
    await this.#rest();
  }

  /** Starts a process. Undefined when it did not come to serve. */
  async #open(faults: Fault[], crashChance: number): Promise<Life | undefined> {
    const process = this.#machine.start(faults);
    const settings = settingsOf(this.#profile, this.#random);
    this.#trace(`open ${JSON.stringify(settings)} ${JSON.stringify(faults)}`);
    const life = new Life({
      process,
      settings,
      history: this.#history,
      oracle: this.#oracle,
      workload: this.#workload,
      managedWorkload: this.#managedWorkload,
      managedShare: this.#profile.managedShare,
      random: this.#random,
      trace: this.#trace,
      count: this.#count,
    });
    const { files, index } = process;
    const opening = EmbeddedEngine.open(
      {
        files: this.#mutation.files?.(files) ?? files,
        index: this.#mutation.index?.(index) ?? index,
        random: () => this.#engineRandom.next(),
        events: {
          onFailure: (error) => {
            life.onFailure(error);
          },
          onCheckpointFailure: (error) => {
            life.onCheckpointFailure(error);
          },
          onGroup: (commits) => {
            if (commits > 1) this.#count('groups of several commits');
          },
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
        life.begin(this.#mutation.engine?.(engine) ?? engine);
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

  /** The engine takes nothing more, and still shows what is durable. */
  async #afterFailure(life: Life): Promise<void> {
    this.#count('engine failures');
    for (let ticks = this.#random.below(20); ticks > 0; ticks -= 1) await life.tick();
  }

  async #end(life: Life): Promise<void> {
    // A process that has failed ends by itself, and the machine stays up.
    const ending = this.#random.weighted<Ending>([
      [life.hasFailed ? 1 : 6, 'power-loss'],
      [life.hasFailed ? 6 : 4, 'kill'],
      [2, 'kill-and-power-loss'],
      [3, 'close'],
    ]);
    if (ending === 'close') {
      await this.#close(life, this.#random.chance(0.3) ? 1 / 10 : 0);
      return;
    }
    this.#count(ending);
    this.#crash(life, ending === 'power-loss' ? 'power-loss' : 'kill');
    if (ending === 'kill-and-power-loss') this.#crash(life, 'power-loss');
  }

  #crash(life: Life, kind: Crash): void {
    this.#trace(kind);
    life.end();
    this.#takeStock(life);
    this.#machine.crash(life.process, kind);
    if (kind === 'power-loss') this.#history.loseWhatWasNotSynced();
  }

  /** What this life leaves behind for sure. */
  #takeStock(life: Life): void {
    if (this.#profile.fsync.kind === 'always') this.#history.syncedWhatWasShown();
    const { struck } = life.process.calls;
    if (struck.some(({ on, code }) => on === 'datasync' && code === 'EIO')) {
      this.#history.loseWhatWasNotSynced();
    }
  }

  async #close(life: Life, crashChance: number): Promise<void> {
    this.#trace('close');
    const closing = life.close().then(() => true);
    const isClosed = await life.drive(closing, () => this.#random.chance(crashChance));
    if (isClosed === undefined) {
      this.#count('crashes while closing');
      this.#crash(life, this.#random.chance(0.5) ? 'kill' : 'power-loss');
      return;
    }
    this.#count('clean closes');
    const { files, calls } = life.process;
    if (!life.hasFailed) {
      const left = files.openPaths.join(' ');
      expect(calls.struck.length > 0 || left === '', () => `left open: ${left}`);
      expect(this.#history.pending.length === 0, () => 'a closed engine left commits waiting');
      this.#history.synced(this.#history.lastAcknowledged);
    }
    this.#takeStock(life);
    life.end();
    calls.die();
  }

  /** With nothing going wrong any more, everything comes to rest in its place. */
  async #rest(): Promise<void> {
    const life = await this.#open([], 0);
    expect(life !== undefined, () => 'the engine did not start');
    for (let ticks = this.#random.below(100); ticks > 0; ticks -= 1) await life.tick();
    await life.drain();
    for (let left = 2; left > 0; left -= 1) await life.drive(life.checkpoint(), () => false);
    await life.turn();
    const { engine } = life;
    expect(engine.unflushedBytes === 0, () => `${engine.unflushedBytes} bytes stay unflushed`);
    expect(engine.checkpointLag === 0, () => `a checkpoint left ${engine.checkpointLag} commits`);
    const { durable, durableStreams } = this.#history;
    checkStructure(this.#machine, durable, durableStreams, this.#workload.nowMs);
    this.#oracle.checkAll(engine, this.#workload.names);
    this.#oracle.managed.checkAll(engine.messages, this.#managedWorkload.names);
    this.#oracle.checkDue(engine, this.#workload.nowMs);
    await this.#close(life, 0);
    const again = await this.#open([], 0);
    expect(again !== undefined, () => 'the engine did not start');
    const { commitsReplayed } = again.engine.recovered;
    expect(commitsReplayed === 0, () => `${commitsReplayed} commits replayed after a clean close`);
    await this.#close(again, 0);
  }
}
