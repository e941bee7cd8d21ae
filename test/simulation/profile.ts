import type { EngineSettings } from '../../src/storage/embedded/engine.ts';
import type { FsyncMode } from '../../src/storage/embedded/wal/group-commit.ts';
import type { Random } from '../support/random.ts';
import type { Fault } from './calls.ts';
import { WAL_DIRECTORY } from './machine.ts';

const NEVER_MS = 2 ** 30;
const KIB = 1024;

/** What kind of history a seed makes. */
export interface Profile {
  readonly fsync: FsyncMode;
  readonly lives: number;
  readonly names: number;
  /** How much of what clients do is on managed streams. */
  readonly managedShare: number;
  readonly recordBytesMax: number;
  /** Appends are mostly of one size, as when clients send again what was lost. */
  readonly isUniform: boolean;
  readonly segmentBytes: number;
  readonly checkpointBytes: number;
  readonly unflushedBytesMax: number;
  /** How likely a life has faults planned. */
  readonly faultChance: number;
}

export function profileOf(random: Random): Profile {
  const segmentBytes = random.pick([2, 4, 8, 32] as const) ?? 2;
  const isTight = random.chance(0.15);
  return {
    fsync: random.weighted<FsyncMode>([
      [14, { kind: 'always' }],
      [3, { kind: 'never' }],
      [3, { kind: 'interval', ms: NEVER_MS }],
    ]),
    lives: random.between(3, 9),
    names: random.between(1, 8),
    managedShare: random.pick([0, 0.5, 0.9] as const) ?? 0,
    // Some seeds have records far larger than a segment, and larger than a group's memory.
    recordBytesMax: random.chance(0.03) ? 700 * KIB : segmentBytes * KIB * 2,
    isUniform: random.chance(0.15),
    segmentBytes: segmentBytes * KIB,
    checkpointBytes: random.chance(0.3) ? random.between(2, 20) * KIB : 1024 * KIB,
    unflushedBytesMax: isTight ? random.between(8, 40) * KIB : 64 * 1024 * KIB,
    faultChance: random.pick([0, 0.4, 0.9] as const) ?? 0,
  };
}

/** Each life may be configured anew, but for what the mode promises. */
export function settingsOf(profile: Profile, random: Random): EngineSettings {
  const chunkBytes = random.pick([64, 512, 4 * KIB, 16 * KIB] as const) ?? 512;
  return {
    walDirectory: WAL_DIRECTORY,
    fsync: profile.fsync,
    segmentBytes: random.chance(0.8) ? profile.segmentBytes : 4 * KIB,
    unflushedBytesMax: profile.unflushedBytesMax,
    checkpointBytes: profile.checkpointBytes,
    checkpointIntervalMs: NEVER_MS,
    memoryBytesMax: 1 << 26,
    idleLogsMax: random.pick([0, 2, 100] as const) ?? 0,
    checkpoint: {
      chunkBytes,
      stepBytes: random.between(1, 8) * KIB,
      messageChunkBytes: random.between(1, 200),
      seqsPerPosting: random.between(1, 5),
      stepLogs: random.between(1, 4),
      milestoneBytes: random.pick([1, KIB, 4 * KIB, 1024 * KIB] as const) ?? KIB,
    },
  };
}

const FAULTS: readonly (readonly [weight: number, on: Fault['on'], code: string])[] = [
  [6, 'write', 'ENOSPC'],
  [2, 'write', 'EIO'],
  [4, 'datasync', 'EIO'],
  [2, 'create', 'EMFILE'],
  [2, 'create', 'ENOSPC'],
  [3, 'open', 'EMFILE'],
  [1, 'open', 'EIO'],
  [1, 'read', 'EIO'],
  [1, 'list', 'EIO'],
  [1, 'rename', 'EIO'],
  [2, 'rename', 'ENOSPC'],
  [1, 'remove', 'EIO'],
  [2, 'syncDirectory', 'EIO'],
  [2, 'syncDirectory', 'EMFILE'],
  [2, 'commit', 'ENOSPC'],
  [2, 'flush', 'EIO'],
];

export function planFaults({ faultChance }: Profile, random: Random): Fault[] {
  if (!random.chance(faultChance)) return [];
  return Array.from({ length: random.between(1, 3) }, () => {
    const [, on, code] = random.weighted(FAULTS.map((fault) => [fault[0], fault]));
    const passes = code === 'ENOSPC' || code === 'EMFILE';
    return { on, code, after: random.below(30), times: passes ? random.between(1, 6) : 1 };
  });
}

/** Whether a fault is one that the engine outlives. */
export function passes(code: string): boolean {
  return code === 'ENOSPC' || code === 'EMFILE';
}
