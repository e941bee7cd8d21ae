import { randomBytes } from 'node:crypto';
import type { Accounts } from '../../src/accounts/accounts.ts';
import { openAccounts } from '../../src/accounts/open-accounts.ts';
import { ManagedService } from '../../src/managed/managed-service.ts';
import { SubjectTrims } from '../../src/managed/subject-trims.ts';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { DEFAULTS, type Config } from '../../src/config/config.ts';
import { PageTokens } from '../../src/delivery/page-tokens.ts';
import { Relay } from '../../src/delivery/relay.ts';
import { openServices } from '../../src/delivery/open-services.ts';
import { openGateways } from '../../src/delivery/open-gateways.ts';
import { openTriggers } from '../../src/delivery/open-triggers.ts';
import { createApp } from '../../src/http/app.ts';
import { createListener, listen } from '../../src/http/listener.ts';
import { LiveReaders } from '../../src/http/live-readers.ts';
import { Metrics } from '../../src/http/metrics.ts';
import { ReadCache } from '../../src/http/streams/read-cache.ts';
import { MemoryEngine } from '../../src/storage/memory/engine.ts';
import type { ServiceDirectory } from '../../src/services/service.ts';
import { BucketService } from '../../src/streams/bucket-service.ts';
import { ExpirySweeper } from '../../src/streams/expiry-sweeper.ts';
import { StreamService } from '../../src/streams/stream-service.ts';

/** A clock that stands still until it is told otherwise, and may step either way. */
export class SteppedClock {
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  step(ms: number): void {
    this.#nowMs += ms;
  }
}

export interface ClockedMillrace {
  readonly port: number;
  readonly clock: SteppedClock;
  readonly accounts: Accounts;
  /** Removes what has expired, as the server otherwise does once a second. */
  readonly sweep: () => Promise<void>;
}

const NO_SERVICES: ServiceDirectory = { find: () => undefined };

/** A server in memory whose wall clock the test moves. It ends with the test. */
export async function clockedMillrace(
  settings: Partial<Config> = {},
  services: ServiceDirectory = NO_SERVICES,
): Promise<ClockedMillrace> {
  const config: Config = { ...DEFAULTS, memory: true, ...settings };
  const clock = new SteppedClock(Date.UTC(2030, 0, 1));
  const store = new MemoryEngine({ bytesMax: config.memoryBytesMax, life: 'clocked' });
  const producerLimits = {
    producersMax: config.producersPerStreamMax,
    producerIdleMs: config.producerIdleMs,
  };
  const streams = new StreamService(store, clock, {
    ...producerLimits,
    forkDepthMax: config.forkDepthMax,
    jsonDepthMax: config.jsonDepthMax,
    messagesMax: config.messagesPerAppendMax,
  });
  const live = new LiveReaders(config.liveReadersMax, config.accountLiveReadersMax);
  const metrics = new Metrics();
  const nothing = (): number => 0;
  metrics.observe({
    liveReaders: () => live.count,
    unflushedBytes: nothing,
    checkpointLagCommits: nothing,
    walBytes: nothing,
    streamsInMemory: nothing,
    triggers: () => triggers.activity(),
  });
  const trims = new SubjectTrims(store.messages, store);
  const sweeper = new ExpirySweeper(store, streams, clock);
  const accounts = await openAccounts(config, {
    store,
    clock,
    fetch,
    randomBytes,
    monotonicMs: () => performance.now(),
    isLoopback: true,
    onRequest: (account) => {
      metrics.requestOf(account);
    },
  });
  const opened = await openServices(config, {
    logs: store,
    messages: store.messages,
    onStreamMade: () => undefined,
    clock,
    handlers: [],
    defaultAccount: 'default',
    onChanged: () => undefined,
    onFailure: () => undefined,
  });
  const managed = new ManagedService(store.messages, clock, { replicasMax: 1 }, trims);
  const carrying = { store, clock, limits: producerLimits, quota: undefined };
  const triggers = openTriggers({
    logs: store,
    messages: store.messages,
    onStreamMade: () => undefined,
    clock,
    carrying,
    services,
    random: () => 0.5,
    mintId: () => 'none',
    onState: () => undefined,
    onFailure: () => undefined,
  });
  const tokens = new PageTokens(randomBytes);
  const app = await createApp({
    services: {
      store,
      streams,
      managed,
      triggers,
      registry: opened.registry,
      gateways: openGateways({
        messages: store.messages,
        onStreamMade: () => undefined,
        managed,
        carrying,
        clock,
        monotonicMs: () => performance.now(),
        mintId: () => 'none',
      }),
      directory: services,
      relay: new Relay({ services, triggers, tokens }),
      jwks: opened.jwks,
      buckets: new BucketService(store, clock),
      live,
      cache: new ReadCache(0),
      clock,
      onAppended: (bytes) => {
        metrics.appended(bytes);
      },
      random: () => 0.5,
      limits: config,
    },
    accounts,
    access: config,
    metrics,
    logger: pino({ level: 'silent' }),
    corsOrigins: [],
    health: () => ({ isFailed: false, isStopping: false }),
  });
  const server = createListener(app, config);
  onTestFinished(async () => {
    live.shutdown();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await opened.close();
    await store.close();
  });
  return {
    port: await listen(server, 0, '127.0.0.1'),
    clock,
    accounts,
    sweep: () => sweeper.sweep(),
  };
}
