/** An open file of the engine. Positions and lengths are bytes. */
export interface OpenFile {
  /** Writes the buffers one after another and says how many bytes went in: maybe not all. */
  write(buffers: readonly Buffer[], position: number): Promise<number>;
  /** Resolves when all that was written before is on disk. A rejection is final. */
  datasync(): Promise<void>;
  /** Fills the buffer from `position` and says how far: less than all only at the end. */
  read(into: Buffer, position: number): Promise<number>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** The file system as the engine sees it, so that a test can lose, tear and reorder it. */
export interface Files {
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory; undefined when it is not there. */
  list(path: string): Promise<string[] | undefined>;
  create(path: string): Promise<OpenFile>;
  open(path: string): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Resolves when creations, renames and removals in the directory are on disk. */
  syncDirectory(path: string): Promise<void>;
}

/**
 * Why a write was not carried out although the engine is well: no space, or no file descriptor.
 * Nothing of it counts, and a later one may succeed.
 */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly reason: 'full' | 'overloaded';
  /** How much of a write went in before it failed. */
  readonly bytesWritten: number;

  constructor(reason: 'full' | 'overloaded', cause: unknown, bytesWritten = 0) {
    super(reason, { cause });
    this.reason = reason;
    this.bytesWritten = bytesWritten;
  }
}

const REASONS = new Map<unknown, Unavailable['reason']>([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EFBIG', 'full'],
  ['EMFILE', 'overloaded'],
  ['ENFILE', 'overloaded'],
]);

/** Tells the failures that pass from those that are final. A failed sync is always final. */
export function asUnavailable(error: unknown, bytesWritten = 0): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = REASONS.get(code);
  return reason === undefined ? error : new Unavailable(reason, error, bytesWritten);
}
