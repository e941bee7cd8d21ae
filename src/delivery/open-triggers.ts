import type { Clock } from '../lib/clock.ts';
import type { ServiceDirectory } from '../services/service.ts';
import type { LogStore } from '../storage/port.ts';
import type { CarryingParts } from '../streams/carrying.ts';
import { ConfigStream } from './config-stream.ts';
import type { EnsuringParts } from './ensure-stream.ts';
import { StateLog, type StateChange } from './state-log.ts';
import { TriggerService } from './trigger-service.ts';
import { TriggerTotals } from './trigger-totals.ts';

/** What triggers need of the world. */
export interface TriggersWorld extends EnsuringParts {
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly carrying: CarryingParts;
  readonly services: ServiceDirectory;
  /** In [0, 1). */
  readonly random: () => number;
  /** A name that nothing had before. */
  readonly mintId: () => string;
  readonly onFailure: (error: unknown) => void;
  /** Told when a trigger comes to stand still, and when it goes on. */
  readonly onState: (change: StateChange) => void;
}

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 10_000;
/** What a wait may be shorter or longer by. */
const JITTER = 0.2;

/** The triggers, of which none runs before `start`. */
export function openTriggers(world: TriggersWorld): TriggerService {
  return new TriggerService({
    ...world,
    totals: new TriggerTotals(),
    states: new StateLog(world.onState, () => world.clock.nowMs()),
    config: new ConfigStream(world, () => world.clock.nowMs()),
    retryDelayMs: (attempt) => {
      const doubled = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** (attempt - 1));
      return doubled * (1 + JITTER * (2 * world.random() - 1));
    },
  });
}
