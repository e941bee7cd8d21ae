import type { Op } from '../../src/storage/port.ts';
import { effectsOf, type Effects, type ModelLog, type ModelLogs } from './model.ts';
import { expect } from './violation.ts';

/** A commit that the engine took, in the order in which it took them. */
export interface ModelCommit {
  readonly id: number;
  readonly ops: readonly Op[];
  readonly effects: Effects;
}

/**
 * What was committed, as one sequence: those acknowledged, and behind them those whose fate is open.
 * Commit number n has the log sequence number n, so what a restart says of itself can be checked.
 */
export class History {
  #nextId = 1;
  #acknowledged: ModelCommit[] = [];
  #pending: ModelCommit[] = [];
  /** Given up by an engine that failed: they may be there after a restart, in their order. */
  #uncertain: ModelCommit[] = [];
  #durable = new Map<string, ModelLog>();
  #latest = new Map<string, ModelLog>();
  /** How many commits a power loss must not take, and how many a process's death. */
  #powerFloor = 0;
  #processFloor = 0;

  /** What readers may see. */
  get durable(): ModelLogs {
    return this.#durable;
  }

  /** What the next commit builds on. */
  get latest(): ModelLogs {
    return this.#latest;
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.length;
  }

  get pending(): readonly ModelCommit[] {
    return this.#pending;
  }

  get powerFloor(): number {
    return this.#powerFloor;
  }

  submit(ops: readonly Op[]): ModelCommit {
    const id = this.#nextId;
    this.#nextId += 1;
    const commit = { id, ops, effects: effectsOf(ops, this.#latest, id) };
    this.#pending.push(commit);
    apply(commit.effects, this.#latest);
    return commit;
  }

  acknowledge(commit: ModelCommit): void {
    const first = this.#pending.shift();
    expect(first === commit, () => `commit ${commit.id} was acknowledged out of order`);
    this.#acknowledged.push(commit);
    apply(commit.effects, this.#durable);
    this.#processFloor = Math.max(this.#processFloor, this.#acknowledged.length);
  }

  isAcknowledged(commit: ModelCommit): boolean {
    return this.#acknowledged.includes(commit);
  }

  hasCommit(id: number): boolean {
    return this.#acknowledged.some((commit) => commit.id === id);
  }

  /** The commit was refused for good. */
  withdraw(commit: ModelCommit): void {
    const index = this.#pending.indexOf(commit);
    expect(index >= 0, () => `commit ${commit.id} was refused after it was settled`);
    expect(
      this.#acknowledged.length + index >= this.#processFloor,
      () => `commit ${commit.id} was refused, and a reader had seen it`,
    );
    this.#pending.splice(index, 1);
    this.#rebuildLatest();
  }

  /** The engine has failed with this commit on its way: nobody knows what became of it. */
  giveUp(commit: ModelCommit): void {
    this.withdraw(commit);
    this.#uncertain.push(commit);
  }

  /** The first of the pending commits that leave this log, as a number of commits in all. */
  findPending(name: string, matches: (log: ModelLog | undefined) => boolean): number | undefined {
    const index = this.#pending.findIndex(
      ({ effects }) => effects.has(name) && matches(effects.get(name)),
    );
    return index < 0 ? undefined : this.#acknowledged.length + index + 1;
  }

  /** A reader has seen this many commits: they may not vanish. */
  showed(commitCount: number): void {
    this.#processFloor = Math.max(this.#processFloor, commitCount);
  }

  /** This many commits are on disk. */
  synced(commitCount: number): void {
    this.#powerFloor = Math.max(this.#powerFloor, commitCount);
  }

  /** In the mode that syncs first, what was acknowledged or seen is on disk. */
  syncedWhatWasShown(): void {
    this.synced(this.#processFloor);
  }

  /** A machine has lost power; what the system had not synced may be gone. */
  losePower(): void {
    this.#processFloor = this.#powerFloor;
  }

  /** A sync failed, and the system has dropped pages that it could not write. */
  losePages(): void {
    this.#processFloor = this.#powerFloor;
  }

  /** The engine has come back with this many commits. */
  recover(commitCount: number): void {
    const all = [...this.#acknowledged, ...this.#pending, ...this.#uncertain];
    expect(
      commitCount >= this.#processFloor,
      () => `only ${commitCount} of ${this.#processFloor} commits that must be there came back`,
    );
    expect(
      commitCount <= all.length,
      () => `${commitCount} commits came back, and only ${all.length} were ever made`,
    );
    this.#acknowledged = all.slice(0, commitCount);
    this.#pending = [];
    this.#uncertain = [];
    this.#durable = new Map();
    for (const { effects } of this.#acknowledged) apply(effects, this.#durable);
    this.#rebuildLatest();
    this.#processFloor = commitCount;
    this.#powerFloor = commitCount;
  }

  #rebuildLatest(): void {
    this.#latest = new Map(this.#durable);
    for (const { effects } of this.#pending) apply(effects, this.#latest);
  }
}

function apply(effects: Effects, logs: Map<string, ModelLog>): void {
  for (const [name, log] of effects) {
    if (log === undefined) logs.delete(name);
    else logs.set(name, log);
  }
}
