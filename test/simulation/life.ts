import type { EngineSettings } from '../../src/storage/embedded/engine.ts';
import type { Op, StoredHead } from '../../src/storage/port.ts';
import type { Random } from '../support/random.ts';
import { asError, drive, IDLE_TURNS_MAX } from './drive.ts';
import { atOnce, type EngineUnderTest } from './engine-under-test.ts';
import { namesOf, touches, type History, type ModelCommit } from './history.ts';
import type { Process } from './machine.ts';
import { ManagedClients } from './managed/clients.ts';
import type { ManagedWorkload } from './managed/workload.ts';
import type { Oracle } from './oracle.ts';
import { passes } from './profile.ts';
import { expect, Violation } from './violation.ts';
import { checkCalled, Watchers } from './watchers.ts';
import type { Workload } from './workload.ts';

const IN_FLIGHT_MAX = 12;

export interface LifeParts {
  readonly process: Process;
  readonly settings: EngineSettings;
  readonly history: History;
  readonly oracle: Oracle;
  readonly workload: Workload;
  readonly managedWorkload: ManagedWorkload;
  readonly managedShare: number;
  readonly random: Random;
  readonly trace: (line: string) => void;
  readonly count: (what: string) => void;
}

/** A head that somebody loaded and may still decide on. */
interface HeldHead {
  readonly name: string;
  readonly version: number;
  readonly description: object | undefined;
}

/** One engine from its start to its end, and what its clients do and expect meanwhile. */
export class Life {
  readonly #parts: LifeParts;
  readonly #watchers = new Watchers();
  readonly #held: HeldHead[] = [];
  #engine: EngineUnderTest | undefined;
  #violation: unknown;
  #afterTurn: (() => void)[] = [];
  /** Outcomes of commits that came in this turn, by the commits' numbers. */
  #outcomes: { readonly id: number; readonly settle: () => void }[] = [];
  readonly #clients: ManagedClients;
  #inFlight = 0;
  #isOver = false;
  #isClosing = false;
  hasFailed = false;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    const { history, trace, count, settings } = parts;
    this.#clients = new ManagedClients({
      history,
      trace,
      count,
      refusal: () => {
        if (this.#isClosing) return 'closed';
        if (this.hasFailed) return 'failed';
        const isTooMuch = this.engine.unflushedBytes > settings.unflushedBytesMax;
        return isTooMuch ? 'overloaded' : undefined;
      },
      isExplained: (reason) => {
        if (reason === 'full') return this.#hasStruck('ENOSPC');
        return reason === 'overloaded' ? this.#hasStruck('EMFILE') : this.hasFailed;
      },
      onCommit: (commit) => {
        const expectation = this.#watchers.expectCalls(namesOf(commit));
        return () => {
          checkCalled(expectation);
        };
      },
    });
  }

  get process(): Process {
    return this.#parts.process;
  }

  get engine(): EngineUnderTest {
    if (this.#engine === undefined) throw new Violation('no engine is open');
    return this.#engine;
  }

  /** The engine has come up: everything that must be there is, and nothing else. */
  begin(engine: EngineUnderTest): void {
    const { history, oracle, workload, managedWorkload, trace } = this.#parts;
    this.#engine = engine;
    trace(`recovered ${engine.recovered.lastLsn} commits`);
    history.recover(engine.recovered.lastLsn);
    oracle.forgetLostIncarnations();
    oracle.checkAll(engine, workload.names);
    oracle.managed.checkAll(engine.messages, managedWorkload.names);
  }

  /** Nothing of this life counts any more: what it still does is done by nobody. */
  end(): void {
    this.#isOver = true;
    this.#watchers.forgetAll();
  }

  onFailure(error: unknown): void {
    this.#guard(() => {
      const { process, trace } = this.#parts;
      trace(`fails: ${String(error)}`);
      expect(!this.hasFailed, () => 'the engine failed twice');
      this.hasFailed = true;
      const isFinal = process.calls.struck.some(({ code }) => !passes(code));
      expect(isFinal, () => `the engine failed without need: ${String(error)}`);
    });
  }

  onCheckpointFailure(error: unknown): void {
    this.#guard(() => {
      const isExplained = this.#isFaulty || this.hasFailed;
      expect(isExplained, () => `a checkpoint failed without need: ${String(error)}`);
      this.#parts.count('checkpoint failures');
    });
  }

  /** Lets all that is due happen, and then looks at what came of it. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const outcomes = [...this.#outcomes, ...this.#clients.settled()];
    this.#outcomes = [];
    for (const { settle } of outcomes.sort((a, b) => a.id - b.id)) this.#guard(settle);
    this.#guard(() => {
      this.#clients.decideAgain();
      this.#clients.checkAnswers();
    });
    const checks = this.#afterTurn;
    this.#afterTurn = [];
    for (const check of checks) this.#guard(check);
    if (this.#violation !== undefined) throw asError(this.#violation);
  }

  /** Moves one call on and looks. False when no call is on its way. */
  async step(): Promise<boolean> {
    const isBusy = this.process.calls.step();
    await this.turn();
    return isBusy;
  }

  /** Something happens: mostly a call moves on, else a client does something. */
  async tick(): Promise<void> {
    const { random } = this.#parts;
    const isBusy = this.process.calls.pendingCount > 0;
    const moves = isBusy && random.chance(0.7) && this.process.calls.step();
    if (!moves) this.#act();
    await this.turn();
  }

  /** Until the promise is settled or the simulation stops looking. */
  drive<T>(promise: Promise<T>, isInterrupted: () => boolean): Promise<T | undefined> {
    return drive(this, promise, isInterrupted);
  }

  /** Waits for every commit on its way. */
  async drain(): Promise<void> {
    for (let idleTurns = 0; this.inFlight > 0 || this.process.calls.pendingCount > 0;) {
      idleTurns = (await this.step()) ? 0 : idleTurns + 1;
      if (idleTurns > IDLE_TURNS_MAX) throw new Violation(`${this.inFlight} commits wait for ever`);
    }
  }

  get inFlight(): number {
    return this.#inFlight + this.#clients.inFlight;
  }

  async checkpoint(): Promise<void> {
    const { history, trace } = this.#parts;
    try {
      await this.engine.checkpoint();
    } catch (error) {
      this.onCheckpointFailure(error);
      return;
    }
    if (this.#isOver) return;
    trace('checkpoint is done');
    // The lag counts from commits whose outcomes are gone through at the end of the turn.
    const lag = this.engine.checkpointLag;
    this.#afterTurn.push(() => {
      history.synced(history.lastAcknowledged - lag);
    });
  }

  close(): Promise<void> {
    this.#isClosing = true;
    return this.engine.close();
  }

  #act(): void {
    if (this.#parts.random.chance(this.#parts.managedShare)) this.#actOnManaged();
    else this.#actOnLogs();
  }

  #actOnManaged(): void {
    const { random, oracle, workload, managedWorkload, history } = this.#parts;
    const name = managedWorkload.someName();
    const action = random.weighted([
      [this.inFlight < IN_FLIGHT_MAX ? 60 : 0, 'change'],
      [5, 'watch'],
      [this.#watchers.count > 0 ? 4 : 0, 'unwatch'],
      [15, 'read'],
      [2, 'check-all'],
      [6, 'checkpoint'],
    ]);
    switch (action) {
      case 'change': {
        const change = managedWorkload.nextAction(history.latestStreams, name, workload.pass());
        const hasOps = change.kind === 'publish' && random.chance(0.25);
        const isStale = hasOps && random.chance(0.15);
        const ops = hasOps
          ? workload.cursorOps(history.latest, (each) => this.#versionOf(each), isStale)
          : [];
        const { messages } = this.engine;
        void this.#clients.ask(messages, name, change, ops, isStale).catch(this.#reject);
        return;
      }
      case 'watch':
        this.#watchManaged(name);
        return;
      case 'unwatch':
        this.#watchers.cancelOne(random.below(this.#watchers.count));
        return;
      case 'read':
        oracle.managed.checkStream(this.engine.messages, name);
        return;
      case 'check-all':
        oracle.managed.checkAll(this.engine.messages, managedWorkload.names);
        return;
      case 'checkpoint':
        this.#checkpointSoon();
        return;
    }
  }

  #actOnLogs(): void {
    const { random, oracle, workload, history } = this.#parts;
    const action = random.weighted([
      [this.inFlight < IN_FLIGHT_MAX ? 60 : 0, 'commit'],
      [6, 'commit-stale'],
      [4, 'hold'],
      [8, 'settle'],
      [5, 'watch'],
      [this.#watchers.count > 0 ? 4 : 0, 'unwatch'],
      [12, 'read'],
      [6, 'list'],
      [1, 'check-all'],
      [8, 'checkpoint'],
    ]);
    const name = workload.someName();
    switch (action) {
      case 'commit':
        this.commit(workload.nextOps(history.latest, (each) => this.#versionOf(each)));
        return;
      case 'commit-stale':
        this.#commitStale();
        return;
      case 'hold':
        this.#hold(name);
        return;
      case 'settle':
        this.#settle([name, workload.someName()]);
        return;
      case 'watch':
        this.#watch(name);
        return;
      case 'unwatch':
        this.#watchers.cancelOne(random.below(this.#watchers.count));
        return;
      case 'read':
        oracle.checkLog(this.engine, name);
        return;
      case 'list':
        oracle.checkList(
          this.engine,
          random.pick(['', 'b', 'b/', 'c/a', 'b/\uff5e'] as const) ?? '',
          random.chance(0.5) ? workload.someName() : undefined,
          random.between(1, 6),
        );
        return;
      case 'check-all':
        oracle.checkAll(this.engine, workload.names);
        return;
      case 'checkpoint':
        this.#checkpointSoon();
        return;
    }
  }

  #checkpointSoon(): void {
    this.#parts.trace('checkpoint');
    this.#parts.count('checkpoints');
    void this.checkpoint();
  }

  #watchManaged(name: string): void {
    let lastNumber = 0;
    this.#watchers.addManaged(this.engine, name, () => {
      this.#guard(() => {
        lastNumber = this.#parts.oracle.checkNotified(this.engine, name, lastNumber);
      });
    });
  }

  #watch(name: string): void {
    let lastNumber = 0;
    this.#watchers.add(this.engine, name, () => {
      this.#guard(() => {
        lastNumber = this.#parts.oracle.checkNotified(this.engine, name, lastNumber);
      });
    });
  }

  commit(ops: readonly Op[]): void {
    const { history, settings, trace, count } = this.#parts;
    const hadFailed = this.hasFailed;
    const wasClosing = this.#isClosing;
    const isTooMuch = this.engine.unflushedBytes > settings.unflushedBytesMax;
    const commit = history.submit(ops);
    const expectation = this.#watchers.expectCalls(namesOf(commit));
    trace(`commit ${commit.id}: ${ops.map(describeOp).join(', ')}`);
    this.#inFlight += 1;
    void this.engine.commit(ops).then((outcome) => {
      if (this.#isOver) return;
      const settle = (): void => {
        this.#inFlight -= 1;
        trace(
          `commit ${commit.id} is ${outcome.kind === 'refused' ? outcome.reason : outcome.kind}`,
        );
        switch (outcome.kind) {
          case 'stored':
            expect(!hadFailed && !wasClosing, () => `commit ${commit.id} was taken too late`);
            this.#checkHeads(commit, outcome.heads);
            history.acknowledge(commit);
            checkCalled(expectation);
            count('commits');
            return;
          case 'conflict':
            throw new Violation(`commit ${commit.id} met a conflict that was none`);
          case 'refused':
            count(`refused: ${outcome.reason}`);
            break;
        }
        switch (outcome.reason) {
          case 'full':
            history.refuse(commit);
            expect(this.#hasStruck('ENOSPC'), () => 'a disk with space was called full');
            return;
          case 'overloaded':
            if (isTooMuch) history.turnAway(commit);
            else history.refuse(commit);
            expect(
              isTooMuch || this.#hasStruck('EMFILE'),
              () => 'an engine at ease called itself overloaded',
            );
            return;
          case 'closed':
            history.turnAway(commit);
            expect(wasClosing, () => 'an open engine called itself closed');
            return;
          case 'corrupt':
            throw new Violation(`commit ${commit.id} met damage that was none`);
          case 'failed':
            expect(this.hasFailed, () => 'an engine that is well called itself failed');
            if (hadFailed) history.turnAway(commit);
            else history.giveUp(commit);
            return;
        }
      };
      this.#outcomes.push({ id: commit.id, settle });
    }, this.#reject);
  }

  /** The port says so: a commit never rejects, nor does a promise to settle. */
  readonly #reject = (error: unknown): void => {
    if (!this.#isOver) this.#violation ??= error;
  };

  #checkHeads({ id, ops, effects }: ModelCommit, heads: readonly (StoredHead | undefined)[]): void {
    expect(
      heads.length === ops.length,
      () => `commit ${id} of ${ops.length} ops was answered with ${heads.length} heads`,
    );
    for (const [index, { kind, name }] of ops.entries()) {
      const log = kind === 'guard' ? undefined : effects.get(name);
      this.#parts.oracle.checkOutcomeHead(heads[index], log, name);
    }
  }

  /** Somebody loads a head, and takes his time. */
  #hold(name: string): void {
    const version = this.#versionOf(name);
    this.#held.push({ name, version, description: this.#parts.history.latest.get(name) });
  }

  /** A decision on a head that another commit has replaced meanwhile must not be carried out. */
  #commitStale(): void {
    const { random, history, trace } = this.#parts;
    const held = random.pick(this.#held);
    if (held === undefined || held.description === history.latest.get(held.name)) return;
    if (this.hasFailed || this.#isClosing) return;
    trace(`stale commit on ${held.name} at ${held.version}`);
    const op: Op = { kind: 'delete', name: held.name, expected: held.version };
    void this.engine.commit([op]).then((outcome) => {
      if (this.#isOver) return;
      this.#guard(() => {
        const isRight = outcome.kind === 'conflict' || outcome.kind === 'refused';
        expect(isRight, () => `a commit on version ${held.version} of ${held.name}, which is gone`);
      });
    }, this.#reject);
  }

  /** What `latest` shows now must be durable when the engine says that it is settled. */
  #settle(names: readonly string[]): void {
    const { history, trace } = this.#parts;
    const waitsFor = history.pending.filter((each) => names.some((n) => touches(each, n)));
    trace(`settle ${names.join(' ')}`);
    const check = (held: boolean): void => {
      const isThere = waitsFor.every((commit) => history.isAcknowledged(commit));
      trace(`settled ${names.join(' ')}: ${String(held)}`);
      expect(held === isThere, () => {
        return `settle of ${names.join(' ')} says ${String(held)}, and the commits say otherwise`;
      });
    };
    void Promise.resolve(this.engine.settle(names)).then((held) => {
      if (this.#isOver) return;
      // The outcomes of the same group may follow within this turn.
      this.#afterTurn.push(() => {
        check(held);
      });
    }, this.#reject);
  }

  #versionOf(name: string): number {
    return atOnce(this.engine.latest(name))?.version ?? 0;
  }

  get #isFaulty(): boolean {
    return this.process.calls.struck.length > 0;
  }

  #hasStruck(code: string): boolean {
    return this.process.calls.struck.some((strike) => strike.code === code);
  }

  /** A failed check inside the engine's own call must not look like the engine's failure. */
  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#violation ??= error;
    }
  }
}

function describeOp(op: Op): string {
  const bytes = 'records' in op ? ` ${op.records.lengths.length}/${op.records.bytes.length}` : '';
  const change = op.kind === 'append' ? ` ${op.change.kind}` : '';
  return `${op.kind}${change} ${op.name}${bytes}`;
}
