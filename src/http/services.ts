import type { Relay } from '../delivery/relay.ts';
import type { ServiceRegistry } from '../delivery/service-registry.ts';
import type { GatewayService } from '../delivery/gateway-service.ts';
import type { TriggerService } from '../delivery/trigger-service.ts';
import type { Clock } from '../lib/clock.ts';
import type { ManagedService } from '../managed/managed-service.ts';
import type { ServiceDirectory } from '../services/service.ts';
import type { Jwks } from '../services/signing-key.ts';
import type { LogStore } from '../storage/port.ts';
import type { BucketService } from '../streams/bucket-service.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { LiveReaders } from './live-readers.ts';
import type { ReadCache } from './streams/read-cache.ts';

export interface HttpLimits {
  /** A longer body is refused with 413. */
  readonly bodyBytesMax: number;
  /** How deep JSON may nest, and how many messages one request may bring. */
  readonly jsonDepthMax: number;
  readonly messagesPerAppendMax: number;
  /** How much one read answers with, unless a single record is larger. */
  readonly pageBytes: number;
  readonly longPollTimeoutMs: number;
  /** How long an SSE connection lasts before the client is made to reconnect. */
  readonly sseDurationMs: number;
  readonly sseKeepAliveMs: number;
}

/** Everything that handlers act on. */
export interface Services {
  readonly store: LogStore;
  readonly streams: StreamService;
  readonly buckets: BucketService;
  readonly managed: ManagedService;
  readonly triggers: TriggerService;
  readonly registry: ServiceRegistry;
  readonly gateways: GatewayService;
  /** What answers on subjects. */
  readonly directory: ServiceDirectory;
  readonly relay: Relay;
  /** What the signatures of calls are checked by. */
  readonly jwks: () => Jwks;
  readonly live: LiveReaders;
  readonly cache: ReadCache;
  readonly clock: Clock;
  /** Called for every append that was stored. */
  readonly onAppended: (bytes: number) => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits: HttpLimits;
}
