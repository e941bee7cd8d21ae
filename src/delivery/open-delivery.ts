import type { HandlerRegistration } from '../services/handler.ts';
import type { ServiceDirectory } from '../services/service.ts';
import type { Jwks } from '../services/signing-key.ts';
import type { GatewayService } from './gateway-service.ts';
import { openGateways, type GatewaysWorld } from './open-gateways.ts';
import { openServices, type ServiceSettings } from './open-services.ts';
import { openTriggers, type TriggersWorld } from './open-triggers.ts';
import { PageTokens } from './page-tokens.ts';
import { Relay } from './relay.ts';
import type { ServiceRegistry } from './service-registry.ts';
import type { TriggerService } from './trigger-service.ts';

/** What delivery needs of the world. */
export interface DeliveryWorld
  extends Omit<TriggersWorld, 'services' | 'onFailure'>, GatewaysWorld {
  readonly randomBytes: (count: number) => Buffer;
  /** Services in this process, and the account of those that name none. */
  readonly handlers: readonly HandlerRegistration[];
  readonly defaultAccount: string;
  /** Told of what was not foreseen: of a trigger, or of a handler. */
  readonly onFailure: (error: unknown, of: 'trigger' | 'handler') => void;
  /** Told of what is stored and cannot be read. */
  readonly onUnreadable: (account: string, topic: string) => void;
}

/** Triggers, gateways and the services that they speak of. */
export interface Delivery {
  readonly triggers: TriggerService;
  readonly gateways: GatewayService;
  readonly registry: ServiceRegistry;
  readonly directory: ServiceDirectory;
  readonly relay: Relay;
  readonly jwks: () => Jwks;
  /** Takes up what was left. */
  start(): Promise<void>;
  /** Resolves when nothing is delivered any more. */
  stop(): Promise<void>;
}

/** All that carries records further, of which nothing runs before `start`. */
export async function openDelivery(
  settings: ServiceSettings,
  world: DeliveryWorld,
): Promise<Delivery> {
  const { onFailure, onUnreadable } = world;
  const services = await openServices(settings, {
    ...world,
    onChanged: (account, subject) => {
      triggers.news.serviceChanged(account, subject);
    },
    onFailure: (error) => {
      onFailure(error, 'handler');
    },
  });
  const { registry, jwks } = services;
  const triggers = openTriggers({
    ...world,
    services: registry,
    onFailure: (error) => {
      onFailure(error, 'trigger');
    },
  });
  const gateways = openGateways(world);
  const tokens = new PageTokens(world.randomBytes);
  return {
    triggers,
    gateways,
    registry,
    directory: registry,
    relay: new Relay({ services: registry, triggers, tokens }),
    jwks,
    start: async () => {
      await registry.start(onUnreadable);
      await triggers.start(onUnreadable);
      await gateways.start(onUnreadable);
    },
    stop: async () => {
      // Its calls end first: whoever waits for one is waited for here.
      await services.close();
      await gateways.stop();
      await triggers.stop();
    },
  };
}
