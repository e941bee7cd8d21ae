import type { LogState, ProducerState, StreamChange } from '../../src/protocol/state.ts';
import type { Op, StoredHead } from '../../src/storage/port.ts';
import { expect } from './violation.ts';

/** A log as it should be. Immutable: a commit makes a new one, so identity tells states apart. */
export interface ModelLog {
  /** The commit that created it. */
  readonly incarnation: number;
  readonly start: number;
  readonly tail: number;
  readonly state: ModelState;
  readonly records: readonly ModelRecord[];
}

export interface ModelRecord {
  readonly at: number;
  readonly bytes: Buffer;
}

/** The protocol's state with the producers in the open, evolved by rules of its own. */
export type ModelState =
  | { readonly kind: 'bucket'; readonly createdAtMs: number }
  | { readonly kind: 'document'; readonly text: string }
  | (Omit<Extract<LogState, { kind: 'stream' }>, 'producers'> & {
      readonly producers: ReadonlyMap<string, ProducerState>;
    });

export type ModelLogs = ReadonlyMap<string, ModelLog>;

/** What a commit makes of the logs that it touches. */
export type Effects = ReadonlyMap<string, ModelLog | undefined>;

export function effectsOf(ops: readonly Op[], logs: ModelLogs, commitId: number): Effects {
  const effects = new Map<string, ModelLog | undefined>();
  for (const op of ops) {
    if (op.kind === 'guard') continue;
    const before = effects.has(op.name) ? effects.get(op.name) : logs.get(op.name);
    effects.set(op.name, after(before, op, commitId));
  }
  return effects;
}

function after(
  before: ModelLog | undefined,
  op: Exclude<Op, { kind: 'guard' }>,
  commitId: number,
): ModelLog | undefined {
  if (op.kind === 'create') {
    const empty = {
      incarnation: commitId,
      start: op.start,
      tail: op.start,
      state: toModelState(op.state),
      records: [],
    };
    return withRecords(empty, op.records.bytes, op.records.lengths);
  }
  if (op.kind === 'delete') return undefined;
  expect(before !== undefined, () => `the workload made an ${op.kind} on nothing`);
  if (op.kind === 'trim') {
    const start = Math.max(before.start, Math.min(op.before, before.tail));
    return { ...before, start };
  }
  const evolved = { ...before, state: changed(before.state, op.change) };
  return withRecords(evolved, op.records.bytes, op.records.lengths);
}

function withRecords(log: ModelLog, bytes: Buffer, lengths: readonly number[]): ModelLog {
  const records = [...log.records];
  let at = 0;
  for (const length of lengths) {
    records.push({ at: log.tail + at, bytes: Buffer.from(bytes.subarray(at, at + length)) });
    at += length;
  }
  return { ...log, tail: log.tail + at, records };
}

function changed(state: ModelState, change: StreamChange): ModelState {
  if (change.kind === 'replaced') return { kind: 'document', text: change.text };
  if (state.kind !== 'stream') return state;
  switch (change.kind) {
    case 'renewed':
      return { ...state, leaseUntilMs: Math.max(change.leaseUntilMs, state.leaseUntilMs) };
    case 'fork-added':
      return { ...state, forkCount: state.forkCount + 1 };
    case 'fork-removed':
      return { ...state, forkCount: state.forkCount - 1 };
    case 'soft-deleted':
      return { ...state, softDeleted: true };
    case 'written': {
      const producers = new Map(state.producers);
      if (change.evicted !== undefined) producers.delete(change.evicted);
      if (change.producer !== undefined) {
        const { id, epoch, seq } = change.producer;
        producers.set(id, { epoch, seq, lastWriteAtMs: change.atMs });
      }
      return {
        ...state,
        lastWriteAtMs: Math.max(change.atMs, state.lastWriteAtMs),
        streamSeq: change.streamSeq === undefined ? state.streamSeq : change.streamSeq,
        ...(change.closes ? { closed: true, closedBy: change.producer } : {}),
        producers,
      };
    }
  }
}

function toModelState(state: LogState): ModelState {
  return state.kind === 'stream'
    ? { ...state, producers: new Map(state.producers.entries()) }
    : state;
}

/** When a log is due to be looked at; undefined: never. */
export function dueOf(log: ModelLog): number | undefined {
  if (log.state.kind !== 'stream' || log.state.softDeleted) return undefined;
  const { expiry, lastWriteAtMs, leaseUntilMs } = log.state;
  if (expiry.kind === 'never') return undefined;
  if (expiry.kind === 'at') return expiry.atMs;
  return Math.max(lastWriteAtMs + 1000 * expiry.seconds, leaseUntilMs);
}

const descriptions = new WeakMap<ModelLog, string>();

export function describeLog(log: ModelLog | undefined): string {
  if (log === undefined) return 'nothing';
  let text = descriptions.get(log);
  if (text === undefined) {
    text = `${log.start}..${log.tail} ${describeState(log.state)}`;
    descriptions.set(log, text);
  }
  return text;
}

export function describeHead(head: StoredHead | undefined): string {
  return head === undefined
    ? 'nothing'
    : `${head.start}..${head.tail} ${describeState(toModelState(head.state))}`;
}

function describeState(state: ModelState): string {
  if (state.kind === 'bucket') return `bucket ${state.createdAtMs}`;
  if (state.kind === 'document') return `document ${state.text}`;
  const producers = [...state.producers]
    .map(([id, { epoch, seq, lastWriteAtMs }]) => `${id}:${epoch}:${seq}@${lastWriteAtMs}`)
    .sort();
  const { contentType, createdAtMs, lastWriteAtMs, expiry, leaseUntilMs } = state;
  const { closed, closedBy, streamSeq, fork, forkCount, softDeleted } = state;
  return JSON.stringify([
    [contentType, createdAtMs, lastWriteAtMs, expiry, leaseUntilMs],
    [closed, closedBy, streamSeq, fork, forkCount, softDeleted],
    producers,
  ]);
}

export type ModelPage =
  | { readonly kind: 'absent' }
  | { readonly kind: 'trimmed'; readonly earliest: number }
  | { readonly kind: 'page'; readonly from: number; readonly to: number; readonly bytes: Buffer };

/** What a read should answer. */
export function pageOf(log: ModelLog | undefined, from: number, bytesMax: number): ModelPage {
  if (log === undefined) return { kind: 'absent' };
  if (from < log.start) return { kind: 'trimmed', earliest: log.start };
  const rest = log.records.filter(({ at, bytes }) => at + bytes.length > from);
  const begin = rest[0]?.at ?? log.tail;
  const taken: Buffer[] = [];
  let length = 0;
  for (const { bytes } of rest) {
    if (length > 0 && length + bytes.length > bytesMax) break;
    taken.push(bytes);
    length += bytes.length;
  }
  return { kind: 'page', from: begin, to: begin + length, bytes: Buffer.concat(taken) };
}
