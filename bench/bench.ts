import type { Options } from './options.ts';
import type { Table } from './table.ts';
import type { Workspace } from './system/workspace.ts';
import type { Target } from './targets/target.ts';

export interface Failure {
  readonly measure: string;
  readonly target: string;
  readonly reason: string;
}

/** What a measure works with. */
export interface Bench {
  readonly options: Options;
  readonly workspace: Workspace;
  readonly targets: readonly Target[];
  /** Part of every stream's name: a peer may still hold those of an earlier run. */
  readonly runId: string;
  readonly progress: (text: string) => void;
  /** Reported at the end, and the run's exit code; the other targets go on. */
  readonly fail: (failure: Failure) => void;
}

export interface Measure {
  readonly name: string;
  readonly run: (bench: Bench) => Promise<readonly Table[]>;
}
