import { assert } from '../../lib/assert.ts';
import { dueAtMs } from '../../protocol/expiry.ts';
import { position, type Position } from '../../protocol/offset.ts';
import type { Records } from '../../protocol/records.ts';
import { evolve } from '../../protocol/state.ts';
import { MemoryMessages } from './messages.ts';
import type {
  Capabilities,
  CommitOutcome,
  Listed,
  ListRequest,
  LogStore,
  Op,
  ReadOutcome,
  StoredHead,
} from '../port.ts';

interface Record {
  readonly at: Position;
  readonly bytes: Buffer;
}

interface Log {
  readonly head: StoredHead;
  /** Grows in place: copying it for every append would cost more each time. */
  readonly records: Record[];
}

/**
 * The log store in this process's memory: `--memory`, and the oracle for the other engines. Written
 * to be obviously right. Nothing survives the process; `bytesMax` bounds what it holds.
 */
export class MemoryEngine implements LogStore {
  readonly capabilities: Capabilities = { engine: 'memory', durability: 'none' };
  readonly messages: MemoryMessages;
  readonly #bytesMax: number;
  readonly #life: string;
  readonly #logs = new Map<string, Log>();
  readonly #watchers = new Map<string, Set<() => void>>();
  #bytes = 0;
  #version = 0;
  #isClosed = false;

  /** `life` tells this engine's incarnations from those of an earlier one: entity tags hold it. */
  constructor(settings: { bytesMax: number; life: string }) {
    this.#bytesMax = settings.bytesMax;
    this.#life = settings.life;
    this.messages = new MemoryMessages({
      commitWith: (ops, bytes, applyBeside) => this.#commit(ops, bytes, applyBeside),
      release: (bytes) => {
        this.#bytes -= bytes;
      },
      nextIncarnation: () => this.#incarnationOf(this.#version),
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  latest(name: string): StoredHead | undefined {
    return this.#logs.get(name)?.head;
  }

  durable(name: string): StoredHead | undefined {
    return this.latest(name);
  }

  settle(): boolean {
    return true;
  }

  commit(ops: readonly Op[]): Promise<CommitOutcome> {
    return Promise.resolve(this.#commit(ops));
  }

  /** `beside`: bytes of messages that the commit stores elsewhere, by `applyBeside`. */
  #commit(ops: readonly Op[], beside = 0, applyBeside?: () => void): CommitOutcome {
    if (this.#isClosed) return { kind: 'refused', reason: 'closed' };
    for (const { name, expected } of ops) {
      if ((this.latest(name)?.version ?? 0) !== expected) return { kind: 'conflict' };
    }
    let added = beside;
    for (const op of ops) if ('records' in op) added += op.records.bytes.length;
    if (added > 0 && this.#bytes + added > this.#bytesMax) {
      return { kind: 'refused', reason: 'full' };
    }
    this.#version += 1;
    this.#bytes += beside;
    const heads = ops.map((op) => (op.kind === 'guard' ? undefined : this.#apply(op)));
    applyBeside?.();
    for (const { name } of ops) {
      for (const onChange of [...(this.#watchers.get(name) ?? [])]) onChange();
    }
    return { kind: 'stored', heads };
  }

  #incarnationOf(version: number): string {
    return `${this.#life}.${version.toString(36)}`;
  }

  #apply(op: Exclude<Op, { kind: 'guard' }>): StoredHead | undefined {
    const before = this.#logs.get(op.name);
    const version = this.#version;
    switch (op.kind) {
      case 'create': {
        if (before !== undefined) this.#drop(op.name, before);
        const { start, state } = op;
        const incarnation = this.#incarnationOf(version);
        return this.#store(
          op.name,
          { incarnation, start, tail: start, version, state },
          [],
          op.records,
        );
      }
      case 'append': {
        assert(before !== undefined, 'an append has a log to go to');
        const state = evolve(before.head.state, op.change);
        return this.#store(op.name, { ...before.head, version, state }, before.records, op.records);
      }
      case 'delete':
        if (before !== undefined) this.#drop(op.name, before);
        return undefined;
      case 'trim': {
        assert(before !== undefined, 'a trim has a log to work on');
        const start = position(Math.min(Math.max(before.head.start, op.before), before.head.tail));
        const kept = before.records.filter(({ at, bytes }) => at + bytes.length > start);
        this.#bytes -= bytesIn(before.records) - bytesIn(kept);
        const head = { ...before.head, version, start };
        this.#logs.set(op.name, { head, records: kept });
        return head;
      }
    }
  }

  #store(
    name: string,
    head: StoredHead,
    records: Record[],
    { bytes, lengths }: Records,
  ): StoredHead {
    let from = 0;
    for (const length of lengths) {
      const copy = Buffer.from(bytes.subarray(from, from + length));
      records.push({ at: position(head.tail + from), bytes: copy });
      from += length;
    }
    this.#bytes += bytes.length;
    const grown = { ...head, tail: position(head.tail + bytes.length) };
    this.#logs.set(name, { head: grown, records });
    return grown;
  }

  #drop(name: string, { records }: Log): void {
    this.#bytes -= bytesIn(records);
    this.#logs.delete(name);
  }

  read(name: string, from: Position, bytesMax: number, incarnation?: string): ReadOutcome {
    const log = this.#logs.get(name);
    if (log === undefined) return { kind: 'absent' };
    const { head, records } = log;
    if (incarnation !== undefined && head.incarnation !== incarnation) return { kind: 'absent' };
    if (from < head.start) return { kind: 'trimmed', earliest: head.start };
    const pieces: Buffer[] = [];
    let bytes = 0;
    let first: Position | undefined;
    for (let next = firstAfter(records, from); next < records.length; next += 1) {
      const record = records[next];
      if (record === undefined) break;
      if (bytes > 0 && bytes + record.bytes.length > bytesMax) break;
      first ??= record.at;
      pieces.push(record.bytes);
      bytes += record.bytes.length;
    }
    const begin = first ?? head.tail;
    return { kind: 'page', page: { from: begin, to: position(begin + bytes), pieces } };
  }

  watch(name: string, onChange: () => void): () => void {
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers);
    watchers.add(onChange);
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name);
    };
  }

  list({ prefix, after, limit }: ListRequest): Listed[] {
    const order = (one: string, other: string): number =>
      Buffer.compare(Buffer.from(one), Buffer.from(other));
    return [...this.#logs]
      .filter(([name]) => name.startsWith(prefix))
      .filter(([name]) => after === undefined || order(name, after) > 0)
      .sort(([one], [other]) => order(one, other))
      .slice(0, limit)
      .map(([name, { head }]) => ({ name, head }));
  }

  anyLatest(prefix: string, isThere: (head: StoredHead) => boolean): boolean {
    for (const [name, { head }] of this.#logs) {
      if (name.startsWith(prefix) && isThere(head)) return true;
    }
    return false;
  }

  due(nowMs: number, limit: number): string[] {
    const due: string[] = [];
    for (const [name, { head }] of this.#logs) {
      const atMs = dueAtMs(head.state);
      if (atMs !== undefined && atMs <= nowMs) due.push(name);
      if (due.length === limit) break;
    }
    return due;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}

function bytesIn(records: readonly Record[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** The index of the record that `from` lies in or before. */
function firstAfter(records: readonly Record[], from: Position): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const record = records[middle];
    if (record !== undefined && record.at + record.bytes.length <= from) low = middle + 1;
    else high = middle;
  }
  return low;
}
