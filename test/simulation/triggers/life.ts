import { openTriggers, type TriggersWorld } from '../../../src/delivery/open-triggers.ts';
import type { Changed, Created } from '../../../src/delivery/trigger-outcomes.ts';
import type { TriggerService } from '../../../src/delivery/trigger-service.ts';
import { ManagedService } from '../../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../../src/managed/subject-trims.ts';
import type { EmbeddedEngine } from '../../../src/storage/embedded/engine.ts';
import { BucketService } from '../../../src/streams/bucket-service.ts';
import { StreamService } from '../../../src/streams/stream-service.ts';
import type { Random } from '../../support/random.ts';
import { LIMITS } from '../../support/stream-requests.ts';
import { asError, drive, IDLE_TURNS_MAX } from '../drive.ts';
import type { Process } from '../machine.ts';
import { passes } from '../profile.ts';
import type { SimulatedTime } from '../timers.ts';
import { expect, Violation } from '../violation.ts';
import { tagOf } from './kept.ts';
import { STREAMS, type StreamSpec } from './names.ts';
import type { TriggerOracle } from './oracle.ts';
import { nameOf, type Change, type Standings } from './standing.ts';
import { TRIGGERS } from './definitions.ts';
import { ACCOUNT } from './names.ts';
import { pattern } from '../../support/managed.ts';
import type { Action, TriggerWorkload } from './workload.ts';
import { perform } from './clients.ts';

export interface LifeParts {
  readonly process: Process;
  readonly oracle: TriggerOracle;
  readonly standings: Standings;
  readonly workload: TriggerWorkload;
  readonly time: SimulatedTime;
  readonly random: Random;
  /** What the service's waits and ids come from. */
  readonly serviceRandom: Random;
  readonly mutate: (world: TriggersWorld) => TriggersWorld;
  readonly trace: (line: string) => void;
  readonly count: (what: string) => void;
}

/** What stands on one engine. */
export interface Services {
  readonly engine: EmbeddedEngine;
  readonly triggers: TriggerService;
  readonly managed: ManagedService;
  readonly streams: StreamService;
  readonly buckets: BucketService;
}

const IN_FLIGHT_MAX = 12;
/** What a call has led to has begun by then. */
const IDLE_TURNS_MIN = 3;

/** One process from its start to its end: triggers that carry, and clients of all kinds. */
export class TriggerLife {
  readonly #parts: LifeParts;
  #services: Services | undefined;
  #violation: unknown;
  #inFlight = 0;
  #isOver = false;
  /** Streams whose deletion was asked for and may have happened. */
  readonly dropping = new Set<StreamSpec>();
  hasFailed = false;

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  get process(): Process {
    return this.#parts.process;
  }

  get services(): Services {
    if (this.#services === undefined) throw new Violation('no engine is open');
    return this.#services;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The engine has come up: what was seen is there, and the triggers begin. */
  async begin(engine: EmbeddedEngine, mayBeDropped: (spec: StreamSpec) => boolean): Promise<void> {
    const { oracle, trace } = this.#parts;
    trace(`recovered ${engine.recovered.lastLsn} commits`);
    this.#services = this.#open(engine);
    oracle.recover(engine, mayBeDropped);
    for (const spec of STREAMS) this.#watch(engine, spec);
    await this.#services.triggers.start((_account, name) => {
      this.#guard(() => {
        throw new Violation(`what is stored of the trigger ${name} cannot be read`);
      });
    });
    await this.#recoverStandings(this.#services.triggers);
    oracle.checkAll(engine);
  }

  #open(engine: EmbeddedEngine): Services {
    const { time, serviceRandom, mutate } = this.#parts;
    const { messages } = engine;
    const triggers = openTriggers(
      mutate({
        logs: engine,
        messages,
        onStreamMade: (stored) => {
          triggers.news.managedChanged(stored);
        },
        clock: time,
        carrying: { store: engine, clock: time, limits: LIMITS, quota: undefined },
        services: { find: () => undefined },
        random: () => serviceRandom.next(),
        mintId: () => `id-${serviceRandom.below(2 ** 32)}`,
        onState: () => undefined,
        onFailure: (error) => {
          this.#reject(error);
        },
      }),
    );
    const onConfigured = (stored: string): void => {
      triggers.news.managedChanged(stored);
    };
    return {
      engine,
      triggers,
      managed: new ManagedService(
        messages,
        time,
        { replicasMax: 1 },
        new SubjectTrims(messages, engine),
        onConfigured,
      ),
      streams: new StreamService(engine, time, LIMITS, undefined, ({ account, name }) => {
        triggers.news.durableMade(account, name);
      }),
      buckets: new BucketService(engine, time),
    };
  }

  #watch(engine: EmbeddedEngine, spec: StreamSpec): void {
    const look = (): void => {
      this.#guard(() => {
        this.#parts.oracle.archive.look(engine, spec);
      });
    };
    if (spec.kind === 'managed') engine.messages.watchManaged(spec.stored, look);
    else engine.watch(spec.ref.name, look);
  }

  async #recoverStandings(triggers: TriggerService): Promise<void> {
    const { standings, oracle } = this.#parts;
    const found = new Map<string, string>();
    for (const { trigger } of triggers.list(ACCOUNT, pattern('ms.trigger.>'))) {
      found.set(trigger.name, tagOf(trigger));
    }
    for (const name of TRIGGERS) {
      const view = await triggers.get(ACCOUNT, name);
      const tag = found.get(name);
      expect((view === undefined) === (tag === undefined), () => `${name} is listed or not`);
      const isPaused = view?.state.kind === 'paused';
      standings.recover(name, tag === undefined ? undefined : { tag, isPaused });
    }
    for (const { wanted } of standings.all) oracle.isThere(wanted);
  }

  /** Nothing of this life counts any more: what it still does is done by nobody. */
  end(): void {
    this.#isOver = true;
    this.#parts.time.forgetAll();
  }

  onFailure(error: unknown): void {
    this.#guard(() => {
      this.#parts.trace(`fails: ${String(error)}`);
      this.hasFailed = true;
      const isFinal = this.process.calls.struck.some(({ code }) => !passes(code));
      expect(isFinal, () => `the engine failed without need: ${String(error)}`);
    });
  }

  /** Lets all that is due happen. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#violation !== undefined) throw asError(this.#violation);
  }

  /** Moves one call on. False when no call is on its way. */
  async step(): Promise<boolean> {
    const isBusy = this.process.calls.step();
    await this.turn();
    return isBusy;
  }

  drive<T>(promise: Promise<T>, isInterrupted: () => boolean): Promise<T | undefined> {
    return drive(this, promise, isInterrupted);
  }

  /** Something happens: mostly a call moves on, else a client does something. */
  async tick(): Promise<void> {
    const { random, workload, oracle } = this.#parts;
    const isBusy = this.process.calls.pendingCount > 0;
    const moves = isBusy && random.chance(0.75) && this.process.calls.step();
    if (!moves) this.act(workload.next(oracle.archive, this.#inFlight < IN_FLIGHT_MAX));
    await this.turn();
  }

  /** Until nothing more happens without time going by. */
  async settle(): Promise<void> {
    let idleTurns = 0;
    while (idleTurns < IDLE_TURNS_MIN || this.process.calls.pendingCount > 0) {
      idleTurns = (await this.step()) ? 0 : idleTurns + 1;
      if (idleTurns > IDLE_TURNS_MAX) throw new Violation('a call waits for ever');
    }
  }

  act(action: Action): void {
    const { trace, time, oracle } = this.#parts;
    if (action.kind !== 'wait') trace(describe(action));
    switch (action.kind) {
      case 'wait':
        time.pass(action.ms);
        return;
      case 'check':
        oracle.checkAll(this.services.engine);
        return;
      case 'checkpoint':
        void this.services.engine.checkpoint().catch(() => undefined);
        return;
      case 'change':
        this.#change(action.change);
        return;
      case 'drop':
        this.dropping.add(action.spec);
        break;
      case 'write':
      case 'make':
        break;
    }
    this.#ask(perform(this.services, action), (outcome) => {
      trace(`${describe(action)} is ${outcome}`);
    });
  }

  #change(change: Change): void {
    const { standings, oracle, trace, count } = this.#parts;
    const { triggers } = this.services;
    const name = nameOf(change);
    if (change.kind === 'create') oracle.expectNew(change.wanted);
    standings.ask(change);
    const asked: Promise<Created | Changed> =
      change.kind === 'create'
        ? triggers.create(ACCOUNT, change.wanted.given)
        : triggers[change.kind](ACCOUNT, name);
    this.#ask(asked, (outcome) => {
      const what = outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;
      trace(`${change.kind} ${name} is ${what}`);
      count(`${change.kind}: ${what}`);
      // Nobody knows what became of it.
      if (what === 'storage-failed') return;
      const isThere = standings.of(name) !== undefined;
      const isDone = outcome.kind === 'created' || outcome.kind === 'done';
      standings.settle(change, isDone);
      switch (outcome.kind) {
        case 'created':
          expect(!isThere && change.kind === 'create', () => `${name} was there already`);
          oracle.isThere(change.wanted);
          return;
        case 'name-in-use':
        case 'done':
          expect(isThere, () => `${change.kind} ${name} is ${what}, and it was not there`);
          return;
        case 'absent':
          expect(!isThere, () => `${change.kind} ${name} finds nothing, and it was there`);
          return;
        case 'refused':
          return;
        case 'unfit':
        case 'cycle':
        case 'no-consent':
        case 'not-shown':
        case 'too-many':
          throw new Violation(`${change.kind} ${name} is ${what}`);
      }
    });
  }

  #ask<Outcome>(asked: Promise<Outcome>, onAnswer: (outcome: Outcome) => void): void {
    this.#inFlight += 1;
    void asked.then((outcome) => {
      this.#inFlight -= 1;
      this.#guard(() => {
        onAnswer(outcome);
      });
    }, this.#reject);
  }

  async close(): Promise<void> {
    await this.services.triggers.stop();
    await this.services.engine.close();
  }

  readonly #reject = (error: unknown): void => {
    if (!this.#isOver) this.#violation ??= error;
  };

  /** A failed check inside another's call must not look like that one's failure. */
  #guard(check: () => void): void {
    if (this.#isOver) return;
    try {
      check();
    } catch (error) {
      this.#violation ??= error;
    }
  }
}

function describe(action: Exclude<Action, { kind: 'wait' }>): string {
  switch (action.kind) {
    case 'check':
    case 'checkpoint':
      return action.kind;
    case 'change':
      return `${action.change.kind} ${nameOf(action.change)}`;
    case 'write':
      return `write ${action.bodies.map(({ n }) => n).join(' ')} to ${action.spec.name}`;
    case 'make':
    case 'drop':
      return `${action.kind} ${action.spec.name}`;
  }
}
