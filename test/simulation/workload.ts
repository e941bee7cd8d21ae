import { CowMap } from '../../src/lib/cow-map.ts';
import { OCTET_STREAM } from '../../src/protocol/content-type.ts';
import { position } from '../../src/protocol/offset.ts';
import { NO_RECORDS, type Records } from '../../src/protocol/records.ts';
import type {
  Expiry,
  ForkOrigin,
  LogState,
  ProducerState,
  ProducerTuple,
  StreamChange,
  StreamState,
} from '../../src/protocol/state.ts';
import { ABSENT, type Op, type Version } from '../../src/storage/port.ts';
import type { Random } from '../support/random.ts';
import type { ModelLog, ModelLogs, ModelState } from './model.ts';

/** In an order that differs between UTF-8 bytes and UTF-16 units. */
const STREAMS = ['b/a', 'b/b', 'b/c', 'b/ä', 'b/\uff5e', 'b/\u{1f600}', 'c/a', 'c/b'] as const;
const BUCKETS = ['b', 'c'] as const;
/** A document that is replaced along with what is published. */
const CURSOR = 'k';

export interface WorkloadSettings {
  readonly names: number;
  readonly recordBytesMax: number;
  readonly isUniform: boolean;
}

/** Which version the engine gives a log now. */
export type VersionOf = (name: string) => Version;

type ChangeKind =
  'append' | 'close' | 'delete' | 'recreate' | 'renew' | 'soft-delete' | 'trim' | 'guard';

type StreamLog = ModelLog & { readonly state: Extract<ModelState, { kind: 'stream' }> };

/** Makes commits of every kind, as the rules above the engine could make them. */
export class Workload {
  readonly #random: Random;
  readonly #settings: WorkloadSettings;
  #clockMs = 1_700_000_000_000;
  #recordCount = 0;

  constructor(random: Random, settings: WorkloadSettings) {
    this.#random = random;
    this.#settings = settings;
  }

  get nowMs(): number {
    return this.#clockMs;
  }

  /** Every name that a log may have. */
  get names(): readonly string[] {
    return [...STREAMS, ...BUCKETS, CURSOR];
  }

  someName(): string {
    return this.#random.chance(0.1)
      ? (this.#random.pick(BUCKETS) ?? 'b')
      : (this.#random.pick(STREAMS.slice(0, this.#settings.names)) ?? 'b/a');
  }

  /** The ops alongside something published: a cursor moves on. One that is stale never fits. */
  cursorOps(logs: ModelLogs, versionOf: VersionOf, isStale: boolean): Op[] {
    const name = CURSOR;
    const expected = versionOf(name) + (isStale ? 1 : 0);
    const start = position(0);
    const text = this.#text();
    const records = NO_RECORDS;
    if (!logs.has(name)) {
      return [
        { kind: 'create', name, expected, start, state: { kind: 'document', text }, records },
      ];
    }
    const change: StreamChange = { kind: 'replaced', text };
    return [{ kind: 'append', name, expected, change, records }];
  }

  /** Time goes by. */
  pass(): number {
    this.#clockMs += this.#random.between(1, 5000);
    return this.#clockMs;
  }

  /** The ops of a commit that fits `logs`. */
  nextOps(logs: ModelLogs, versionOf: VersionOf): Op[] {
    this.pass();
    const name = this.someName();
    const expected = versionOf(name);
    const log = logs.get(name);
    if (log === undefined) {
      const source = this.#someStream(logs);
      if (source !== undefined && !isBucket(name) && this.#random.chance(0.35)) {
        return this.#fork(name, source, logs, versionOf);
      }
      return [this.#create(name, ABSENT), ...this.#guard(name, versionOf)];
    }
    if (log.state.kind === 'bucket') {
      return this.#random.chance(0.5)
        ? [{ kind: 'delete', name, expected }]
        : [{ kind: 'guard', name, expected }];
    }
    if (log.state.kind === 'document') {
      if (this.#random.chance(0.2)) return [{ kind: 'delete', name, expected }];
      const change: StreamChange = { kind: 'replaced', text: this.#text() };
      return [{ kind: 'append', name, expected, change, records: NO_RECORDS }];
    }
    return this.#change(name, expected, { ...log, state: log.state }, logs, versionOf);
  }

  #change(
    name: string,
    expected: Version,
    log: StreamLog,
    logs: ModelLogs,
    versionOf: VersionOf,
  ): Op[] {
    const { state } = log;
    const isOver = state.closed || state.softDeleted;
    const kind = this.#random.weighted<ChangeKind>([
      [isOver ? 0 : 60, 'append'],
      [isOver ? 0 : 4, 'close'],
      [isOver ? 25 : 6, 'delete'],
      [isOver ? 15 : 4, 'recreate'],
      [state.expiry.kind === 'ttl' ? 10 : 0, 'renew'],
      [state.forkCount > 0 && !state.softDeleted ? 5 : 0, 'soft-delete'],
      [8, 'trim'],
      [3, 'guard'],
    ]);
    switch (kind) {
      case 'append':
      case 'close': {
        if (this.#settings.isUniform && this.#random.chance(0.95)) {
          return [{ kind: 'append', name, expected, ...this.#plain() }];
        }
        const change = this.#written(state, kind === 'close');
        return [{ kind: 'append', name, expected, change, records: this.#records() }];
      }
      case 'delete':
        return [{ kind: 'delete', name, expected }, ...this.#release(state, logs, versionOf)];
      case 'recreate':
        return [this.#create(name, expected), ...this.#release(state, logs, versionOf)];
      case 'renew': {
        const change: StreamChange = {
          kind: 'renewed',
          leaseUntilMs: this.#clockMs + this.#random.between(0, 100_000),
        };
        return [{ kind: 'append', name, expected, change, records: NO_RECORDS }];
      }
      case 'soft-delete': {
        const change: StreamChange = { kind: 'soft-deleted' };
        return [{ kind: 'append', name, expected, change, records: NO_RECORDS }];
      }
      case 'trim': {
        const before = position(this.#random.between(log.start, log.tail + 5));
        return [{ kind: 'trim', name, expected, before }];
      }
      case 'guard':
        return [{ kind: 'guard', name, expected }];
    }
  }

  #create(name: string, expected: Version): Op {
    if (isBucket(name)) {
      const state: LogState = this.#random.chance(0.5)
        ? { kind: 'bucket', createdAtMs: this.#clockMs }
        : { kind: 'document', text: this.#text() };
      return { kind: 'create', name, expected, start: position(0), state, records: NO_RECORDS };
    }
    const state = this.#state(undefined);
    return { kind: 'create', name, expected, start: position(0), state, records: this.#records() };
  }

  /** A fork and its source change together, or neither does. */
  #fork(name: string, sourceName: string, logs: ModelLogs, versionOf: VersionOf): Op[] {
    const source = logs.get(sourceName);
    const at = position(this.#random.between(source?.start ?? 0, source?.tail ?? 0));
    const origin = { source: sourceName, at, requestedAt: at, requestedSub: 0 };
    const ops: Op[] = [
      {
        kind: 'create',
        name,
        expected: ABSENT,
        start: at,
        state: this.#state(origin),
        records: this.#random.chance(0.3) ? NO_RECORDS : this.#records(),
      },
      {
        kind: 'append',
        name: sourceName,
        expected: versionOf(sourceName),
        change: { kind: 'fork-added' },
        records: NO_RECORDS,
      },
    ];
    return this.#random.chance(0.5) ? ops : ops.reverse();
  }

  #release({ fork }: StreamLog['state'], logs: ModelLogs, versionOf: VersionOf): Op[] {
    const source = fork === undefined ? undefined : logs.get(fork.source);
    if (fork === undefined || source?.state.kind !== 'stream') return [];
    if (source.state.forkCount === 0) return [];
    const name = fork.source;
    const expected = versionOf(name);
    const change = { kind: 'fork-removed' } as const;
    return [{ kind: 'append', name, expected, change, records: NO_RECORDS }];
  }

  #guard(name: string, versionOf: VersionOf): Op[] {
    const bucket = name.split('/')[0] ?? '';
    if (bucket === name || this.#random.chance(0.7)) return [];
    return [{ kind: 'guard', name: bucket, expected: versionOf(bucket) }];
  }

  #someStream(logs: ModelLogs): string | undefined {
    const streams = [...logs].filter(([, { state }]) => state.kind === 'stream');
    return this.#random.pick(streams)?.[0];
  }

  #state(fork: ForkOrigin | undefined): StreamState {
    const producer = this.#random.chance(0.3) ? { id: 'p1', epoch: 0, seq: 0 } : undefined;
    const closed = this.#random.chance(0.05);
    const none = CowMap.empty<ProducerState>();
    return {
      kind: 'stream',
      contentType: OCTET_STREAM,
      createdAtMs: this.#clockMs,
      lastWriteAtMs: this.#clockMs,
      expiry: this.#expiry(),
      leaseUntilMs: 0,
      closed,
      closedBy: closed ? producer : undefined,
      streamSeq: this.#random.chance(0.2) ? String(this.#clockMs) : undefined,
      producers:
        producer === undefined
          ? none
          : none.with(producer.id, { epoch: 0, seq: 0, lastWriteAtMs: this.#clockMs }),
      fork,
      forkCount: 0,
      softDeleted: false,
    };
  }

  #expiry(): Expiry {
    const atMs = this.#clockMs + this.#random.between(-5000, 50_000);
    return this.#random.weighted<Expiry>([
      [4, { kind: 'never' }],
      [2, { kind: 'ttl', seconds: this.#random.between(1, 60) }],
      [1, { kind: 'at', atMs, text: new Date(atMs).toISOString() }],
    ]);
  }

  #written(state: StreamLog['state'], closes: boolean): StreamChange {
    const producer = this.#random.chance(0.5) ? this.#producer(state) : undefined;
    const others = [...state.producers.keys()].filter((id) => id !== producer?.id);
    const evicts = producer !== undefined && others.length > 3;
    return {
      kind: 'written',
      // A clock may step back.
      atMs: this.#clockMs - (this.#random.chance(0.1) ? 10_000_000 : 0),
      streamSeq: this.#random.chance(0.2) ? String(this.#clockMs) : undefined,
      producer,
      evicted: evicts ? this.#random.pick(others) : undefined,
      closes,
    };
  }

  #plain(): { change: StreamChange; records: Records } {
    this.#recordCount += 1;
    const bytes = Buffer.alloc(100, `#${this.#recordCount}.`);
    const none = { streamSeq: undefined, producer: undefined, evicted: undefined };
    return {
      change: { kind: 'written', atMs: this.#clockMs, ...none, closes: false },
      records: { bytes, lengths: [bytes.length] },
    };
  }

  #producer(state: StreamLog['state']): ProducerTuple {
    const id = this.#random.pick(['p1', 'p2', 'p3', 'p4', 'p5', 'p6'] as const) ?? 'p1';
    const known = state.producers.get(id);
    if (known === undefined) return { id, epoch: 0, seq: 0 };
    return this.#random.chance(0.1)
      ? { id, epoch: known.epoch + 1, seq: 0 }
      : { id, epoch: known.epoch, seq: known.seq + 1 };
  }

  #records(): Records {
    const count = this.#random.weighted([
      [1, 0],
      [10, 1],
      [4, 2],
      [2, this.#random.between(3, 8)],
    ]);
    const parts: Buffer[] = [];
    for (let left = count; left > 0; left -= 1) parts.push(this.#record());
    return { bytes: Buffer.concat(parts), lengths: parts.map(({ length }) => length) };
  }

  /** No two records are alike, and some hold what a frame begins with. */
  #text(): string {
    return 'ä'.repeat(this.#random.between(0, this.#random.chance(0.1) ? 20_000 : 20));
  }

  #record(): Buffer {
    this.#recordCount += 1;
    const { recordBytesMax } = this.#settings;
    const length = this.#random.chance(0.05)
      ? this.#random.between(1, recordBytesMax)
      : this.#random.between(1, Math.min(recordBytesMax, 200));
    const stamp = `#${this.#recordCount}${this.#random.chance(0.05) ? 'MRGF' : '.'}`;
    return Buffer.alloc(Math.max(length, stamp.length), stamp);
  }
}

/** Names that stand for what holds no records. */
function isBucket(name: string): boolean {
  return BUCKETS.some((bucket) => bucket === name);
}
