import type { CarriedSource } from './running.ts';
import type { SourceRead } from './source.ts';

/** How far a trigger is behind its sources. Undefined where nobody can know: null. */
export interface Lag {
  readonly records: number | null;
  /** For how long the first of them has waited. */
  readonly seconds: number | null;
}

/** Beyond so many sources, what those behind lack is their distance, which is never less. */
const SOURCES_READ_MAX = 100;

const NONE: Lag = { records: 0, seconds: 0 };
const UNKNOWN: Lag = { records: null, seconds: null };

export async function lagOf(sources: readonly CarriedSource[], nowMs: number): Promise<Lag> {
  const lags: Lag[] = [];
  for (const [index, carried] of sources.entries()) {
    lags.push(await lagIn(carried, nowMs, index < SOURCES_READ_MAX));
  }
  return {
    records: lags.reduce<number | null>((sum, { records }) => added(sum, records), 0),
    seconds: lags.reduce<number | null>((most, { seconds }) => larger(most, seconds), 0),
  };
}

async function lagIn(carried: CarriedSource, nowMs: number, mayRead: boolean): Promise<Lag> {
  const { source, progress, head, caughtUpAtMs } = carried;
  if (source === undefined) return UNKNOWN;
  // What is not there has nothing to carry.
  if (head === undefined || progress === undefined) return NONE;
  if (!Number.isFinite(head.tail)) return UNKNOWN;
  if (progress.incarnation === head.incarnation && progress.next >= head.tail) return NONE;
  const from = progress.incarnation === head.incarnation ? progress.next : head.first;
  const since = caughtUpAtMs === undefined ? null : secondsSince(caughtUpAtMs, nowMs);
  if (!mayRead) return { records: head.tail - from, seconds: since };
  const read: SourceRead = await source.read(head, Math.max(from, head.first)).catch(() => CORRUPT);
  if (read.kind !== 'read') return UNKNOWN;
  const [first] = read.records;
  if (first === undefined) return NONE;
  const seconds = first.createdAtMs === undefined ? since : secondsSince(first.createdAtMs, nowMs);
  return { records: estimate(read.records.length, read.next - from, head.tail - from), seconds };
}

/** As many again in every stretch as long as the one that was counted. */
function estimate(counted: number, stretch: number, whole: number): number {
  return stretch >= whole ? counted : Math.round((counted * whole) / Math.max(1, stretch));
}

const CORRUPT: SourceRead = { kind: 'corrupt' };

function secondsSince(atMs: number, nowMs: number): number {
  return Math.max(0, nowMs - atMs) / 1000;
}

function added(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other;
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}
