import type { Clock } from '../lib/clock.ts';
import { ConfigStream } from './config-stream.ts';
import type { EnsuringParts } from './ensure-stream.ts';
import { GatewayService } from './gateway-service.ts';
import { landingAt, type LandingParts } from './landing.ts';

/** What gateway triggers need of the world. */
export interface GatewaysWorld extends LandingParts, EnsuringParts {
  readonly clock: Clock;
  /** Milliseconds that never step back. */
  readonly monotonicMs: () => number;
  readonly mintId: () => string;
}

/** The gateway triggers, of which none is served before `start`. */
export function openGateways(world: GatewaysWorld): GatewayService {
  return new GatewayService({
    ...world,
    config: new ConfigStream(world, () => world.clock.nowMs()),
    landingOf: (account, { to }) => landingAt(world, account, to),
  });
}
