import { openTriggers, type TriggersWorld } from '../../src/delivery/open-triggers.ts';
import type { TriggerService } from '../../src/delivery/trigger-service.ts';
import type { MemoryEngine } from '../../src/storage/memory/engine.ts';
import { NOW_MS } from './states.ts';
import { LIMITS } from './stream-requests.ts';

/** Triggers on an engine in memory, at a time that stands still; some things may be otherwise. */
export function memoryTriggers(
  engine: MemoryEngine,
  otherwise: Partial<TriggersWorld> = {},
): TriggerService {
  const clock = { nowMs: () => NOW_MS };
  return openTriggers({
    logs: engine,
    messages: engine.messages,
    onStreamMade: () => undefined,
    clock,
    services: { find: () => undefined },
    carrying: { store: engine, clock, limits: LIMITS, quota: undefined },
    random: () => 0.5,
    mintId: () => 'id',
    onState: () => undefined,
    onFailure: (error) => {
      throw error;
    },
    ...otherwise,
  });
}
