import type { TriggerState } from '../triggers/trigger-state.ts';
import type { Definition } from '../triggers/definition.ts';
import type { Progress } from './progress.ts';
import type { SourceHead } from './source.ts';

export interface TriggerIdentity {
  readonly account: string;
  readonly id: string;
  readonly definition: Definition;
}

/** What one of a trigger's sources has come to. */
export interface CarriedSource {
  readonly name: string;
  /** Undefined: nothing was looked at yet. */
  readonly progress: Progress | undefined;
  /** Undefined: it is not there, or cannot be read. */
  readonly head: SourceHead | undefined;
}

/** A trigger that is neither paused nor kept from running. */
export interface Running {
  readonly state: TriggerState;
  sources(): Promise<readonly CarriedSource[]>;
  /** Streams or services that it takes from or delivers to may have been made or changed. */
  lookAgain(): void;
  /** Resolves when nothing is carried any more. */
  stop(): Promise<void>;
}
