import type { Op } from '../../src/storage/port.ts';
import { restarted, type ModelManaged, type ModelStreams } from './managed/model.ts';
import { effectsOf, type Effects, type ModelLog, type ModelLogs } from './model.ts';
import { expect } from './violation.ts';

/** A commit that the engine took, in the order in which it took them. */
export interface ModelCommit {
  readonly id: number;
  readonly ops: readonly Op[];
  readonly effects: Effects;
  /** What becomes of the managed stream that it is on. */
  readonly managed: ManagedEffect | undefined;
}

export interface ManagedEffect {
  readonly name: string;
  readonly stream: ModelManaged | undefined;
}

/** The managed stream that a commit is on, and what the commit of a number makes of it. */
export interface ManagedPart {
  readonly name: string;
  readonly after: (commitId: number) => ModelManaged | undefined;
}

/** The logs and the managed stream that a commit changes. */
export function namesOf({ effects, managed }: ModelCommit): string[] {
  return managed === undefined ? [...effects.keys()] : [...effects.keys(), managed.name];
}

export function touches(commit: ModelCommit, name: string): boolean {
  return commit.effects.has(name) || commit.managed?.name === name;
}

/** A number that a refused commit had: it stands for nothing. */
const REFUSED = undefined;

/**
 * What was committed, as one sequence: what is settled, and behind it what is still open. The engine
 * numbers commits from 1 in this order, so what a restart says of itself can be checked.
 */
export class History {
  #nextId = 1;
  #settled: (ModelCommit | typeof REFUSED)[] = [];
  #pending: ModelCommit[] = [];
  /** Given up by an engine that failed: they may be there after a restart, in their order. */
  #uncertain: ModelCommit[] = [];
  readonly #acknowledged = new Set<number>();
  readonly #refused = new Set<number>();
  #durable = new Map<string, ModelLog>();
  #latest = new Map<string, ModelLog>();
  #durableStreams = new Map<string, ModelManaged>();
  #latestStreams = new Map<string, ModelManaged>();
  #lastAcknowledged = 0;
  /** Up to which number commits must outlive a power loss, and a process's death. */
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

  /** The same of managed streams. */
  get durableStreams(): ModelStreams {
    return this.#durableStreams;
  }

  get latestStreams(): ModelStreams {
    return this.#latestStreams;
  }

  /** The number of the last commit that was acknowledged. */
  get lastAcknowledged(): number {
    return this.#lastAcknowledged;
  }

  get pending(): readonly ModelCommit[] {
    return this.#pending;
  }

  submit(ops: readonly Op[], part?: ManagedPart): ModelCommit {
    const id = this.#nextId;
    this.#nextId += 1;
    const managed = part && { name: part.name, stream: part.after(id) };
    const commit = { id, ops, effects: effectsOf(ops, this.#latest, id), managed };
    this.#pending.push(commit);
    apply(commit, this.#latest, this.#latestStreams);
    return commit;
  }

  acknowledge(commit: ModelCommit): void {
    this.#takeFirst(commit);
    this.#settled.push(commit);
    this.#acknowledged.add(commit.id);
    this.#lastAcknowledged = this.#settled.length;
    apply(commit, this.#durable, this.#durableStreams);
    this.#processFloor = Math.max(this.#processFloor, this.#lastAcknowledged);
  }

  /** Refused for good, or given up by an engine that failed. */
  isRefused({ id }: { readonly id: number }): boolean {
    return this.#refused.has(id);
  }

  isAcknowledged({ id }: { readonly id: number }): boolean {
    return this.#acknowledged.has(id);
  }

  /** The engine turned the commit away at once. */
  turnAway(commit: ModelCommit): void {
    const last = this.#pending.pop();
    this.#refused.add(commit.id);
    expect(last === commit, () => `commit ${commit.id} was turned away too late`);
    this.#rebuildLatest();
  }

  /** The engine took the commit and gave it back: it is refused for good. */
  refuse(commit: ModelCommit): void {
    this.#takeFirst(commit);
    this.#settled.push(REFUSED);
    this.#refused.add(commit.id);
    expect(
      this.#settled.length > this.#processFloor,
      () => `commit ${commit.id} was refused, and a reader had seen it`,
    );
    this.#rebuildLatest();
  }

  /** The engine has failed with this commit on its way: nobody knows what became of it. */
  giveUp(commit: ModelCommit): void {
    this.#takeFirst(commit);
    this.#uncertain.push(commit);
    this.#refused.add(commit.id);
    this.#rebuildLatest();
  }

  /** The first pending commit to a log behind a certain number, and its own number. */
  nextPending(
    name: string,
    after: number,
  ): { readonly number: number; readonly commit: ModelCommit } | undefined {
    const index = this.#pending.findIndex(
      (each, position) => touches(each, name) && this.#settled.length + position + 1 > after,
    );
    const commit = this.#pending[index];
    return commit && { number: this.#settled.length + index + 1, commit };
  }

  /** A reader has seen the commits up to this number: they may not vanish. */
  showed(number: number): void {
    this.#processFloor = Math.max(this.#processFloor, number);
  }

  /** The commits up to this number are on disk. */
  synced(number: number): void {
    this.#powerFloor = Math.max(this.#powerFloor, number);
  }

  /** In the mode that syncs first, what was acknowledged or seen is on disk. */
  syncedWhatWasShown(): void {
    this.synced(this.#processFloor);
  }

  /** The machine has lost power, or a system its pages that could not be synced. */
  loseWhatWasNotSynced(): void {
    this.#processFloor = this.#powerFloor;
  }

  /** The engine has come back with the commits up to this number. */
  recover(number: number): void {
    const all = [...this.#settled, ...this.#pending, ...this.#uncertain];
    expect(
      number >= this.#processFloor,
      () => `commits up to ${number} came back, and up to ${this.#processFloor} must be there`,
    );
    expect(
      number <= all.length,
      () => `commits up to ${number} came back, and only ${all.length} were ever made`,
    );
    this.#settled = all.slice(0, number);
    this.#pending = [];
    this.#uncertain = [];
    this.#acknowledged.clear();
    this.#durable = new Map();
    this.#durableStreams = new Map();
    for (const commit of this.#settled) {
      if (commit === REFUSED) continue;
      this.#acknowledged.add(commit.id);
      apply(commit, this.#durable, this.#durableStreams);
    }
    for (const [name, stream] of this.#durableStreams) {
      this.#durableStreams.set(name, restarted(stream));
    }
    this.#rebuildLatest();
    this.#lastAcknowledged = number;
    this.#processFloor = number;
    this.#powerFloor = number;
  }

  #takeFirst(commit: ModelCommit): void {
    const first = this.#pending.shift();
    expect(first === commit, () => `commit ${commit.id} was settled out of order`);
  }

  #rebuildLatest(): void {
    this.#latest = new Map(this.#durable);
    this.#latestStreams = new Map(this.#durableStreams);
    for (const commit of this.#pending) apply(commit, this.#latest, this.#latestStreams);
  }
}

function apply(
  { effects, managed }: ModelCommit,
  logs: Map<string, ModelLog>,
  streams: Map<string, ModelManaged>,
): void {
  for (const [name, log] of effects) set(logs, name, log);
  if (managed !== undefined) set(streams, managed.name, managed.stream);
}

function set<Value>(map: Map<string, Value>, name: string, value: Value | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}
