import type { Lsn } from '../wal/frame.ts';

/** A folder that must not be served as it is. */
export class FolderDamaged extends Error {
  override name = 'FolderDamaged';
  readonly file: string;
  readonly byte: number | undefined;

  constructor(file: string, byte: number | undefined, problem: string) {
    super(byte === undefined ? `${file}: ${problem}` : `${file}, byte ${byte}: ${problem}`);
    this.file = file;
    this.byte = byte;
  }
}

/** Where the log stops to make sense. */
export interface LogDamage {
  readonly file: string;
  readonly byte: number | undefined;
  readonly problem: string;
  /** The segment from which on nothing counts; undefined when there is none. */
  readonly fromSegment: number | undefined;
}

/** What a repair has to give up. */
export interface LogLoss {
  /** The last commit that is kept. */
  readonly keptLsn: Lsn;
  /** The last commit behind the damage that could be made out; undefined when none could. */
  readonly lostLsn: Lsn | undefined;
  /** No commit is lost: the index holds all that is damaged. */
  readonly isNothing: boolean;
  /** Names of the segments from the damaged one on. */
  readonly segments: readonly string[];
}

/** The log alone is damaged: a repair can go on without what comes after the damage. */
export class LogDamaged extends FolderDamaged {
  override name = 'LogDamaged';
  readonly loss: LogLoss;

  constructor({ file, byte, problem }: LogDamage, loss: LogLoss) {
    super(file, byte, problem);
    this.loss = loss;
  }
}

/** What a repair would do about it, in a user's words. */
export function describeLoss({ keptLsn, lostLsn, isNothing, segments }: LogLoss): string {
  const known = lostLsn === undefined ? '' : ` (up to ${lostLsn} at least)`;
  const loss = isNothing
    ? 'loses no commit, for the index holds all that is damaged'
    : `keeps the commits up to ${keptLsn}, gives up all after it${known}`;
  return segments.length === 0
    ? loss
    : `${loss}, and moves these files to wal/lost: ${segments.join(', ')}`;
}
