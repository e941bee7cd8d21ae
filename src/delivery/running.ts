import type { TriggerState } from '../triggers/trigger-state.ts';
import type { Definition } from '../triggers/definition.ts';
import type { ServiceDirectory } from '../services/service.ts';
import type { CarryingParts } from '../streams/carrying.ts';
import type { EnsuringParts } from './ensure-stream.ts';
import type { Progress } from './progress.ts';
import type { LastRefusal } from './route.ts';
import type { SourceHead, SourceStream } from './source.ts';
import type { SourceParts } from './source-finder.ts';
import type { StateLog } from './state-log.ts';
import type { TriggerTotals } from './trigger-totals.ts';

/** What triggers run on. */
export interface RunningParts extends SourceParts, EnsuringParts {
  readonly carrying: CarryingParts;
  readonly services: ServiceDirectory;
  /** How long to wait before a refused delivery is tried again, by how often it was refused. */
  readonly retryDelayMs: (attempt: number) => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onFailure: (error: unknown) => void;
  readonly totals: TriggerTotals;
  readonly states: StateLog;
}

export interface TriggerIdentity {
  readonly account: string;
  readonly id: string;
  readonly definition: Definition;
}

/** What one of a trigger's sources has come to. */
export interface CarriedSource {
  readonly name: string;
  /** Undefined: the trigger does not run. */
  readonly source: SourceStream | undefined;
  /** Undefined: nothing was looked at yet. */
  readonly progress: Progress | undefined;
  readonly lastRefusal: LastRefusal | undefined;
  /** Undefined: it is not there, or cannot be read. */
  readonly head: SourceHead | undefined;
  /** When it last had nothing more to carry, since the start. */
  readonly caughtUpAtMs: number | undefined;
}

/** A trigger that is neither paused nor kept from running. */
export interface Running {
  readonly state: TriggerState;
  /** Aborted when it stops. */
  readonly ended: AbortSignal;
  sources(): Promise<readonly CarriedSource[]>;
  /** Streams or services that it takes from or delivers to may have been made or changed. */
  lookAgain(): void;
  /** Resolves when nothing is carried any more. */
  stop(): Promise<void>;
}
