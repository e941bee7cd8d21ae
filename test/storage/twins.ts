import { expect } from 'vitest';
import { position } from '../../src/protocol/offset.ts';
import type { EmbeddedEngine } from '../../src/storage/embedded/engine.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import {
  ABSENT,
  type CommitOutcome,
  type Op,
  type ReadOutcome,
  type StoredHead,
} from '../../src/storage/port.ts';
import { plain } from '../support/arbitraries.ts';
import type { Command, PlannedOp } from './commands.ts';
import type { EngineFolder } from './engine-folder.ts';

const MANY = 1000;

/** The memory engine and the embedded one, of which everything is asked of both. */
export class Twins {
  readonly #folder: EngineFolder;
  readonly #memory: MemoryEngine;
  #embedded: EmbeddedEngine;
  // What one engine calls a version or an incarnation, the other calls by its own name for it.
  readonly #versions = new Dictionary<number>();
  readonly #incarnations = new Dictionary<string>();

  static async open(folder: EngineFolder): Promise<Twins> {
    return new Twins(folder, await folder.open());
  }

  private constructor(folder: EngineFolder, embedded: EmbeddedEngine) {
    this.#folder = folder;
    this.#memory = new MemoryEngine({ bytesMax: 1 << 30, life: 'memory' });
    this.#embedded = embedded;
    this.#versions.learn(ABSENT, ABSENT);
  }

  async run(command: Command): Promise<void> {
    switch (command.kind) {
      case 'commit':
        return this.#commit(command.commits);
      case 'read':
        this.#read(command.name, command.place, command.bytesMax);
        return;
      case 'list':
        this.#list(command);
        return;
      case 'due':
        return this.#due(command.nowMs);
      case 'checkpoint':
        return this.#embedded.checkpoint();
      case 'stop':
        await this.#embedded.close();
        this.#embedded = await this.#folder.open();
        return;
      case 'kill':
        this.#embedded = await this.#folder.crash(this.#embedded);
        return;
    }
  }

  async #commit(commits: readonly (readonly PlannedOp[])[]): Promise<void> {
    const committed: { names: string[]; outcomes: Promise<CommitOutcome>[] }[] = [];
    for (const planned of commits) {
      const names = planned.map(({ name }) => name);
      for (const name of names) this.#compareHeads('latest', name);
      const outcomes = [this.#memory, this.#embedded].map((store) =>
        store.commit(planned.map((op) => toOp(op, store))),
      );
      committed.push({ names, outcomes });
    }
    for (const { names, outcomes } of committed) {
      const [memory, embedded] = await Promise.all(outcomes);
      expect(embedded?.kind).toBe(memory?.kind);
      if (memory?.kind === 'stored' && embedded?.kind === 'stored') {
        expect([memory.heads.length, embedded.heads.length]).toEqual([names.length, names.length]);
        for (const [index, name] of names.entries()) {
          this.#compareHead(name, memory.heads[index], embedded.heads[index]);
        }
      }
      for (const name of names) await this.#embedded.settle([name]);
    }
    for (const name of committed.flatMap(({ names }) => names)) {
      this.#compareHeads('latest', name);
      this.#compareHeads('durable', name);
    }
  }

  #read(name: string, place: number, bytesMax: number): void {
    const head = this.#memory.durable(name);
    const at = position(positionAt(head, place));
    const memory = this.#memory.read(name, at, bytesMax, head?.incarnation);
    const incarnation = this.#embedded.durable(name)?.incarnation;
    const embedded = this.#embedded.read(name, at, bytesMax, incarnation);
    expect(comparable(embedded)).toEqual(comparable(memory));
  }

  #list(request: { prefix: string; after: string | undefined; limit: number }): void {
    const memory = this.#memory.list(request);
    const embedded = this.#embedded.list(request);
    expect(embedded.map(({ name }) => name)).toEqual(memory.map(({ name }) => name));
    for (const [index, { name, head }] of memory.entries()) {
      this.#compareHead(name, head, embedded[index]?.head);
    }
    const isLarge = ({ tail, start }: StoredHead): boolean => tail - start > 10;
    expect(this.#embedded.anyLatest(request.prefix, isLarge)).toBe(
      this.#memory.anyLatest(request.prefix, isLarge),
    );
  }

  async #due(nowMs: number): Promise<void> {
    await this.#embedded.checkpoint();
    const [memory, embedded] = [this.#memory, this.#embedded].map((store) =>
      store.due(nowMs, MANY).sort(),
    );
    expect(embedded).toEqual(memory);
  }

  /** All that can be seen of some logs. */
  async compareAll(names: readonly string[]): Promise<void> {
    this.#list({ prefix: '', after: undefined, limit: MANY });
    await this.#due(Number.MAX_SAFE_INTEGER / 2 ** 6);
    for (const name of names) {
      this.#compareHeads('latest', name);
      this.#compareHeads('durable', name);
      for (const place of [0, 0.1, 0.4, 0.5, 0.9, 1]) {
        for (const bytesMax of [1, 16, 10_000]) this.#read(name, place, bytesMax);
      }
    }
  }

  async close(): Promise<void> {
    await this.#embedded.close();
    await this.#memory.close();
  }

  #compareHeads(which: 'latest' | 'durable', name: string): void {
    this.#compareHead(name, this.#memory[which](name), this.#embedded[which](name));
  }

  #compareHead(
    name: string,
    memory: StoredHead | undefined,
    embedded: StoredHead | undefined,
  ): void {
    expect(shown(embedded)).toEqual(shown(memory));
    if (memory === undefined || embedded === undefined) return;
    this.#versions.learn(memory.version, embedded.version);
    this.#incarnations.learn(name + memory.incarnation, name + embedded.incarnation);
  }
}

/** What is the same word for both, and stays it. */
class Dictionary<Word> {
  readonly #forth = new Map<Word, Word>();
  readonly #back = new Map<Word, Word>();

  learn(one: Word, other: Word): void {
    expect([this.#forth.get(one) ?? other, this.#back.get(other) ?? one]).toEqual([other, one]);
    this.#forth.set(one, other);
    this.#back.set(other, one);
  }
}

/** The op for what the store holds. Where it would need a log that is not there, another one. */
function toOp(planned: PlannedOp, store: MemoryEngine | EmbeddedEngine): Op {
  const { kind, name, isStale, state, change, records, place } = planned;
  const head = store.latest(name);
  const expected = (head?.version ?? ABSENT) + (isStale ? 1_000_000 : 0);
  const start = position(records.bytes.length * 10);
  switch (kind) {
    case 'create':
      return { kind, name, expected, start, state, records };
    case 'append':
      if (head === undefined) return { kind: 'create', name, expected, start, state, records };
      return { kind, name, expected, change, records };
    case 'trim':
      if (head === undefined) return { kind: 'guard', name, expected };
      return { kind, name, expected, before: position(positionAt(head, place)) };
    case 'delete':
    case 'guard':
      return { kind, name, expected };
  }
}

/** A position that far from the start to the tail, or somewhat beyond either. */
function positionAt(head: StoredHead | undefined, place: number): number {
  if (head === undefined) return 0;
  return Math.max(0, Math.round(head.start + (head.tail - head.start) * place));
}

function shown(head: StoredHead | undefined): object | undefined {
  return head && { start: head.start, tail: head.tail, state: plain(head.state) };
}

/** Where a page is cut into pieces is the engine's business. */
function comparable(outcome: ReadOutcome): object {
  if (outcome.kind !== 'page') return outcome;
  const { from, to, pieces } = outcome.page;
  return { from, to, bytes: Buffer.concat(pieces) };
}
